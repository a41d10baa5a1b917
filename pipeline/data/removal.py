"""What is to be done about the findings of a check: a list for people, and which files would have to go."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from steps.container import writing_atomically
from steps.validate.library import CHECKS, Ledger

_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "stray-file": "remove, or move into the folder of its class",
        "unreadable-image": "remove or replace",
        "unsupported-format": "remove, or save as JPEG or PNG",
        "image-too-large": "remove, or save smaller",
        "image-too-small": "remove, or replace by a larger one",
        "unsafe-name": "remove or rename",
        "duplicate-image": "remove this copy",
        "label-conflict": "remove both, or keep the one whose class is right",
        "leak": "remove from train",
    }
)
"""Errors, and copies, that are mended when the file goes."""

_TABLE = "CREATE TEMPORARY TABLE IF NOT EXISTS going (split TEXT, path BLOB, PRIMARY KEY (split, path))"
_PUT = "INSERT OR IGNORE INTO going VALUES (?, ?)"
_GOING = """
    SELECT files.split, files.path, files.size, files.version FROM going JOIN files USING (split, path)
    WHERE place IN ('class', 'stray') ORDER BY files.split, files.path
"""


@dataclass(frozen=True)
class Going:
    """A file that has to go.

    Attributes:
        split: "train" or "validation".
        path: Relative to the source of the split.
        size: Bytes.
        version: As it was checked; see Entry.
    """

    split: str
    path: str
    size: int
    version: str


def write_list(problems: Path, file: Path) -> int:
    """Writes fix.tsv: path, check, what to do and why, one line each problem.

    Args:
        problems: The problems.jsonl of a check.
        file: Where to.

    Returns:
        How many lines.
    """
    lines = 0
    with writing_atomically(file) as table:
        table.write(b"path\tcheck\twhat to do\twhy\n")
        for problem in _read(problems):
            check = problem["check"]
            remedy = _REMEDIES.get(check) if _is_removed(problem) else None
            cells = (problem["subject"], check, remedy or CHECKS[check].hint, problem["reason"])
            table.write(("\t".join(map(_cell, cells)) + "\n").encode("utf-8", "backslashreplace"))
            lines += 1
    return lines


def plan(problems: Path, ledger: Ledger) -> int:
    """Notes in the ledger which files have to go; it forgets them when it is closed.

    Returns:
        How many.
    """
    ledger.change(_TABLE)
    ledger.change("DELETE FROM going")
    ledger.change_many(_PUT, _rows(_read(problems)))
    ((count,),) = ledger.query(f"SELECT count(*) FROM ({_GOING})")  # noqa: S608 no input
    return int(count)


def going(ledger: Ledger) -> Iterator[Going]:
    """The files that were planned to go, in order."""
    for split, path, size, version in ledger.query(_GOING):
        yield Going(split, os.fsdecode(path), size, version)


def _rows(problems: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    for problem in problems:
        if not _is_removed(problem):
            continue
        yield problem["split"], os.fsencode(problem["path"])
        if problem["check"] == "label-conflict":
            # Nobody knows which of the two labels is right.
            split, _, path = problem["other"].partition("/")
            yield split, os.fsencode(path)


def _is_removed(problem: Mapping[str, Any]) -> bool:
    # A stray README harms nobody.
    return problem["check"] in _REMEDIES and (problem["check"], problem["severity"]) != (
        "stray-file",
        "warning",
    )


def _read(problems: Path) -> Iterator[Mapping[str, Any]]:
    with problems.open("rb") as lines:
        for line in lines:
            yield json.loads(line)


def _cell(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ")
