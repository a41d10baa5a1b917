"""Which bits of two hashes must agree when few of all do not: the pigeonhole principle.

Of `distance + kept` groups of bits, at most `distance` hold a bit in which two near hashes differ, so at
least `kept` groups agree. Comparing only hashes that agree in the same `kept` groups, once for each choice of
groups, misses no pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

BITS = 64
_MOST_KEPT = 5
# Groups of fewer are compared together.
_WORTHWHILE = 16
# Measured with numpy on one core, in nanoseconds: to sort a hash, to compare two, and to begin with a group.
_SORT_COST, _COMPARE_COST, _GROUP_COST = 150, 2, 30_000
# Neighbouring bits of a difference hash depend on each other: a brighter spot turns two. Steps of 37 put bits
# of distant places of the image side by side, so that the bits of a group tell different things.
SPREAD = tuple(i * 37 % BITS for i in range(BITS))


@dataclass(frozen=True)
class Band:
    """One choice of groups.

    Attributes:
        bits: Of the groups that must agree.
        mask: The same as a number.
        others: Masks of the groups before the last chosen one that were not chosen. A pair that agrees in one
            of them was found by an earlier choice.
    """

    bits: tuple[int, ...]
    mask: int
    others: tuple[int, ...]


def plan_bands(count: int, free: Sequence[int], distance: int) -> list[Band]:
    """The choices of groups that find all pairs of `count` hashes with the least work.

    Of evenly spread hashes at a distance of 8: 300,000 are sorted 9 times by 7 bits and make 3e9 comparisons;
    1 million 45 times by 13 bits, 3e9 (20 s on one core); 10 million the same, 3e11 (12 minutes).

    Args:
        count: How many hashes.
        free: The bits in which they may differ.
        distance: In how many bits near hashes differ at most.
    """
    kept = min(range(_MOST_KEPT + 1), key=lambda number: _cost(count, len(free), distance, number))
    size = distance + kept
    groups = (
        [tuple(free[i * len(free) // size : (i + 1) * len(free) // size]) for i in range(size)]
        if size
        else []
    )
    return [_band(groups, chosen) for chosen in combinations(range(size), kept)]


def _cost(count: int, bits: int, distance: int, kept: int) -> float:
    if kept and bits < distance + kept:
        return float("inf")
    key = bits * kept / (distance + kept) if kept else 0
    pairs = count * (count - 1) / 2 / 2**key
    work = count * _SORT_COST + pairs * _COMPARE_COST + min(2**key, count / _WORTHWHILE) * _GROUP_COST
    return comb(distance + kept, kept) * work


def _band(groups: Sequence[tuple[int, ...]], chosen: tuple[int, ...]) -> Band:
    bits = tuple(bit for group in chosen for bit in groups[group])
    last = chosen[-1] if chosen else 0
    others = (groups[group] for group in range(last) if group not in chosen)
    return Band(bits, _mask(bits), tuple(map(_mask, others)))


def _mask(bits: Sequence[int]) -> int:
    return sum(1 << bit for bit in bits)
