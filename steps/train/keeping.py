"""What is kept of a training while it goes on: checkpoints to go on from, and the weights of some epochs.

    checkpoints/checkpoint.safetensors                  the whole state; see steps.train.checkpoint
    model/image-classification-0002.safetensors         the network's weights after the second epoch, and so
    checkpoints/image-classification-0002.safetensors   on: every checkpoint_frequency epochs

The names are those of the built-in algorithm's .params files, counted from 1 as there. SageMaker packs
model/ into model.tar.gz, and keeps checkpoints/ in S3 for the next machine.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import safetensors.torch

from steps.container import write_atomically
from steps.train.checkpoint import Checkpoint
from steps.train.position import Position, State

MIDDLE_SECONDS = 60.0
"""Least time between two checkpoints in the middle of an epoch."""

COST = 50.0
"""Training goes on for this many times the time that the last checkpoint took: they cost at most 2 %."""

_log = logging.getLogger(__name__)


class Keeper(Protocol):
    """What is told of the places that a training comes by."""

    def after_batch(self, position: Position) -> None:
        """A batch was trained on or validated."""

    def after_epoch(self, position: Position) -> None:
        """An epoch is finished."""

    def at_stop(self, position: Position) -> None:
        """The training was told to stop here."""


class Checkpoints:
    """Writes a checkpoint now and then.

    Args:
        checkpoint: The file.
        clock: Seconds from any start.
    """

    def __init__(self, checkpoint: Checkpoint, clock: Callable[[], float] = time.monotonic) -> None:
        self._checkpoint = checkpoint
        self._clock = clock
        self._ended = clock()
        self._took = 0.0

    def after_batch(self, position: Position) -> None:
        """Write one when the last is a minute old, unless it took long."""
        if self._since() >= max(MIDDLE_SECONDS, COST * self._took):
            self._save(position)

    def after_epoch(self, position: Position) -> None:
        """Write one, unless the last took long."""
        if self._since() >= COST * self._took:
            self._save(position)

    def at_stop(self, position: Position) -> None:
        """Write one."""
        self._save(position)

    def _since(self) -> float:
        return self._clock() - self._ended

    def _save(self, position: Position) -> None:
        began = self._clock()
        self._checkpoint.save(position)
        self._ended = self._clock()
        self._took = self._ended - began


@dataclass(frozen=True)
class Snapshots:
    """Writes the weights after every few epochs (checkpoint_frequency).

    Attributes:
        frequency: Epochs from one to the next.
        weights: The network's, now.
        folders: Each gets a copy.
    """

    frequency: int
    weights: Callable[[], State]
    folders: Sequence[Path]

    def after_batch(self, position: Position) -> None:
        """Nothing."""

    def after_epoch(self, position: Position) -> None:
        """Write a file when it is time."""
        done = len(position.epochs)
        if done % self.frequency == 0:
            data = safetensors.torch.save(dict(self.weights()))
            for folder in self.folders:
                write_atomically(folder / file_name(done), data)
            _log.info('Saved checkpoint to "%s"', self.folders[0] / file_name(done))

    def at_stop(self, position: Position) -> None:
        """Nothing."""

    def restore(self, epochs: int) -> None:
        """Copy what an earlier run wrote in its first epochs from the last folder into the others."""
        *others, source = self.folders
        for done in range(self.frequency, epochs + 1, self.frequency):
            if others and (file := source / file_name(done)).is_file():
                for folder in others:
                    write_atomically(folder / file_name(done), file.read_bytes())


def file_name(epochs: int) -> str:
    """Of the weights after so many epochs."""
    return f"image-classification-{epochs:04d}.safetensors"
