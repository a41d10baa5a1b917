"""What training makes small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from steps.train.options import Options


@dataclass(frozen=True)
class Loss:
    """Cross-entropy of training batches. Validation is always judged by the plain one.

    Attributes:
        label_smoothing: Share of a label that is spread over all classes.
        weight: Of each class [classes], or None where every image counts the same.
    """

    label_smoothing: float = 0.0
    weight: Tensor | None = None

    def __call__(self, logits: Tensor, classes: Tensor) -> Tensor:
        """The mean over a batch: logits [N, classes], the right classes [N]."""
        weight = None if self.weight is None else self.weight.to(logits.device)
        return functional.cross_entropy(logits, classes, weight, label_smoothing=self.label_smoothing)


PLAIN = Loss()
"""Cross-entropy as the built-in algorithm has it."""


def choose(options: Options, classes: Sequence[int], num_classes: int) -> Loss:
    """The loss for training images of these classes."""
    weight = balanced(classes, num_classes) if options.class_weight else None
    return Loss(options.label_smoothing, weight)


def balanced(classes: Sequence[int], num_classes: int) -> Tensor:
    """Weights [num_classes] by which every class that has images counts the same, 1 for an image on average.

    The formula is that of scikit-learn's class_weight="balanced".
    """
    counts = torch.bincount(torch.tensor(classes), minlength=num_classes)
    # A class without images has no image to weigh.
    return (len(classes) / (int((counts > 0).sum()) * counts.clamp(min=1))).float()
