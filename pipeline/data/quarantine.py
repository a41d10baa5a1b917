"""Where files go that cannot stay: under a folder, with the paths that they had. Nothing is deleted."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import Protocol, TypeVar

from pipeline.data.dataset import DataSet
from pipeline.data.removal import Going
from pipeline.errors import Finding, UsageError
from steps.validate.library import FolderSource, is_version, visible

# File systems without hard links say so in these ways, and so does a folder on another device.
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})
_NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_EXAMPLES = 10
_THREADS = 16
_AT_ONCE = 512

IN_THE_WAY = "clear away what lies in the quarantine, or name another one"

_Place = TypeVar("_Place", Path, str)


@dataclass(frozen=True)
class Stay:
    """Why a file stayed where it was.

    Attributes:
        reason: The file, and what was in the way.
        remedy: What to do before the next try; None if that try finds out by itself.
    """

    reason: str
    remedy: str | None = None


class Quarantine(Protocol):
    """Takes files in."""

    def take(self, file: Going) -> Stay | None:
        """Moves one file; returns why it could not. One that was moved before is not moved again."""

    def way_back(self) -> str:
        """A command that moves all of it back."""


@dataclass(frozen=True)
class Moved:
    """What a move came to.

    Attributes:
        moved: How many files.
        left: How many stayed where they were.
        reasons: Why, for the first of them.
        remedies: What to do before the next try, each once.
    """

    moved: int
    left: int
    reasons: tuple[str, ...]
    remedies: tuple[str, ...]


def taken(quarantine: Quarantine, files: Iterator[Going]) -> Iterator[Stay | None]:
    """Moves files, several at once, and yields for each why it stayed, or None. May be repeated."""
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            while chunk := list(islice(files, _AT_ONCE)):
                yield from pool.map(quarantine.take, chunk)
        finally:
            pool.shutdown(cancel_futures=True)


def count_moved(files: Iterable[Stay | None]) -> Moved:
    """Counts what `taken` yields."""
    moved = left = 0
    reasons: list[str] = []
    remedies: dict[str, None] = {}
    for stay in files:
        if stay is None:
            moved += 1
            continue
        left += 1
        if len(reasons) < _EXAMPLES:
            reasons.append(stay.reason)
        if stay.remedy:
            remedies[stay.remedy] = None
    return Moved(moved, left, tuple(reasons), tuple(remedies))


@dataclass(frozen=True)
class FolderQuarantine:
    """A folder on this machine.

    Attributes:
        roots: The folder of each split.
        inside: The path of each in the data set, which is kept here.
        to: The folder.
    """

    roots: Mapping[str, Path]
    inside: Mapping[str, str]
    to: Path

    def take(self, file: Going) -> Stay | None:
        """See Quarantine."""
        source, target = self.roots[file.split] / file.path, self.to / self.inside[file.split] / file.path
        try:
            return self._move(source, target, file.version)
        except OSError as error:
            return Stay(f"{visible(str(source))}: {error.strerror or error}", _remedy(error))

    def way_back(self) -> str:
        """See Quarantine."""
        split = next(iter(self.roots))
        root = self.roots[split]
        home = root.parent if self.inside[split] else root
        return f"cp -Rn {quote(f'{self.to}/.')} {quote(f'{home}/')}"

    def _move(self, source: Path, target: Path, version: str) -> Stay | None:
        name = visible(str(source))
        try:
            told = source.lstat()
        except FileNotFoundError:
            return None if target.exists() else Stay(f"{name}: it is gone")
        if not is_version(told, version):
            return Stay(f"{name}: it has changed since it was checked")
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            if not _is_same(source, target):
                return Stay(f"{name}: something else lies at {visible(str(target))}", IN_THE_WAY)
            source.unlink()
            return None
        _place(source, target)
        _take_away(source, target)
        return None


def folder_quarantine(data: DataSet, to: Path) -> FolderQuarantine:
    """A folder for the files of a data set in a folder.

    Raises:
        UsageError: It lies among the images, or the other way round.
    """
    to = to.resolve()
    roots: dict[str, Path] = {}
    for split, source in data.sources.items():
        if not isinstance(source, FolderSource):
            raise UsageError(other_kind(str(to), data.name))
        roots[split] = source.root
    home = Path(data.root or "")
    if to.is_relative_to(home) or home.is_relative_to(to):
        raise UsageError(within(str(to), data.name))
    return FolderQuarantine(both(roots), both(data.inside), to)


def both(places: Mapping[str, _Place]) -> dict[str, _Place]:
    """The same place for both splits where a share of one validates."""
    return {"validation": places["train"], **places}


def within(quarantine: str, data: str) -> Finding:
    """What is wrong with a quarantine within the data set."""
    return Finding(
        "R215",
        "quarantine-within",
        f"the quarantine {quarantine} and the images of {data} lie one within the other",
        hint="name a place beside the data set",
    )


def other_kind(quarantine: str, data: str) -> Finding:
    """What is wrong with a quarantine of another kind than the data set."""
    return Finding(
        "R216",
        "quarantine-elsewhere",
        f"files of {data} cannot be moved to {quarantine}",
        hint="images on S3 go to a prefix s3://…, images in a folder to a folder",
    )


def _take_away(source: Path, target: Path) -> None:
    """Deletes a file that was just placed elsewhere; where it may not, it does not stay there either."""
    try:
        source.unlink()
    except OSError:
        if os.path.lexists(source):
            target.unlink()
        raise


def _remedy(error: OSError) -> str:
    if error.errno in _NO_RIGHT:
        return "make the folders of the images and of the quarantine writable for this user"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room in the quarantine, or name another one"
    return "mend what the system says of these files"


def _place(source: Path, target: Path) -> None:
    """Gives a file a second name; never replaces what has that name."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".moving-")
    copy = Path(name)
    try:
        with source.open("rb") as original, os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(original, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        shutil.copystat(source, copy)
        if not _is_same(source, copy):
            raise OSError(errno.EIO, "the copy is not the same")
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "something else lies there", str(target))
        copy.replace(target)
    finally:
        copy.unlink(missing_ok=True)


def _is_same(one: Path, other: Path) -> bool:
    if one.samefile(other):
        return True
    return one.stat().st_size == other.stat().st_size and _digest(one) == _digest(other)


def _digest(file: Path) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
