"""The scores of batches, added up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from steps.container import ProgramError
from steps.train.history import Score


@dataclass(frozen=True)
class Counts:
    """What was added up so far.

    Attributes:
        images: Counted, each once.
        right: Of them, those whose most probable class is right.
        right_in_top_k: Of them, those whose class is among the top_k most probable; 0 without top_k.
        loss: Sum over the images.
    """

    images: int = 0
    right: int = 0
    right_in_top_k: int = 0
    loss: float = 0.0


class Tally:
    """Adds up the scores of batches.

    Args:
        top_k: How many guesses an image has for the top-k accuracy, or None.
        counts: What was added up before.
    """

    def __init__(self, top_k: int | None, counts: Counts = Counts()) -> None:
        self._top_k = top_k
        self.counts = counts

    def add(self, logits: Tensor, loss: Tensor, classes: Tensor) -> None:
        """Count a batch: logits [N, classes], its mean loss, the right classes [N].

        Raises:
            ProgramError: The loss is no number; what follows would be none either.
        """
        before = self.counts
        mean = loss.item()
        if not math.isfinite(mean):
            raise ProgramError(
                f"Customer Error: training diverged: the loss is {mean} after {before.images} images of the "
                "epoch; lower learning_rate"
            )
        in_top_k = 0
        if self._top_k:
            guesses = logits.topk(self._top_k, dim=1).indices
            in_top_k = int((guesses == classes[:, None]).any(dim=1).sum().item())
        self.counts = Counts(
            before.images + len(classes),
            before.right + int((logits.argmax(dim=1) == classes).sum().item()),
            before.right_in_top_k + in_top_k,
            before.loss + mean * len(classes),
        )

    def score(self) -> Score:
        """Of all images counted so far."""
        counts = self.counts
        top_k = counts.right_in_top_k / counts.images if self._top_k else None
        return Score(counts.right / counts.images, counts.loss / counts.images, top_k)
