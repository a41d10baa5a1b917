"""Tells what SQLite says when the disk fails, as what the user can mend."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from steps.container import ProgramError
from steps.validate.wording import grouped

# SQLite's texts of SQLITE_FULL and SQLITE_IOERR: Python 3.10 does not tell the codes.
_FAILURES = frozenset({"database or disk is full", "disk I/O error"})
# Where SQLite looks for a folder of temporary files on Unix: https://www.sqlite.org/tempfiles.html
_VARIABLES = ("SQLITE_TMPDIR", "TMPDIR")
_FOLDERS = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108  no file is made there here
_MEGABYTE = 1_000_000


@contextmanager
def telling_of_disk(path: Path) -> Iterator[None]:
    """Turns the failure of a disk while a database is used into what to do about it.

    Args:
        path: The file of the database.

    Raises:
        ProgramError: The disk is full, or fails. Other errors are mistakes of ours, and pass through.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if str(error) not in _FAILURES:
            raise
        raise ProgramError(_told(path, str(error))) from error


def _told(path: Path, said: str) -> str:
    folders = dict.fromkeys((path.parent, _temporary()))
    left = " and ".join(f"{folder} has {_left(folder)} MB left" for folder in folders)
    return (
        f"{path} cannot keep what is known of the images: {said}; {left}\n"
        "  hint: free space there, or have TMPDIR and imgpipe's home on a larger disk (in a job, a larger "
        "validate.volume_gb), and run it again"
    )


def _temporary() -> Path:
    """The folder in which SQLite sorts what does not fit in memory."""
    named = [os.environ[name] for name in _VARIABLES if os.environ.get(name)]
    usable = (Path(folder) for folder in (*named, *_FOLDERS) if os.access(folder, os.W_OK | os.X_OK))
    return next(usable, Path.cwd())


def _left(folder: Path) -> str:
    with suppress(OSError):
        return grouped(shutil.disk_usage(folder).free // _MEGABYTE)
    return "an unknown number of"
