"""All pairs of 64-bit hashes that differ in few bits.

Every pair is found, and once: see `steps.validate.lookalikes.bands`. Hashes lie in a file and are sorted a
part at a time, so memory stays the same however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from steps.validate.lookalikes.bands import SPREAD, Band, plan_bands

PART = 1_000_000
"""So many hashes are sorted at once: 50 MB."""

# More hashes that agree in a band are searched with bands of their own.
_LARGEST = 2048
# Fewer are not worth calls of numpy of their own.
_SHORT = 16
# Rows of a table of comparisons, which then stays within a processor's cache.
_TILE = 64
_HASH_BYTES = 8
_ODD = np.uint64(0x9E37_79B9_7F4A_7C15)
_SAMPLE = 2048

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Some pairs.

    Attributes:
        one: Place of one hash of each pair in the file, from 0.
        other: Place of the other.
        differing: The bits in which they differ.
    """

    one: Places
    other: Places
    differing: Hashes

    def __len__(self) -> int:
        return len(self.one)


def find_pairs(file: BinaryIO, count: int, distance: int, part: int = PART) -> Iterator[Pairs]:
    """All pairs of hashes that differ in at most `distance` bits, each once.

    Args:
        file: The hashes, 8 bytes each as this machine has them.
        count: How many.
        distance: From 0.
        part: About how many hashes are sorted at once.
    """
    for band in plan_bands(count, SPREAD, distance):
        # Without a band there is nothing to part by; that is chosen for few hashes only.
        parts = -(-count // part) if band.bits else 1
        for number in range(parts):
            hashes, places = _part(file, count, band, number, parts)
            yield from _within(hashes, places, band, SPREAD, distance)


def affordable_distance(file: BinaryIO, count: int, distance: int, most: int) -> int:
    """The largest distance, at most `distance`, at which no more than about `most` pairs are to be expected.

    Judged by a sample. Images that are much alike, such as a million handwritten digits, have more pairs than
    could be looked at.
    """
    step = max(1, count // _SAMPLE)
    sample = np.concatenate(
        [chunk[(-start) % step :: step] for start, chunk in _chunks(file, count, PART)] or [_NONE]
    )
    numbers = np.zeros(65, np.int64)
    for shift in range(1, len(sample)):
        numbers += np.bincount(_count_bits(sample[:-shift] ^ sample[shift:]), minlength=65)
    expected = np.cumsum(numbers) * (count / max(1, len(sample))) ** 2
    return next((bits for bits in range(distance, 0, -1) if expected[bits] <= most), 0)


_NONE: Hashes = np.empty(0, np.uint64)


def _chunks(file: BinaryIO, count: int, size: int) -> Iterator[tuple[int, Hashes]]:
    file.seek(0)
    for start in range(0, count, size):
        yield start, np.frombuffer(file.read(min(size, count - start) * _HASH_BYTES), np.uint64)


def _part(file: BinaryIO, count: int, band: Band, number: int, parts: int) -> tuple[Hashes, Places]:
    """The hashes whose agreeing bits fall into one of `parts` drawers, and their places."""
    hashes, places = [_NONE], [np.empty(0, np.int64)]
    for start, chunk in _chunks(file, count, PART):
        if parts == 1:
            inside = np.arange(len(chunk))
        else:
            drawers = (((chunk & np.uint64(band.mask)) * _ODD) >> np.uint64(40)) % np.uint64(parts)
            inside = np.flatnonzero(drawers == number)
        hashes.append(chunk[inside])
        places.append(inside + start)
    return np.concatenate(hashes), np.concatenate(places)


def _within(
    hashes: Hashes, places: Places, band: Band, free: Sequence[int], distance: int
) -> Iterator[Pairs]:
    """The pairs that agree in the band and in no earlier one."""
    keys = hashes & np.uint64(band.mask)
    order = np.argsort(keys, kind="stable")
    hashes, places, keys = hashes[order], places[order], keys[order]
    ends = np.append(np.flatnonzero(keys[1:] != keys[:-1]) + 1, len(keys))
    runs = _Runs(hashes, places, np.diff(ends, prepend=0), ends)
    for pairs in chain(_in_short(runs, distance), _in_long(runs, band, free, distance)):
        fresh = np.ones(len(pairs), bool)
        for other in band.others:
            fresh &= pairs.differing & np.uint64(other) != 0
        if fresh.any():
            yield Pairs(pairs.one[fresh], pairs.other[fresh], pairs.differing[fresh])


@dataclass(frozen=True)
class _Runs:
    """Hashes side by side where they agree in a band.

    Attributes:
        hashes: All of them.
        places: Their places in the file.
        lengths: Of each run.
        ends: Where each run ends.
    """

    hashes: Hashes
    places: Places
    lengths: Places
    ends: Places


def _in_short(runs: _Runs, distance: int) -> Iterator[Pairs]:
    """The near pairs within short runs: each hash with the next, the one after, in all runs at a time."""
    ends = np.repeat(runs.ends, runs.lengths)
    left = np.flatnonzero(np.repeat(runs.lengths <= _SHORT, runs.lengths))
    shift = 1
    while len(left := left[left + shift < ends[left]]):
        differing = runs.hashes[left] ^ runs.hashes[left + shift]
        near = _count_bits(differing) <= distance
        if near.any():
            found = left[near]
            yield Pairs(runs.places[found], runs.places[found + shift], differing[near])
        shift += 1


def _in_long(runs: _Runs, band: Band, free: Sequence[int], distance: int) -> Iterator[Pairs]:
    """The near pairs within each of the others."""
    rest = [bit for bit in free if bit not in band.bits]
    for number in np.flatnonzero(runs.lengths > _SHORT).tolist():
        end, length = int(runs.ends[number]), int(runs.lengths[number])
        hashes, places = runs.hashes[end - length : end], runs.places[end - length : end]
        if length <= _LARGEST or not band.bits:
            yield from _each_with_each(hashes, places, distance)
            continue
        for narrower in plan_bands(length, rest, distance):
            yield from _within(hashes, places, narrower, rest, distance)


def _each_with_each(hashes: Hashes, places: Places, distance: int) -> Iterator[Pairs]:
    for start in range(0, len(hashes), _TILE):
        differing = hashes[start : start + _TILE, None] ^ hashes[None, start:]
        rows, columns = np.nonzero(_count_bits(differing) <= distance)
        later = columns > rows
        if later.any():
            rows, columns = rows[later], columns[later]
            yield Pairs(places[rows + start], places[columns + start], differing[rows, columns])


def count_in_steps(values: Hashes) -> NDArray[Any]:
    """The number of bits set, for a numpy before 2.0: sums of neighbouring bits, then of pairs, and so on."""
    one, two, four = (
        np.uint64(mask) for mask in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F)
    )
    values = values - ((values >> np.uint64(1)) & one)
    values = (values & two) + ((values >> np.uint64(2)) & two)
    values = (values + (values >> np.uint64(4))) & four
    return ((values * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.uint8)


_count_bits: Callable[[Hashes], NDArray[Any]] = getattr(np, "bitwise_count", count_in_steps)
