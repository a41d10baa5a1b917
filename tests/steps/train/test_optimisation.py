from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, RMSprop

from steps.train import optimisation
from steps.train.options import Options
from tests.steps.train.jobs import hyperparameters


def module() -> nn.Module:
    """A convolution, which decays, and a batch norm, which does not."""
    return nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4))


@pytest.mark.parametrize(
    ("given", "kind", "settings"),
    [
        (
            {"optimizer": "sgd", "momentum": "0.5"},
            SGD,
            {"lr": 0.001, "momentum": 0.5, "nesterov": False},
        ),
        ({"optimizer": "nag"}, SGD, {"momentum": 0.9, "nesterov": True}),
        ({"optimizer": "nag", "momentum": "0"}, SGD, {"momentum": 0.0, "nesterov": False}),
        (
            {"optimizer": "adam", "beta_1": "0.8", "beta_2": "0.9", "eps": "0.01"},
            Adam,
            {"lr": 0.001, "betas": (0.8, 0.9), "eps": 0.01},
        ),
        ({"optimizer": "rmsprop", "gamma": "0.7", "eps": "0.01"}, RMSprop, {"alpha": 0.7, "eps": 0.01}),
    ],
    ids=["sgd", "nag", "nag without momentum", "adam", "rmsprop"],
)
def test_each_optimizer_gets_its_settings(
    given: dict[str, str], kind: type, settings: dict[str, Any]
) -> None:
    optimizer = optimisation.build(module(), hyperparameters(**given))

    assert type(optimizer) is kind
    for group in optimizer.param_groups:
        assert {name: group[name] for name in settings} == settings


@pytest.mark.parametrize(
    ("optimizer", "decay"), [("sgd", 0.01), ("nag", 0.01), ("adam", 0.0), ("rmsprop", 0.0)]
)
def test_weights_decay_where_the_algorithm_says_so(optimizer: str, decay: float) -> None:
    built = optimisation.build(module(), hyperparameters(optimizer=optimizer, weight_decay="0.01"))

    weights, others = built.param_groups
    assert (weights["weight_decay"], others["weight_decay"]) == (decay, 0.0)
    assert (len(weights["params"]), len(others["params"])) == (1, 2)


@pytest.mark.parametrize("optimizer", ["sgd", "nag", "adam", "rmsprop"])
def test_each_optimizer_takes_a_step_downhill(optimizer: str) -> None:
    torch.manual_seed(0)
    layer = nn.Linear(4, 1)
    built = optimisation.build(layer, hyperparameters(optimizer=optimizer, learning_rate="0.01"))
    inputs = torch.ones(2, 4)
    before = layer(inputs).square().mean()

    before.backward()
    built.step()

    assert layer(inputs).square().mean() < before


@pytest.mark.parametrize(
    ("given", "rates"),
    [
        ({}, [0.5, 0.5, 0.5, 0.5]),
        ({"lr_scheduler_step": "1,3"}, [0.5, 0.05, 0.05, 0.005]),
        ({"lr_scheduler_step": "2", "lr_scheduler_factor": "0.5"}, [0.5, 0.5, 0.25, 0.25]),
        ({"lr_scheduler_step": "9"}, [0.5, 0.5, 0.5, 0.5]),
    ],
    ids=["constant", "two steps", "factor", "never reached"],
)
def test_the_learning_rate_over_the_epochs(given: dict[str, str], rates: list[float]) -> None:
    parsed = hyperparameters(learning_rate="0.5", **given)

    assert [optimisation.learning_rate(parsed, epoch) for epoch in range(4)] == pytest.approx(rates)


def test_a_rate_is_set_for_all_parameters() -> None:
    optimizer = optimisation.build(module(), hyperparameters())

    optimisation.set_learning_rate(optimizer, 0.25)

    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]


@pytest.mark.parametrize(
    ("given", "options", "rates"),
    [
        ({}, Options(lr_scheduler="cosine"), [0.4, 0.3, 0.1]),
        ({}, Options(lr_warmup_epochs=1), [0.2, 0.4, 0.4]),
        ({}, Options(lr_scheduler="cosine", lr_warmup_epochs=1), [0.2, 0.4, 0.2]),
        ({"lr_scheduler_step": "2"}, Options(lr_warmup_epochs=1), [0.2, 0.4, 0.04]),
    ],
    ids=["cosine", "warm-up", "cosine after warm-up", "steps after warm-up"],
)
def test_the_learning_rate_of_other_schedules(
    given: dict[str, str], options: Options, rates: list[float]
) -> None:
    parsed = hyperparameters(learning_rate="0.4", epochs="3", **given)

    assert [optimisation.learning_rate(parsed, epoch, options) for epoch in range(3)] == pytest.approx(rates)


def test_the_cosine_is_that_of_torch() -> None:
    parsed = hyperparameters(learning_rate="0.4", epochs="10")
    optimizer = SGD(module().parameters(), lr=0.4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)

    for epoch in range(10):
        rate = optimisation.learning_rate(parsed, epoch, Options(lr_scheduler="cosine"))
        assert rate == pytest.approx(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
