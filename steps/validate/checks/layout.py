"""Files and folders that lie where none belong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby

from steps.validate.checks.family import Found
from steps.validate.findings import Culprit
from steps.validate.ledger.ledger import Ledger
from steps.validate.wording import counted, visible

_IMAGES = ("JPEG", "PNG")
_STRAYS = "SELECT split, path, format FROM files WHERE place IN ('stray', 'other') ORDER BY split, path"
_OF_PLACE = "SELECT split, path FROM files WHERE place = ? ORDER BY split, path"
# The path has a second slash.
_NESTED = """
    SELECT split, path FROM files
    WHERE place = 'class' AND instr(substr(path, instr(path, x'2f') + 1), x'2f') > 0 ORDER BY split, path
"""


def find_strays(ledger: Ledger) -> Iterator[Found]:
    """Files beside the class folders: an image there is an image that was meant to have a class."""
    for split, path, form in ledger.query(_STRAYS):
        if form in _IMAGES:
            yield Found("stray-file", Culprit(split, os.fsdecode(path), "an image outside of a class folder"))
        else:
            yield Found("stray-file", Culprit(split, os.fsdecode(path), "skipped"), "warning")


def find_hidden(ledger: Ledger) -> Iterator[Found]:
    """Hidden files and folders, and those of operating systems."""
    for split, path in ledger.query(_OF_PLACE, "hidden"):
        yield Found("hidden-file", Culprit(split, os.fsdecode(path), "skipped"))


def find_links(ledger: Ledger) -> Iterator[Found]:
    """Symbolic links, where they are told of."""
    for split, path in ledger.query(_OF_PLACE, "link"):
        yield Found("symlink", Culprit(split, os.fsdecode(path), "a symbolic link, skipped"))


def find_nested(ledger: Ledger) -> Iterator[Found]:
    """Folders within class folders, each told once with all that lies in it."""
    paths = ((split, os.fsdecode(path)) for split, path in ledger.query(_NESTED))
    for (split, folder), inside in groupby(paths, lambda row: (row[0], "/".join(row[1].split("/")[:2]))):
        files = counted(sum(1 for _ in inside), "file")
        reason = f"a folder within a class; {files} in it taken for '{visible(folder.split('/')[0])}'"
        yield Found("nested-folder", Culprit(split, folder, reason))


def find_closed(ledger: Ledger) -> Iterator[Found]:
    """Folders that may not be listed. How many images are in them is not known, so none is left out."""
    for split, path in ledger.query(_OF_PLACE, "closed"):
        reason = "a folder that may not be listed, skipped with all that is in it"
        yield Found("no-permission", Culprit(split, os.fsdecode(path), reason))
