"""What the epochs brought: the learning curve, the best epoch, and when to stop early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from steps.train.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class Score:
    """How well the network did on some images.

    Attributes:
        accuracy: Share of the images whose most probable class is right.
        loss: Mean cross-entropy.
        top_k_accuracy: Share of the images whose class is among the top_k most probable; None without top_k.
    """

    accuracy: float
    loss: float
    top_k_accuracy: float | None = None


@dataclass(frozen=True)
class Epoch:
    """One finished epoch.

    Attributes:
        epoch: From 0.
        learning_rate: Of this epoch.
        train: Of the augmented images, while the weights were changing.
        validation: Of all validation images, after it.
        seconds: Of training, without the validation.
    """

    epoch: int
    learning_rate: float
    train: Score
    validation: Score
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """One point of the learning curve, for model.json."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Epoch:
        """The inverse of `to_json`.

        Raises:
            KeyError, TypeError: Something is missing, or there is more.
        """
        scores = {name: Score(**fields[name]) for name in ("train", "validation")}
        return cls(**{**fields, **scores})


def best(history: Sequence[Epoch]) -> Epoch:
    """The first epoch with the highest validation accuracy."""
    return max(history, key=lambda one: one.validation.accuracy)


def should_stop(history: Sequence[Epoch], given: Hyperparameters) -> bool:
    """Whether early_stopping ends the training after these epochs.

    An improvement counts when, relative to the best accuracy before, it is above early_stopping_tolerance.
    """
    if not given.early_stopping or len(history) < given.early_stopping_min_epochs:
        return False
    top, waited = 0.0, 0
    for one in history:
        gain = one.validation.accuracy - top
        if gain > 0 and gain > given.early_stopping_tolerance * top:
            top, waited = one.validation.accuracy, 0
        else:
            waited += 1
    return waited >= given.early_stopping_patience
