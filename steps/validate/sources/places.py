"""What a file of a listing is taken for, by its path alone."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from steps.validate.sources.source import Entry

Place = Literal["class", "stray", "hidden", "marker", "link", "other", "folder", "closed"]
"""An image of a class; a file beside the class folders; what nobody meant to upload; a marker of an upload,
such as _SUCCESS; a symbolic link; neither file nor folder; the folder of a class; a folder that may not be
listed."""

_OS_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True)
class Placed:
    """Where a file belongs.

    Attributes:
        path: As listed; of something in a hidden folder, that folder's, which is told of once.
        place: What it is taken for.
        folder: The class; None outside of class folders.
    """

    path: str
    place: Place
    folder: str | None = None


def placed(entry: Entry) -> Placed | None:
    """Where an entry belongs, or None for a folder within a class, of which its files tell.

    The first folder under the source names the class, however deep the file lies. Files beside the class
    folders whose names begin with an underscore are markers of an upload.
    """
    parts = entry.path.split("/")
    for depth, part in enumerate(parts, 1):
        if part.startswith(".") or part.lower() in _OS_FILES:
            return Placed("/".join(parts[:depth]), "hidden")
    if entry.kind == "link":
        return Placed(entry.path, "link")
    if entry.kind == "other":
        return Placed(entry.path, "other")
    if entry.kind == "closed":
        return Placed(entry.path, "closed", parts[0])
    if entry.kind == "folder":
        return Placed(entry.path, "folder", parts[0]) if len(parts) == 1 else None
    if len(parts) > 1:
        return Placed(entry.path, "class", parts[0])
    return Placed(entry.path, "marker" if parts[0].startswith("_") else "stray")


def name_flaw(path: str) -> str | None:
    """Why a path cannot stand in a .lst file or be an object's key, or None."""
    if path.isprintable() and path[-1:] != " " and "//" not in path and path[:1] != "/":
        # A fast way out for nearly all; the last character may still be a space of another kind.
        return None if path.isascii() or path == path.rstrip() else "a space at the end of the name"
    if "\t" in path:
        return "a tab in the name"
    if "\n" in path or "\r" in path:
        return "a line break in the name"
    categories = {unicodedata.category(character) for character in path}
    if "Cc" in categories:
        return "a control character in the name"
    if "Cs" in categories:
        return "the name is not UTF-8"
    if "//" in path or path.startswith("/"):
        return "a folder without a name"
    # Readers of .lst files strip each line.
    return "a space at the end of the name" if path != path.rstrip() else None
