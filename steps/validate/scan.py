"""Lists a prefix of images: one folder a class."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_OS_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True)
class ClassFolder:
    """The files of one class.

    Attributes:
        name: The folder's name, which is the label.
        files: Paths relative to the split's root, sorted, such as cat/1.jpg or cat/tabby/2.jpg.
    """

    name: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """What lies under one prefix.

    Attributes:
        name: "train" or "validation".
        uri: Where the files come from, for messages and for the manifest.
        root: The folder that holds them.
        classes: Sorted by name.
        strays: Files beside the class folders, and what is neither file nor folder.
        hidden: Hidden files and files of operating systems, which nobody meant to upload.
    """

    name: str
    uri: str
    root: Path
    classes: tuple[ClassFolder, ...]
    strays: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """All files of all classes, sorted by path."""
        return tuple(sorted(path for folder in self.classes for path in folder.files))


def scan_split(name: str, uri: str, root: Path) -> Split:
    """Lists a split without opening any file. A root that does not exist is an empty split.

    The first folder under the root names the class, however deep the file lies. Files beside the class
    folders whose names begin with an underscore (_READY, _SUCCESS) are markers of an upload and left out.
    """
    classes: dict[str, list[str]] = {}
    strays: list[str] = []
    hidden: list[str] = []
    for path, kind in _walk(root, "") if root.is_dir() else ():
        parts = PurePosixPath(path).parts
        if _is_hidden(parts[-1]):
            hidden.append(path)
        elif kind == "folder":
            classes.setdefault(parts[0], [])
        elif kind == "file" and len(parts) > 1:
            classes[parts[0]].append(path)
        elif kind == "other" or not parts[0].startswith("_"):
            strays.append(path)
    return Split(
        name=name,
        uri=uri,
        root=root,
        classes=tuple(ClassFolder(key, tuple(sorted(files))) for key, files in sorted(classes.items())),
        strays=tuple(sorted(strays)),
        hidden=tuple(sorted(hidden)),
    )


def _walk(root: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Yields (relative path, "folder" | "file" | "other"), a folder before what is in it."""
    with os.scandir(root) as entries:
        for entry in entries:
            path = f"{prefix}{entry.name}"
            # A link to a folder may lead round in a circle; one to a file is how local jobs save a copy.
            if entry.is_dir(follow_symlinks=False):
                yield path, "folder"
                if not _is_hidden(entry.name):
                    yield from _walk(root / entry.name, f"{path}/")
            else:
                yield path, "file" if entry.is_file() else "other"


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _OS_FILES
