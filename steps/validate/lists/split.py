"""Chooses which images of one prefix validate: the same share of each class, lookalikes on one side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from math import floor
from typing import NamedTuple

from steps.validate.checks.duplicates import index_digests
from steps.validate.checks.near import pair_up
from steps.validate.ledger.ledger import Ledger
from steps.validate.lookalikes.families import find_families

_TOTALS = """
    SELECT class, count(*) FROM files
    WHERE split = 'train' AND place = 'class' AND flaw IS NULL AND digest IS NOT NULL GROUP BY class
"""
# What equals or resembles an image of another class is in doubt and not measured with: it stays in train.
_GROUPS = """
    SELECT class, key, images FROM (
        SELECT coalesce(family, files.digest) AS key, min(class) AS class, max(class) AS last,
            count(*) AS images
        FROM files LEFT JOIN families ON families.digest = files.digest
        WHERE split = 'train' AND place = 'class' AND flaw IS NULL AND files.digest IS NOT NULL GROUP BY key
    ) WHERE class = last ORDER BY class, key
"""
_DROP_GONE = """
    DELETE FROM files WHERE split = 'validation'
    AND listing < (SELECT listing FROM splits WHERE split = 'train')
"""
_MOVE = """
    UPDATE files SET split = 'validation'
    WHERE split = 'train' AND place = 'class' AND flaw IS NULL AND coalesce(
        (SELECT family FROM families WHERE families.digest = files.digest), digest
    ) IN (SELECT key FROM chosen)
"""


class Group(NamedTuple):
    """Images of one class that have to stay together, for they look the same.

    Attributes:
        key: SHA-256 of the content of one of them: an order that has nothing to do with their names.
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

    The choice depends on nothing but the content of the images. What looks the same goes to the same side, by
    way of others too; what cannot be read stays in train. SQLite sorts on disk, so memory stays the same.

    Args:
        ledger: Has both splits among its uris.
        share: Of the images of each class, above 0 and below 1.
    """
    unite(ledger)
    index_digests(ledger)
    pair_up(ledger)
    find_families(ledger)
    ledger.change("DROP TABLE IF EXISTS temp.chosen")
    ledger.change("CREATE TEMP TABLE chosen (key BLOB PRIMARY KEY) WITHOUT ROWID")
    ledger.change_many("INSERT INTO chosen VALUES (?)", ((key,) for key in _chosen(ledger, share)))
    ledger.change(_MOVE)


def _chosen(ledger: Ledger, share: float) -> Iterator[bytes]:
    totals: dict[str, int] = dict(ledger.query(_TOTALS))
    for name, rows in groupby(ledger.query(_GROUPS), key=lambda row: row[0]):
        yield from choose_groups((Group(key, images) for _, key, images in rows), totals[name], share)
