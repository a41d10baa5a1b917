"""How large the images of a data set are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, floor, log2

CELLS_AN_OCTAVE = 4
"""A cell of the distribution spans a quarter of a doubling, about 19 %."""

_QUANTILES = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}


@dataclass(frozen=True)
class Sizes:
    """Widths and heights in pixels.

    Attributes:
        width: By name: min, p5, p25, median, p75, p95 and max. Each is the width of an image.
        height: Likewise.
        cells: How many images there are by (column, row): a width w lies in column floor(4 log2 w), a height
            in the row of the same formula.
    """

    width: Mapping[str, int]
    height: Mapping[str, int]
    cells: Mapping[tuple[int, int], int]


def measure_sizes(groups: Iterable[tuple[int, int, int]]) -> Sizes | None:
    """The sizes of all images, or None without images.

    Memory grows with the number of different widths and heights only.

    Args:
        groups: (width, height, how many images), in any order.
    """
    widths: Counter[int] = Counter()
    heights: Counter[int] = Counter()
    cells: Counter[tuple[int, int]] = Counter()
    for width, height, images in groups:
        widths[width] += images
        heights[height] += images
        cells[cell(width), cell(height)] += images
    if not widths:
        return None
    return Sizes(_quantiles(widths), _quantiles(heights), dict(sorted(cells.items())))


def cell(pixels: int) -> int:
    """The column or row of the distribution that a width or height lies in."""
    return floor(CELLS_AN_OCTAVE * log2(pixels))


def _quantiles(counts: Mapping[int, int]) -> dict[str, int]:
    """Nearest-rank quantiles: values that occur, and the same on every machine."""
    values = sorted(counts)
    total = sum(counts.values())
    ranks = {name: max(ceil(share * total), 1) for name, share in _QUANTILES.items()}
    found: dict[str, int] = {"min": values[0]}
    seen = 0
    for value in values:
        seen += counts[value]
        found.update({name: value for name, rank in ranks.items() if rank <= seen and name not in found})
    return {**found, "max": values[-1]}
