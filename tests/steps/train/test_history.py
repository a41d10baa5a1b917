import pytest

from steps.train import history
from steps.train.history import Epoch, Score
from tests.steps.train.jobs import hyperparameters


def epochs(*accuracies: float) -> list[Epoch]:
    """Epochs with these validation accuracies."""
    return [
        Epoch(number, 0.1, Score(0.5, 1.0), Score(accuracy, 1.0), 2.0)
        for number, accuracy in enumerate(accuracies)
    ]


@pytest.mark.parametrize(
    ("accuracies", "number"),
    [((0.2, 0.9, 0.5), 1), ((0.2, 0.9, 0.9), 1), ((0.0,), 0)],
    ids=["highest", "first of equals", "only"],
)
def test_the_best_epoch(accuracies: tuple[float, ...], number: int) -> None:
    assert history.best(epochs(*accuracies)).epoch == number


@pytest.mark.parametrize(
    ("accuracies", "given", "stop"),
    [
        ((0.5, 0.4, 0.4, 0.4), {}, False),
        ((0.5, 0.4, 0.4), {"early_stopping": "True"}, True),
        ((0.5, 0.4), {"early_stopping": "True"}, False),
        ((0.5, 0.4, 0.6), {"early_stopping": "True"}, False),
        ((0.5, 0.4, 0.6, 0.6, 0.6), {"early_stopping": "True"}, True),
        ((0.5, 0.4, 0.4), {"early_stopping": "True", "early_stopping_min_epochs": "4"}, False),
        ((0.5, 0.51, 0.52), {"early_stopping": "True", "early_stopping_tolerance": "0.1"}, True),
        ((0.5, 0.51, 0.56), {"early_stopping": "True", "early_stopping_tolerance": "0.1"}, False),
        ((0.0, 0.0, 0.0), {"early_stopping": "True"}, True),
    ],
    ids=[
        "not asked for", "patience is over", "patience is left", "it rose", "it rose and stayed",
        "too early", "rose too little", "rose enough at last", "never learned",
    ],
)  # fmt: skip
def test_early_stopping(accuracies: tuple[float, ...], given: dict[str, str], stop: bool) -> None:
    settings = {"early_stopping_patience": "2", "early_stopping_min_epochs": "1"} | given

    assert history.should_stop(epochs(*accuracies), hyperparameters(**settings)) is stop


def test_an_epoch_can_be_saved() -> None:
    epoch = Epoch(3, 0.1, Score(0.5, 1.5, 0.75), Score(0.25, 2.5), 12.5)

    assert epoch.to_json() == {
        "epoch": 3,
        "learning_rate": 0.1,
        "train": {"accuracy": 0.5, "loss": 1.5, "top_k_accuracy": 0.75},
        "validation": {"accuracy": 0.25, "loss": 2.5, "top_k_accuracy": None},
        "seconds": 12.5,
    }
