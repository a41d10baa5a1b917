"""Chooses which images of one prefix validate: the same share of every class, equal images on one side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from math import floor
from typing import NamedTuple

from steps.validate.ledger import Ledger

_TOTALS = """
    SELECT class, count(*) FROM files
    WHERE split = 'train' AND place = 'class' AND flaw IS NULL AND digest IS NOT NULL GROUP BY class
"""
# What equals an image of another class is in doubt and not measured with: it stays in train.
_GROUPS = """
    SELECT class, digest, images FROM (
        SELECT digest, min(class) AS class, max(class) AS last, count(*) AS images FROM files
        WHERE split = 'train' AND place = 'class' AND flaw IS NULL AND digest IS NOT NULL GROUP BY digest
    ) WHERE class = last ORDER BY class, digest
"""
_DROP_GONE = """
    DELETE FROM files WHERE split = 'validation'
    AND listing < (SELECT listing FROM splits WHERE split = 'train')
"""
_MOVE = """
    UPDATE files SET split = 'validation'
    WHERE split = 'train' AND place = 'class' AND flaw IS NULL AND digest IN (SELECT digest FROM chosen)
"""


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


def unite(ledger: Ledger) -> None:
    """Undoes `divide`.

    Before a ledger that was divided takes in a new listing, this spares the validation images a second look.
    """
    # Where the new listing came first, it knows better: of what it saw, and of what is gone.
    ledger.change(_DROP_GONE)
    ledger.change("UPDATE OR IGNORE files SET split = 'train' WHERE split = 'validation'")
    ledger.change("DELETE FROM files WHERE split = 'validation'")


def divide(ledger: Ledger, share: float) -> None:
    """Moves images that are listed and inspected as `train` to `validation`; both come from the same place.

    The choice depends on nothing but the content of the images. Those that cannot be read stay in train.
    Nothing is held in memory: SQLite sorts on disk.

    Args:
        ledger: Has both splits among its uris.
        share: Of the images of each class, above 0 and below 1.
    """
    unite(ledger)
    ledger.change("CREATE TEMPORARY TABLE chosen (digest BLOB PRIMARY KEY) WITHOUT ROWID")
    ledger.change_many("INSERT INTO chosen VALUES (?)", ((key,) for key in _chosen(ledger, share)))
    ledger.change(_MOVE)
    ledger.change("DROP TABLE chosen")


def _chosen(ledger: Ledger, share: float) -> Iterator[bytes]:
    totals: dict[str, int] = dict(ledger.query(_TOTALS))
    for name, rows in groupby(ledger.query(_GROUPS), key=lambda row: row[0]):
        yield from choose_groups((Group(key, images) for _, key, images in rows), totals[name], share)
