import logging
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch
from safetensors.torch import load_file

from steps.train.checkpoint import Checkpoint
from steps.train.history import Epoch, Score
from steps.train.keeping import Checkpoints, Snapshots
from steps.train.position import BEGINNING, Position

EPOCH = Epoch(0, 0.1, Score(0.5, 1.0), Score(0.5, 1.0), 1.0)


class Slow:
    """A checkpoint that takes its time, and the clock that shows it."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.saved: list[float] = []
        self._seconds = seconds

    def save(self, position: Position) -> None:
        self.saved.append(self.now)
        self.now += self._seconds

    def clock(self) -> float:
        return self.now

    def keeper(self) -> Checkpoints:
        return Checkpoints(cast(Checkpoint, self), self.clock)


@pytest.mark.parametrize(
    ("took", "saved"),
    [(0.0, [60, 120]), (1.0, [60, 121]), (2.0, [60, 162])],
    ids=["at once", "a second", "two seconds"],
)
def test_in_the_middle_a_minute_passes_at_least_and_fifty_times_the_cost(
    took: float, saved: list[float]
) -> None:
    slow = Slow(took)
    keeper = slow.keeper()

    while slow.now < 170:
        keeper.after_batch(BEGINNING)
        slow.now += 1

    assert slow.saved == saved


def test_after_an_epoch_only_the_cost_counts() -> None:
    slow = Slow(0.1)
    keeper = slow.keeper()

    while slow.now < 12:
        keeper.after_epoch(BEGINNING)
        slow.now += 1

    assert slow.saved == pytest.approx([0, 5.1, 10.2])


def test_at_a_stop_one_is_written_whatever_it_costs() -> None:
    slow = Slow(5)
    keeper = slow.keeper()

    keeper.after_epoch(BEGINNING)
    keeper.at_stop(BEGINNING)

    assert slow.saved == [0, 5]


def after(epochs: int) -> Position:
    return replace(BEGINNING, epochs=(EPOCH,) * epochs)


def test_the_weights_are_kept_every_few_epochs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    model, checkpoints = tmp_path / "model", tmp_path / "checkpoints"
    done = iter([2.0, 4.0])
    snapshots = Snapshots(2, lambda: {"w": torch.tensor([next(done)])}, [model, checkpoints])

    for epochs in range(1, 6):
        snapshots.after_batch(after(epochs - 1))
        snapshots.after_epoch(after(epochs))
    snapshots.at_stop(after(5))

    for folder in (model, checkpoints):
        assert {path.name: load_file(path)["w"].item() for path in folder.iterdir()} == {
            "image-classification-0002.safetensors": 2.0,
            "image-classification-0004.safetensors": 4.0,
        }
    assert caplog.messages == [
        f'Saved checkpoint to "{model}/image-classification-000{number}.safetensors"' for number in (2, 4)
    ]


def test_those_of_an_earlier_run_are_copied_and_later_ones_are_not(tmp_path: Path) -> None:
    model, checkpoints = tmp_path / "model", tmp_path / "checkpoints"
    weights = {"w": torch.ones(1)}
    earlier = Snapshots(2, lambda: weights, [checkpoints])
    for epochs in (2, 4, 6):
        earlier.after_epoch(after(epochs))

    Snapshots(2, lambda: weights, [model, checkpoints]).restore(5)

    assert sorted(path.name for path in model.iterdir()) == [
        "image-classification-0002.safetensors",
        "image-classification-0004.safetensors",
    ]


def test_without_a_folder_for_checkpoints_there_is_nothing_to_copy(tmp_path: Path) -> None:
    Snapshots(1, dict, [tmp_path / "model"]).restore(3)

    assert not (tmp_path / "model").exists()
