"""The contents of large objects, each a file of its own."""

from __future__ import annotations

import io
import os
import shutil
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

_PIECE = 1024 * 1024


class Content:
    """Stands for the buffer that moto keeps an object in: reads from its file, which is not held open.

    Args:
        path: The file.
        size: Its length in bytes.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self.closed = False
        self._at = 0

    @property
    def name(self) -> str:
        """Names it in the store."""
        return self.path.name

    def seek(self, at: int, whence: int = io.SEEK_SET) -> int:
        """As of a file."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(start + at, 0)
        return self._at

    def tell(self) -> int:
        """As of a file."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """As of a file.

        Raises:
            ValueError: It was closed, or its object has been replaced: what moto's own buffer raises then.
        """
        if self.closed:
            raise ValueError("I/O operation on closed file")
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(self._at)
                data = file.read(-1 if size is None or size < 0 else size)
        except FileNotFoundError as error:
            raise ValueError("I/O operation on a file that is gone") from error
        self._at += len(data)
        return data

    def close(self) -> None:
        """Refuse to be read from now on. The file is removed when no record names it."""
        self.closed = True


class Joined:
    """Stands for the buffer of an object that is made of others, until it is written.

    Args:
        parts: Their buffers, in order. One that is closed under it cannot be read by it any more, but a
            `Content` can be written.
    """

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = tuple(parts)
        self.size = sum(part.seek(0, io.SEEK_END) for part in parts)
        self.closed = False
        self._at = 0

    def seek(self, at: int) -> int:
        """As of a file, from its start."""
        self._at = at
        return at

    def read(self, size: int = -1) -> bytes:
        """As of a file; it joins the whole in memory."""
        for part in self.parts:
            part.seek(0)
        data = b"".join(part.read() for part in self.parts)[self._at :]
        data = data if size is None or size < 0 else data[:size]
        self._at += len(data)
        return data

    def close(self) -> None:
        """Its parts are not its own."""
        self.closed = True


class Contents:
    """The folder of all contents.

    Args:
        folder: The folder; made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def write(self, source: BinaryIO | memoryview) -> Content:
        """Copy all of a buffer into a new file.

        Raises:
            OSError: It cannot be written, for instance because the disk is full; nothing is left then.
        """
        path = self._folder / uuid.uuid4().hex
        try:
            with path.open("xb", buffering=0) as file:
                if isinstance(source, memoryview):
                    # In as few system calls as can be: after each this thread may wait for its turn.
                    done = 0
                    while done < len(source):
                        done += file.write(source[done:])
                else:
                    source.seek(0)
                    shutil.copyfileobj(source, file, _PIECE)
                size = file.tell()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Content(path, size)

    def find(self, name: str, size: int) -> Content:
        """A content that was written before.

        Raises:
            ValueError: Its file is not there, or has another length.
        """
        path = self._folder / name
        with suppress(FileNotFoundError):
            if path.stat().st_size == size:
                return Content(path, size)
        raise ValueError(f"the file {path} is not there, or not whole")

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are gone already are no error."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def keep_only(self, names: set[str]) -> None:
        """Remove all files but those named."""
        with os.scandir(self._folder) as entries:
            self.remove([entry.name for entry in entries if entry.name not in names])

    def besides(self, names: set[str], before: float) -> list[tuple[str, int]]:
        """Name and size of all files but those named that were written before a moment."""
        with os.scandir(self._folder) as entries:
            states = [(entry.name, entry.stat()) for entry in entries if entry.name not in names]
        return [(name, state.st_size) for name, state in states if state.st_mtime < before]
