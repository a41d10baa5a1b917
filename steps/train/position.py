"""How far a training has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

from steps.train.history import Epoch
from steps.train.tally import Counts

State = Mapping[str, Tensor]
"""A network's weights, by name."""


@dataclass(frozen=True)
class Position:
    """A place in a training, between two batches.

    Attributes:
        epochs: All that were finished.
        best: The network's weights after the best of them; empty when none was finished.
        batches: That the epoch after them was trained on already.
        counts: The scores of these batches.
        seconds: That these batches took.
    """

    epochs: tuple[Epoch, ...] = ()
    best: State = field(default_factory=dict)
    batches: int = 0
    counts: Counts = field(default_factory=Counts)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """All but the weights."""
        return {
            "epochs": [one.to_json() for one in self.epochs],
            "batches": self.batches,
            "counts": asdict(self.counts),
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any], best: State) -> Position:
        """The inverse of `to_json`.

        Raises:
            KeyError, TypeError, ValueError: Something is missing, or of another kind.
        """
        return cls(
            epochs=tuple(Epoch.from_json(one) for one in fields["epochs"]),
            best=best,
            batches=int(fields["batches"]),
            counts=Counts(**fields["counts"]),
            seconds=float(fields["seconds"]),
        )


BEGINNING = Position()
"""Before the first batch."""
