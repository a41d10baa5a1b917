"""Mean and standard deviation of the colours of a data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from steps.validate.images.facts import Channels

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Colours:
    """What to normalise images with, if a network is trained from scratch.

    Attributes:
        images: How many were looked at.
        mean: Of red, green and blue, from 0 to 1; each image counts the same, whatever its size.
        std: Their standard deviations within and between the images, from 0 to 0.5.
    """

    images: int
    mean: Triple
    std: Triple


def measure_colours(sample: Iterable[Channels]) -> Colours | None:
    """The colours of all images of a sample together. None without images.

    Each image counts the same: a network sees all of them scaled to one size.

    The last digits depend on the order of the sample.
    """
    images = 0
    sums, squares = [0.0] * 3, [0.0] * 3
    for one in sample:
        if not one.pixels:
            continue
        images += 1
        for i in range(3):
            sums[i] += one.sums[i] / one.pixels
            squares[i] += one.squares[i] / one.pixels
    if not images:
        return None
    means = [total / images for total in sums]
    # Rounding may leave the variance of one colour a little below zero.
    variances = [max(square / images - mean * mean, 0.0) for square, mean in zip(squares, means, strict=True)]
    return Colours(images, _triple(means), _triple([sqrt(variance) for variance in variances]))


def _triple(values: list[float]) -> Triple:
    red, green, blue = values
    return red, green, blue
