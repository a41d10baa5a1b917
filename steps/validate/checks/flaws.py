"""Files that cannot be used at all: what reading and decoding told, and names that break a list."""

from __future__ import annotations

import os
from collections.abc import Iterator

from steps.validate.checks.family import Found
from steps.validate.findings import CHECKS, Culprit
from steps.validate.ledger.ledger import Ledger
from steps.validate.settings import Settings

SKIPPABLE = ("unreadable-image", "unsupported-format", "image-too-large", "no-permission")
"""What `on_corrupt: skip` leaves out. A small image is not corrupt, and an unsafe name is quickly changed."""

_FLAWS = """
    SELECT split, path, flaw, reason FROM files WHERE flaw IS NOT NULL AND place = 'class'
    ORDER BY split, path
"""
_NAMES = (
    "SELECT split, path, unsafe FROM files WHERE unsafe IS NOT NULL AND place = 'class' ORDER BY split, path"
)
_LEAVE_OUT_NAMES = "UPDATE files SET left_out = 'unsafe-name' WHERE unsafe IS NOT NULL AND place = 'class'"
_LEAVE_OUT = "UPDATE files SET left_out = flaw WHERE flaw = ? AND place = 'class'"


def find_flaws(ledger: Ledger, settings: Settings) -> Iterator[Found]:
    """Files that cannot be read, decoded or taken."""
    for split, path, flaw, reason in ledger.query(_FLAWS):
        left_out = settings.skip_corrupt and flaw in SKIPPABLE
        yield Found(flaw, Culprit(split, os.fsdecode(path), reason), left_out=left_out)


def find_unsafe_names(ledger: Ledger) -> Iterator[Found]:
    """Names that cannot stand in a .lst file."""
    for split, path, reason in ledger.query(_NAMES):
        yield Found("unsafe-name", Culprit(split, os.fsdecode(path), reason))


def leave_out_flawed(ledger: Ledger, settings: Settings) -> None:
    """Marks the files that are not used.

    One that on_corrupt: fail lets fail counts as not usable either, unless its check was made a warning or is
    ignored: then it is used. A file with a name that cannot be listed is left out in any case.
    """
    ledger.change(_LEAVE_OUT_NAMES)
    for check in SKIPPABLE:
        if settings.skip_corrupt or settings.severities.get(check, CHECKS[check].severity) == "error":
            ledger.change(_LEAVE_OUT, check)
