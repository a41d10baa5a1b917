"""The images of a split in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from steps.container import ProgramError
from steps.validate.images.facts import Flaw
from steps.validate.sources.source import Entry, Kind

# Without O_NONBLOCK, a pipe that took the place of a file since it was listed would block for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class FolderSource:
    """A folder, which may have come from a prefix of S3. A folder that does not exist has no entries.

    Attributes:
        uri: Where the files come from, for messages and manifests.
        root: The folder.
        report_links: Whether links to files are told as links. The inputs of a job may be links themselves.
    """

    uri: str
    root: Path
    report_links: bool = False

    def entries(self) -> Iterator[Entry]:
        """See Source. What is in a hidden folder is not told, nor what is behind a link to a folder."""
        if self.root.is_dir():
            yield from self._walk(str(self.root), "")

    def open(self) -> FolderReader:
        """See Source."""
        return FolderReader(self.root)

    def _walk(self, folder: str, path: str) -> Iterator[Entry]:
        try:
            with os.scandir(folder) as found:
                if path:
                    yield Entry(path, "folder", 0, "")
                below: list[str] = []
                for item in found:
                    if item.is_dir(follow_symlinks=False) and not item.name.startswith("."):
                        below.append(item.name)
                    else:
                        yield self._entry(item, f"{path}/" if path else "")
        except FileNotFoundError:
            # It has just vanished, with all that was in it.
            return
        except OSError as error:
            if path and isinstance(error, PermissionError):
                yield Entry(path, "closed", 0, "closed")
                return
            raise ProgramError(
                f"{folder} cannot be listed: {error.strerror or error}\n"
                "  hint: allow the user that this runs as to read the folder and all below it"
            ) from error
        # Only now, so that no more than one folder is open at a time, however deep they lie.
        for name in below:
            yield from self._walk(os.path.join(folder, name), f"{path}/{name}" if path else name)  # noqa: PTH118 bytes

    def _entry(self, item: os.DirEntry[str], prefix: str) -> Entry:
        kind = self._kind(item)
        if kind == "link":
            return Entry(f"{prefix}{item.name}", kind, 0, "folder" if _leads_to_folder(item) else "")
        if kind != "file":
            return Entry(f"{prefix}{item.name}", kind, 0, "")
        try:
            told = item.stat()
        except (FileNotFoundError, PermissionError):
            # It has just vanished, or its folder may be listed but not entered; reading it will tell so.
            return Entry(f"{prefix}{item.name}", "file", 0, "")
        return Entry(f"{prefix}{item.name}", "file", told.st_size, version_of(told))

    def _kind(self, item: os.DirEntry[str]) -> Kind:
        if item.is_dir(follow_symlinks=False):
            return "folder"
        if self.report_links and item.is_symlink():
            return "link"
        # A link to a folder may lead round in a circle; one to a file is how local jobs save a copy.
        try:
            return "file" if item.is_file() else "other"
        except OSError:
            # A link that leads to itself.
            return "other"


@dataclass(frozen=True)
class FolderReader:
    """Reads files of a folder."""

    root: Path

    def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
        """See Reader. They are read one after the other."""
        root = os.fspath(self.root)
        for entry in entries:
            try:
                yield _read(f"{root}/{entry.path}", entry)
            except FileNotFoundError:
                yield Flaw("changed-while-scanning", "vanished after it was listed")
            except PermissionError as error:
                yield Flaw("no-permission", f"cannot be read: {error.strerror}")
            except OSError as error:
                yield Flaw("unreadable-image", f"cannot be read: {error.strerror or error}")


def _read(path: str, entry: Entry) -> bytes | Flaw:
    descriptor = os.open(path, _FLAGS)
    try:
        parts = []
        left = entry.size
        while left and (part := os.read(descriptor, left)):
            parts.append(part)
            left -= len(part)
        # After reading, so that a file which is written to all the while is told too.
        if left or not is_version(os.fstat(descriptor), entry.version):
            return Flaw("changed-while-scanning", "changed after it was listed")
    finally:
        os.close(descriptor)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def version_of(told: os.stat_result) -> str:
    """The version of a file, as entries have it.

    Programs that keep the size and set the time back, such as `cp -p` and rsync, cannot set back the time of
    the last change to the inode. A file of several names has another one whenever it gets or loses a name;
    of such a file the inode counts instead.
    """
    own = f"c{told.st_ctime_ns}" if told.st_nlink == 1 else f"i{told.st_ino}"
    return f"{told.st_mtime_ns}-{told.st_size}-{own}"


def is_version(told: os.stat_result, version: str) -> bool:
    """Whether a file is still of a version. That it got or lost a name meanwhile is no change."""
    now = version_of(told)
    if now == version:
        return True
    (content, _, own), (before, _, owned) = now.rpartition("-"), version.rpartition("-")
    return content == before and own[:1] != owned[:1]


def _leads_to_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        # It leads to itself, or to where nobody may look.
        return False
