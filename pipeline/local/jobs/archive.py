"""The archives of models and outputs: tar files, compressed with gzip."""

from __future__ import annotations

import gzip
import os
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.errors import Finding, ImgpipeError

_LEVEL = 0
"""gzip's compression level: stored. Weights hardly shrink: of 190 MB of them level 1 leaves 92 % and takes
24 times as long (5.7 s against 0.24 s)."""

_HEADER_LIMIT = 64 * 1024 * 1024
"""Bytes read at once at most: tarfile reads some headers as a whole, and content in small pieces."""


@dataclass(frozen=True)
class Limits:
    """What an archive may hold.

    Attributes:
        members: Files and folders.
        ratio: Bytes unpacked for each byte of the archive; what is below `free_bytes` is always allowed.
        free_bytes: Bytes unpacked that any archive may have.
    """

    members: int = 100_000
    ratio: int = 200
    free_bytes: int = 1024**3


LIMITS = Limits()


class BadArchive(ImgpipeError):
    """An archive is damaged, or holds what must not be unpacked.

    Attributes:
        reason: What is wrong with it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(Finding("L412", "bad-archive", reason))
        self.reason = reason


def pack(folder: Path, archive: Path) -> int:
    """Pack the files and folders below a folder, as `pack_all` does."""
    return pack_all([folder], archive)


def pack_all(folders: Sequence[Path], archive: Path) -> int:
    """Pack the files and folders below some folders; the same content gives the same bytes.

    What has the same name in two folders is packed as it is in the first of them.

    Links to files are followed; links to folders and things that are neither file nor folder are left out.

    Returns:
        The number of files.

    Raises:
        OSError: A file cannot be read, or the archive cannot be written.
    """
    files = 0
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", dereference=True) as tar,
    ):
        for name, path in sorted(_merged(folders).items()):
            member = _anonymous(tar.gettarinfo(path, name))
            if member.isdir():
                tar.addfile(member)
            else:
                with path.open("rb") as content:
                    tar.addfile(member, content)
                files += 1
    return files


def unpack(archive: Path, folder: Path, limits: Limits = LIMITS) -> None:
    """Unpack an archive below a folder, which must exist.

    Raises:
        BadArchive: It is damaged, has a member that is no file or folder or lies outside, or is too large.
        OSError: A file cannot be written.
    """
    allowed = max(limits.free_bytes, archive.stat().st_size * limits.ratio)
    try:
        with _Bounded(archive) as raw, tarfile.open(fileobj=raw, mode="r:") as tar:
            _unpack_members(tar, folder, limits, allowed)
    except (tarfile.TarError, EOFError, ValueError, zlib.error, gzip.BadGzipFile) as error:
        raise BadArchive(f"it is not a whole tar.gz archive: {error}") from error


class _Bounded(gzip.GzipFile):
    """A gzip file that is never read in large pieces, which a forged header could ask for."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0 or size > _HEADER_LIMIT:
            raise tarfile.ReadError("a header is too long")
        return super().read(size)


def _unpack_members(tar: tarfile.TarFile, folder: Path, limits: Limits, allowed: int) -> None:
    total = 0
    for number, member in enumerate(tar, start=1):
        total += max(member.size, 0)
        if number > limits.members:
            raise BadArchive(f"it has more than {limits.members:,} members")
        if total > allowed:
            raise BadArchive(f"it unpacks to more than {allowed:,} bytes")
        _refuse(member)
        if member.name.strip("/") not in ("", "."):
            # tarfile's own filter is a second lock on the door, and takes off setuid bits and owners.
            tar.extract(member, folder, filter="data")


def _refuse(member: tarfile.TarInfo) -> None:
    name = member.name
    if name.startswith("/") or ".." in PurePosixPath(name).parts or "\0" in name:
        raise BadArchive(f"its member {name!r} leads out of the folder")
    if member.issym() or member.islnk():
        raise BadArchive(f"its member {name!r} is a link (to {member.linkname!r})")
    if not member.isfile() and not member.isdir():
        raise BadArchive(f"its member {name!r} is neither a file nor a folder")


def _merged(folders: Sequence[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        for path in _below(folder):
            found.setdefault(path.relative_to(folder).as_posix(), path)
    return found


def _below(folder: Path) -> list[Path]:
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not Path(root, name).is_symlink()]
        found += [Path(root, name) for name in folders]
        found += [path for path in (Path(root, name) for name in names) if path.is_file()]
    return sorted(found)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member
