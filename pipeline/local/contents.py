"""The contents of large objects, each a file of its own."""

from __future__ import annotations

import io
import os
import shutil
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_PIECE = 1024 * 1024
# A system call copies less than this, whatever it is asked for.
_MOST = 2**30


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

    def anew(self) -> Content:
        """The same file at its start, whatever becomes of this one."""
        return Content(self.path, self.size)

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
    """Stands for the buffer of an object that is made of several contents, until it is written.

    Args:
        parts: The contents, in order.
    """

    def __init__(self, parts: Sequence[Content | bytes]) -> None:
        self.parts = tuple(parts)
        self.size = sum(len(part) if isinstance(part, bytes) else part.size for part in parts)
        self.closed = False
        self._at = 0

    def seek(self, at: int) -> int:
        """As of a file, from its start."""
        self._at = at
        return at

    def read(self, size: int = -1) -> bytes:
        """As of a file; all is joined in memory."""
        data = b"".join(part if isinstance(part, bytes) else part.anew().read() for part in self.parts)
        end = len(data) if size is None or size < 0 else self._at + size
        found = data[self._at : end]
        self._at += len(found)
        return found

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

    def write(self, source: BinaryIO | bytes | memoryview | Joined) -> Content:
        """Copy all of a buffer into a new file.

        Raises:
            OSError: It cannot be written, for instance because the disk is full; nothing is left then.
        """
        path = self._folder / uuid.uuid4().hex
        try:
            with path.open("xb", buffering=0) as file:
                for part in source.parts if isinstance(source, Joined) else (source,):
                    _append(file, part)
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


def _append(file: io.FileIO, source: BinaryIO | bytes | memoryview | Content) -> None:
    if isinstance(source, bytes | memoryview):
        # In as few system calls as can be: after each this thread may wait for its turn.
        view, done = memoryview(source), 0
        while done < len(view):
            done += file.write(view[done:])
    elif isinstance(source, Content):
        with source.path.open("rb", buffering=0) as other:
            _append_file(file, other)
    else:
        source.seek(0)
        shutil.copyfileobj(source, file, _PIECE)


def _append_file(file: io.FileIO, other: io.FileIO) -> None:
    # Within the kernel, where it has such a call and the file system allows it.
    with suppress(AttributeError, OSError):
        while os.copy_file_range(other.fileno(), file.fileno(), _MOST):
            pass
    # What is left.
    shutil.copyfileobj(other, file, _PIECE)
