"""Which images the colours of a data set are measured on: about so many, chosen by what is in them.

The choice is the same in whatever order images are seen, on however many instances, and whether a run is gone
on with. An instance that has seen its own part only takes more than are needed.
"""

from __future__ import annotations

from steps.validate.ledger import schema
from steps.validate.ledger.ledger import Ledger

SAMPLE = 1_000
"""Of all images; those of training count. The mean of so many is right to about a hundredth."""

EVERY = b"\xff" * 33
"""More than any digest."""

_FILES = "SELECT count(*) FROM files WHERE place IN ('class', 'stray')"
# Those that were not in the sample while there were more files.
_FORGET = f"{schema.FORGET} WHERE split = 'train' AND digest < ? AND channels IS NULL AND width IS NOT NULL"


def sample_below(ledger: Ledger) -> bytes:
    """The images whose digest is less are the sample of all that are listed."""
    ((files,),) = ledger.query(_FILES)
    return below(files)


def below(files: int) -> bytes:
    """The bound of the digests of SAMPLE of so many files."""
    return EVERY if files <= SAMPLE else (SAMPLE * (1 << 64) // files).to_bytes(8, "big")


def forget_unmeasured(ledger: Ledger, bound: bytes) -> None:
    """Has those images inspected again that belong to the sample and were not measured."""
    ledger.change(_FORGET, bound)
