"""The images that the model got most confidently wrong, with thumbnails."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from steps.evaluate.scores import Scores

MOST = 24
"""So many are shown: they make a wrong label or an unclear class visible, and the page stays small."""

_SIDE = 160
# Far above any photograph; a thumbnail must not take the memory of the job.
_MAX_PIXELS = 100_000_000


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
    return [_thumbnail(folder / mistake.path) for mistake in mistakes]


def _thumbnail(file: Path) -> str | None:
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata and of large images, which are refused here anyway.
            warnings.simplefilter("ignore")
            return _encode(file)
    # Decoders raise anything at all on bad bytes, and a report without one thumbnail is still a report.
    except Exception:
        return None


def _encode(file: Path) -> str | None:
    with Image.open(file, formats=["JPEG", "PNG"]) as image:
        if image.width * image.height > _MAX_PIXELS:
            return None
        # Leaves twice the size, from which the resize takes a clean half.
        image.draft("RGB", (2 * _SIDE, 2 * _SIDE))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    upright.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
