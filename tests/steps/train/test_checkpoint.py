import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from steps.model.network import Classifier
from steps.train import optimisation
from steps.train.checkpoint import FILE, Checkpoint
from steps.train.hyperparameters import Hyperparameters
from steps.train.identity import Identity
from steps.train.loop import Outcome, Trainer
from steps.train.position import BEGINNING, Position
from tests.steps.train.jobs import hyperparameters
from tests.steps.train.test_loop import colours, trainer

IDENTITY: Identity = {"epochs": 3, "seed": 0, "training images": "abc"}


class Always:
    """Writes a checkpoint after every epoch, whatever it costs."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.after_epoch = self.at_stop = checkpoint.save

    def after_batch(self, position: Position) -> None:
        pass


class Machine:
    """One that a training runs on: it starts afresh, and goes on from the checkpoint in a folder."""

    def __init__(self, folder: Path, given: Hyperparameters, batches: int | None = None) -> None:
        asked = iter([False] * (batches if batches is not None else 10**6))
        one = trainer(given)
        self.trainer = replace(one, stop=lambda: next(asked, True))
        self.checkpoint = Checkpoint(folder, IDENTITY, one.classifier, one.optimizer)

    def fit(self) -> Outcome:
        position = self.checkpoint.restore()
        ours = replace(self.trainer, keepers=[Always(self.checkpoint)])
        return ours.fit(colours(8), colours(3, seed=500), position)


def told(outcome: Outcome) -> list[dict[str, Any]]:
    """The learning curve without its times."""
    return [{k: v for k, v in one.to_json().items() if k != "seconds"} for one in outcome.epochs]


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd", "learning_rate": "0.05"},
        {"optimizer": "sgd", "momentum": "0", "learning_rate": "0.05"},
        {"optimizer": "nag", "learning_rate": "0.05", "lr_scheduler_step": "1,2"},
        {"optimizer": "adam", "top_k": "2"},
        {"optimizer": "rmsprop", "augmentation_type": "crop_color", "precision_dtype": "float16"},
    ],
    ids=["sgd", "sgd without momentum", "nag with steps", "adam with top k", "rmsprop in 16 bits"],
)
# An epoch has three batches to train and two to validate: in the first, in its validation, in the second.
@pytest.mark.parametrize("batches", [2, 4, 7])
def test_a_training_that_was_stopped_ends_as_one_that_was_not(
    tmp_path: Path, settings: dict[str, str], batches: int
) -> None:
    given = hyperparameters(**{"precision_dtype": "float32"} | settings, num_layers="20", epochs="3")
    unbroken = Machine(tmp_path / "unused", given).fit()

    assert Machine(tmp_path, given, batches).fit().interrupted
    torch.manual_seed(99)
    resumed = Machine(tmp_path, given).fit()

    assert not resumed.interrupted
    assert told(resumed) == told(unbroken)
    assert resumed.state.keys() == unbroken.state.keys()
    assert all(resumed.state[name].equal(unbroken.state[name]) for name in unbroken.state)


def test_all_random_numbers_go_on(tmp_path: Path) -> None:
    Machine(tmp_path, hyperparameters(num_layers="20"), batches=1).fit()
    expected = torch.rand(3)
    torch.manual_seed(99)

    Machine(tmp_path, hyperparameters(num_layers="20")).checkpoint.restore()

    assert torch.rand(3).equal(expected)


def test_a_finished_training_is_not_trained_again(tmp_path: Path) -> None:
    given = hyperparameters(num_layers="20", epochs="1")
    first = Machine(tmp_path, given).fit()

    again = Machine(tmp_path, given, batches=0).fit()

    assert not again.interrupted
    assert again.epochs == first.epochs


def test_an_early_stop_is_not_forgotten(tmp_path: Path) -> None:
    given = hyperparameters(
        num_layers="20", epochs="5", learning_rate="0", early_stopping="True",
        early_stopping_min_epochs="1", early_stopping_patience="1", early_stopping_tolerance="1",
    )  # fmt: skip
    first = Machine(tmp_path, given).fit()

    again = Machine(tmp_path, given, batches=0).fit()

    assert len(first.epochs) < 5
    assert again.epochs == first.epochs


def test_where_there_is_none_training_begins(tmp_path: Path) -> None:
    assert Machine(tmp_path, hyperparameters(num_layers="20")).checkpoint.restore() is BEGINNING


def parts() -> tuple[Classifier, torch.optim.Optimizer]:
    one: Trainer = trainer(hyperparameters(num_layers="20"), seed=1)
    return one.classifier, one.optimizer


def test_one_of_another_training_is_not_taken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Checkpoint(tmp_path, IDENTITY, *parts()).save(BEGINNING)
    classifier, optimizer = parts()
    before = {name: value.clone() for name, value in classifier.state_dict().items()}
    other = Checkpoint(tmp_path, {**IDENTITY, "epochs": 4, "training images": "def"}, classifier, optimizer)

    assert other.restore() is BEGINNING

    (message,) = caplog.messages
    assert message == (
        f"{tmp_path / FILE} is not used: it is of another training, with other epochs, training images; "
        "training starts from the beginning"
    )
    assert all(value.equal(before[name]) for name, value in classifier.state_dict().items())


def change(path: Path, **fields: object) -> None:
    """Write a checkpoint's JSON anew."""
    with safe_open(path, "pt") as file:
        fields = {**json.loads(file.metadata()["training"]), **fields}
    save_file(load_file(path), path, {"training": json.dumps(fields)})


