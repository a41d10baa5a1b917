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
        mean: Of red, green and blue over all their pixels, from 0 to 1.
        std: Their standard deviations, from 0 to 0.5.
    """

    images: int
    mean: Triple
    std: Triple


def measure_colours(sample: Iterable[Channels]) -> Colours | None:
    """The colours of all images of a sample together; every pixel counts the same. None without images.

    The last digits depend on the order of the sample.
    """
    images = pixels = 0
    sums, squares = [0.0] * 3, [0.0] * 3
    for one in sample:
        images += 1
        pixels += one.pixels
        for i in range(3):
            sums[i] += one.sums[i]
            squares[i] += one.squares[i]
    if not pixels:
        return None
    means = [total / pixels for total in sums]
    # Rounding may leave the variance of one colour a little below zero.
    variances = [max(square / pixels - mean * mean, 0.0) for square, mean in zip(squares, means, strict=True)]
    return Colours(images, _triple(means), _triple([sqrt(variance) for variance in variances]))


def _triple(values: list[float]) -> Triple:
    red, green, blue = values
    return red, green, blue
