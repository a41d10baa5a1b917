"""Images that hang together: each looks like another one of its family, though not like all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from steps.validate.ledger.ledger import Ledger

_SCRATCH = (
    "DROP TABLE IF EXISTS temp.kin",
    "DROP TABLE IF EXISTS temp.firsts",
    "DROP TABLE IF EXISTS temp.families",
    "CREATE TEMP TABLE kin (id INTEGER PRIMARY KEY, head INTEGER NOT NULL)",
    "CREATE TEMP TABLE firsts (head INTEGER PRIMARY KEY, family BLOB NOT NULL)",
    "CREATE TEMP TABLE families (digest BLOB PRIMARY KEY, family BLOB NOT NULL) WITHOUT ROWID",
)
_FIRSTS = """
    INSERT INTO firsts
    SELECT head, min(digest) FROM kin JOIN files ON files.id = kin.id GROUP BY head
"""
_FAMILIES = """
    INSERT OR IGNORE INTO families
    SELECT digest, family FROM kin JOIN files ON files.id = kin.id JOIN firsts ON firsts.head = kin.head
"""


def find_families(ledger: Ledger) -> None:
    """Makes the table temp.families out of the pairs (one, other) of ids in temp.near.

    Its rows are the digest of an image that looks like another, and the least digest of its family, which
    does not depend on names or on the order of the pairs.
    """
    for statement in _SCRATCH:
        ledger.change(statement)
    ((images,),) = ledger.query("SELECT coalesce(max(id), 0) FROM files")
    with tempfile.TemporaryFile() as file:
        # In a file, as all else whose size grows with the number of images.
        file.truncate((images + 1) * 8)
        parents: NDArray[np.int64] = np.memmap(file, np.int64, "r+")
        for one, other in ledger.query("SELECT one, other FROM near"):
            _join(parents, one, other)
        ledger.change_many("INSERT OR IGNORE INTO kin VALUES (?, ?)", _heads(ledger, parents))
    ledger.change(_FIRSTS)
    ledger.change(_FAMILIES)


def _heads(ledger: Ledger, parents: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    for pair in ledger.query("SELECT one, other FROM near"):
        for image in pair:
            yield image, _head(parents, image)


def _join(parents: NDArray[np.int64], one: int, other: int) -> None:
    """Makes two families one."""
    first, second = sorted((_head(parents, one), _head(parents, other)))
    if first != second:
        parents[second] = first


def _head(parents: NDArray[np.int64], image: int) -> int:
    """The image that stands for a family. An image whose parent is 0, as at first, stands for its own."""
    path = []
    while parent := int(parents[image]):
        path.append(image)
        image = parent
    # The way is shorter next time.
    for member in path:
        parents[member] = image
    return image