def drop(path: Path, name: str) -> None:
    """Write a checkpoint anew without a tensor."""
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    save_file({key: value for key, value in load_file(path).items() if key != name}, path, metadata)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "it is damaged (SafetensorError: "),
        (lambda path: path.write_bytes(b""), "it is damaged (SafetensorError: "),
        (lambda path: path.write_bytes(b"\x80\x04N."), "it is damaged (SafetensorError: "),
        (lambda path: save_file({}, path), "it is damaged (KeyError: 'training')"),
        (lambda path: change(path, format_version=2), "its format_version is 2, not 1"),
        (lambda path: change(path, identity=None), "it is damaged (AttributeError: "),
        (lambda path: change(path, counts={"cats": 1}), "it is damaged (TypeError: "),
        (lambda path: change(path, epochs=[{}]), "it is damaged (KeyError: 'train')"),
        (lambda path: drop(path, "random"), "it is damaged (KeyError: 'random')"),
        (lambda path: drop(path, "network.fc.bias"), "it is damaged (ValueError: its weights are of another"),
    ],
    ids=[
        "cut", "empty", "a pickle", "no JSON", "a later format", "no identity", "other counts", "no epoch",
        "no random state", "a weight less",
    ],
)  # fmt: skip
def test_one_that_is_damaged_is_not_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Any, reason: str
) -> None:
    Checkpoint(tmp_path, IDENTITY, *parts()).save(BEGINNING)
    damage(tmp_path / FILE)
    classifier, optimizer = parts()
    before = {name: value.clone() for name, value in classifier.state_dict().items()}

    assert Checkpoint(tmp_path, IDENTITY, classifier, optimizer).restore() is BEGINNING

    (message,) = caplog.messages
    assert message.startswith(f"{tmp_path / FILE} is not used: {reason}")
    assert message.endswith("; training starts from the beginning")
    assert all(value.equal(before[name]) for name, value in classifier.state_dict().items())


def test_the_optimizer_of_another_network_is_not_taken(tmp_path: Path) -> None:
    classifier, _ = parts()
    narrow = torch.nn.Linear(2, 2)
    optimizer = optimisation.build(narrow, hyperparameters())
    narrow(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    Checkpoint(tmp_path, IDENTITY, classifier, optimizer).save(BEGINNING)

    assert Checkpoint(tmp_path, IDENTITY, *parts()).restore() is BEGINNING


def test_saving_leaves_nothing_but_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    checkpoint = Checkpoint(folder, IDENTITY, *parts())

    checkpoint.save(BEGINNING)
    checkpoint.save(BEGINNING)

    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*")] == [
        Path("checkpoints"),
        Path("checkpoints", FILE),
    ]


def test_it_says_where_it_stood(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    checkpoint = Checkpoint(tmp_path, IDENTITY, *parts())

    checkpoint.save(replace(BEGINNING, batches=7))
    position = checkpoint.restore()

    assert position.batches == 7
    assert caplog.messages == [
        f'Saved checkpoint to "{tmp_path / FILE}": 0 epochs, 7 batches of the next',
        f'Going on from "{tmp_path / FILE}": 0 epochs, 7 batches of the next',
    ]
