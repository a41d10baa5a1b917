"""Images that were looked at, in the order in which something is made of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from steps.validate.library import Entry, Ledger

# By content, an order that has nothing to do with names and is the same everywhere.
_SHUFFLED = """
    SELECT class, path, size, version FROM files
    WHERE split = ? AND place = 'class' AND left_out IS NULL ORDER BY digest, path
"""
_READABLE = """
    SELECT class, path FROM files
    WHERE split = ? AND place = 'class' AND flaw IS NULL AND unsafe IS NULL ORDER BY path
"""
_FLAWED = "SELECT count(*) FROM files WHERE place = 'class' AND (flaw IS NOT NULL OR unsafe IS NOT NULL)"


@dataclass(frozen=True)
class Image:
    """An image of a class."""

    name: str
    entry: Entry


def shuffled(ledger: Ledger, split: str) -> Iterator[Image]:
    """Those that the checks left usable, in an order that looks random."""
    for name, path, size, version in ledger.query(_SHUFFLED, split):
        yield Image(name, Entry(os.fsdecode(path), "file", size, version))


def readable(ledger: Ledger, split: str) -> Iterator[tuple[str, str]]:
    """Class and path of those that can be decoded and listed, by path; no checks needed."""
    for name, path in ledger.query(_READABLE, split):
        yield name, os.fsdecode(path)


def flawed(ledger: Ledger) -> int:
    """How many cannot."""
    ((count,),) = ledger.query(_FLAWED)
    return int(count)
