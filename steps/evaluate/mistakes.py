"""The images that the model got most confidently wrong, with thumbnails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from steps.evaluate.scores import Scores
from steps.page.thumbnail import data_uri

MOST = 24
"""So many are shown: they make a wrong label or an unclear class visible, and the page stays small."""

_SIDE = 160


@dataclass(frozen=True)
class Mistake:
    """An image that was taken for another class.

    Attributes:
        path: Relative to the validation prefix.
        true: Name of its class.
        predicted: Name of the class that the model named.
        probability: That the model gave the predicted class.
        true_probability: That the model gave the true class.
    """

    path: str
    true: str
    predicted: str
    probability: float
    true_probability: float


def find_mistakes(scores: Scores) -> list[Mistake]:
    """At most MOST mistakes, the most confident one first."""
    predictions = scores.probabilities.argmax(axis=1)
    confidence = scores.probabilities.max(axis=1)
    wrong = np.flatnonzero(predictions != scores.labels)
    order = wrong[np.argsort(-confidence[wrong], kind="stable")][:MOST]
    return [
        Mistake(
            path=scores.paths[i],
            true=scores.classes[scores.labels[i]],
            predicted=scores.classes[predictions[i]],
            probability=float(confidence[i]),
            true_probability=float(scores.probabilities[i, scores.labels[i]]),
        )
        for i in order
    ]


def render_thumbnails(folder: Path, mistakes: Sequence[Mistake]) -> list[str | None]:
    """A data URI of each mistake's image, or None where the image cannot be read."""
    return [data_uri(folder / mistake.path, _SIDE) for mistake in mistakes]
