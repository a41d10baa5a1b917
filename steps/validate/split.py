"""Chooses which images of one prefix validate: the same share of every class, equal images on one side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import floor
from typing import NamedTuple


class Group(NamedTuple):
    """Images of one class that have to stay together, for they are equal.

    Attributes:
        key: SHA-256 of their content: an order that has nothing to do with their names.
        images: How many.
    """

    key: bytes
    images: int


def validation_size(images: int, share: float) -> int:
    """How many images of a class validate: the share, rounded; a class of two or more has one on each side.

    Args:
        images: Of the class.
        share: Above 0 and below 1.
    """
    if images < 2:
        return 0
    return min(max(floor(share * images + 0.5), 1), images - 1)


def choose_groups(groups: Iterable[Group], images: int, share: float) -> Iterator[bytes]:
    """The keys of those groups of a class that validate.

    They come to `validation_size` images, or to fewer where groups are too large for the rest that is wanted.
    The smallest group is taken rather than none, unless it is the whole class.

    Args:
        groups: Those that may be taken, sorted by key.
        images: How many the class has in all.
        share: Above 0 and below 1.
    """
    wanted = validation_size(images, share)
    if not wanted:
        return
    taken = 0
    smallest: Group | None = None
    for group in groups:
        if taken + group.images <= wanted:
            taken += group.images
            yield group.key
        elif smallest is None or group.images < smallest.images:
            smallest = group
    if not taken and smallest and smallest.images < images:
        yield smallest.key
