"""Images with the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator

from steps.validate.checks.family import Found
from steps.validate.findings import Culprit
from steps.validate.ledger.ledger import Ledger, Row
from steps.validate.settings import Settings
from steps.validate.wording import visible

# Readable images of classes, which others are compared with.
_INDEX = "CREATE INDEX IF NOT EXISTS by_digest ON files (digest) WHERE flaw IS NULL AND place = 'class'"
_GROUPS = """
    SELECT digest, id, split, class, path FROM files
    WHERE flaw IS NULL AND place = 'class' AND digest IN (
        SELECT digest FROM files WHERE flaw IS NULL AND place = 'class' AND digest IS NOT NULL
        GROUP BY digest HAVING count(*) > 1
    )
    ORDER BY digest, split = 'train', path, split
"""
_LEAVE_OUT = """
    UPDATE files SET left_out = 'leak'
    WHERE split = 'train' AND flaw IS NULL AND place = 'class' AND digest IN (
        SELECT digest FROM files WHERE flaw IS NULL AND place = 'class' AND split = 'validation'
    )
"""


def index_digests(ledger: Ledger) -> None:
    """Makes what the other functions of this module would take hours without."""
    ledger.change(_INDEX)


def leave_out_leaks(ledger: Ledger, settings: Settings) -> None:
    """Marks the training copies of validation images if the settings ask for it, whatever tells of them."""
    if settings.skip_leaks:
        ledger.change(_LEAVE_OUT)


def find_copies(ledger: Ledger, settings: Settings) -> Iterator[Found]:
    """Each image once that has the bytes of another, against the first of them: validation before train.

    What is told of a pair is the gravest that is not ignored: two labels, one image in two splits, a copy.
    """
    first: Row = (None,)
    for member in ledger.query(_GROUPS):
        if member[0] != first[0]:
            first = member
            continue
        check = pair_check(member, first, settings, "label-conflict", "leak", "duplicate-image")
        if check:
            left_out = check == "leak" and settings.skip_leaks
            yield Found(check, paired(member, first, "same as"), left_out=left_out)


def pair_check(one: Row, other: Row, settings: Settings, *checks: str) -> str | None:
    """The gravest of three checks that a pair of (_, id, split, class, path) fails and that is not ignored.

    Args:
        one: An image.
        other: Another one that is the same or nearly so.
        settings: Which checks are ignored.
        checks: For different classes, for different splits, and for any pair.
    """
    fails = (one[3] != other[3], one[2] != other[2], True)
    told = (check for check, fail in zip(checks, fails, strict=True) if fail)
    return next((check for check in told if settings.severities.get(check) != "ignore"), None)


def paired(one: Row, other: Row, relation: str) -> Culprit:
    """The culprit of a pair of (_, id, split, class, path)."""
    name = f"{other[2]}/{os.fsdecode(other[4])}"
    return Culprit(one[2], os.fsdecode(one[4]), f"{relation} {visible(name)}", other=name)
