"""How far a transform job is, for the next server if this one is killed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path


class Progress:
    """The objects that a job is done with, a line each in a file. For several threads.

    Args:
        path: The file; made if it is missing.

    Raises:
        OSError: It cannot be read or written; also by `add`.
    """

    def __init__(self, path: Path) -> None:
        # Without a buffer each line is one write: it is there as a whole or not at all.
        self._file = path.open("ab", buffering=0)
        self._before = frozenset(_read(path))

    def has(self, uri: str) -> bool:
        """Whether a server before this one was done with an object."""
        return uri in self._before

    def add(self, uri: str) -> None:
        """An object's output is stored."""
        self._file.write(json.dumps(uri).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _read(path: Path) -> set[str]:
    found = set()
    for line in path.read_bytes().splitlines():
        # A full disk may have cut one off: that object is transformed once more.
        with suppress(ValueError):
            found.add(json.loads(line))
    return found
