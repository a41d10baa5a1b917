"""A folder of images on this machine: in it one folder a split, in that one folder a class."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import Finding, UsageError

_OS_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"})
# Whoever renames files wants to see many of them, but nobody reads ten thousand lines.
_LISTED = 20
_EXAMPLES = 3

_Kind = Literal["folder", "file", "skipped", "bad-link"]


@dataclass(frozen=True)
class Split:
    """What lies in the folder of a split.

    Attributes:
        root: The folder.
        files: To upload: paths relative to the root with slashes, sorted.
        skipped: Hidden files and folders, those of operating systems, and what is neither file nor folder.
        classes: Names of the class folders, also of empty ones; sorted.
    """

    root: Path
    files: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def notes(self) -> list[str]:
        """What the user may not have meant, a sentence each."""
        filled = {path.partition("/")[0] for path in self.files if "/" in path}
        notes = [
            f"class folder {self.root / name} holds no files" for name in self.classes if name not in filled
        ]
        # A name such as _SUCCESS marks the end of an upload; the check of the images knows that.
        loose = [path for path in self.files if "/" not in path and not path.startswith("_")]
        if loose:
            notes.append(f"files outside any class folder under {self.root}: {_examples(loose)}")
        if self.skipped:
            notes.append(f"skipped hidden and system files under {self.root}: {_examples(self.skipped)}")
        return notes


def read_splits(folder: Path, names: Iterable[str]) -> dict[str, Split]:
    """Lists the splits of a folder without opening any file. Links are followed inside the folder.

    Raises:
        UsageError: A split holds no file, a name cannot go to S3, or a link leads out of the folder.
    """
    splits: dict[str, Split] = {}
    bad_links: list[str] = []
    empty: list[Finding] = []
    for name in names:
        found = _walk(folder / name, folder.resolve())
        bad_links += [f"{name}/{path}" for path in found["bad-link"]]
        classes = tuple(path for path in found["folder"] if "/" not in path)
        splits[name] = Split(folder / name, tuple(found["file"]), tuple(found["skipped"]), classes)
        if not found["file"] and not found["bad-link"]:
            empty.append(_no_files(folder, name))
    bad_names = [
        f"{name}/{path}" for name, split in splits.items() for path in split.files if not _is_usable(path)
    ]
    findings = [*empty, *_bad_names(bad_names), *_bad_links(bad_links)]
    if findings:
        raise UsageError(*findings)
    return splits


def _walk(root: Path, home: Path) -> Mapping[_Kind, list[str]]:
    found: dict[_Kind, list[str]] = {"folder": [], "file": [], "skipped": [], "bad-link": []}
    if _leads_out(root, home, frozenset()):
        found["bad-link"].append("")
    elif root.is_dir():
        for path, kind in _entries(root, "", home, frozenset()):
            found[kind].append(path)
    return {kind: sorted(paths) for kind, paths in found.items()}


def _entries(folder: Path, prefix: str, home: Path, above: frozenset[Path]) -> Iterator[tuple[str, _Kind]]:
    """Yields what lies in a folder and below it.

    Args:
        folder: Which.
        prefix: Its path relative to the split's root, with a slash at the end unless it is empty.
        home: The folder that no link may lead out of, without links.
        above: The folders on the way down, without links: a link to what holds one of them is a circle.
    """
    within = above | {folder.resolve()}
    for entry in os.scandir(folder):
        path, file = f"{prefix}{entry.name}", folder / entry.name
        if entry.name.startswith(".") or entry.name.lower() in _OS_FILES:
            yield path, "skipped"
        elif _leads_out(file, home, within):
            yield path, "bad-link"
        elif entry.is_dir():
            yield path, "folder"
            yield from _entries(file, f"{path}/", home, within)
        else:
            yield path, "file" if entry.is_file() else "skipped"


def _leads_out(path: Path, home: Path, within: frozenset[Path]) -> bool:
    """Whether a link leads out of the folder, in a circle or to nothing."""
    if not path.is_symlink():
        return False
    try:
        target = path.resolve(strict=True)
    # Python 3.11 and 3.12 tell of a link to itself by RuntimeError.
    except (OSError, RuntimeError):
        return True
    circle = any(folder.is_relative_to(target) for folder in within)
    return circle or not target.is_relative_to(home)


def _is_usable(path: str) -> bool:
    """Whether S3 and the lists of images, one a line with tabs between, can hold a name."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return not any(unicodedata.category(letter) == "Cc" for letter in path)


def _no_files(folder: Path, split: str) -> Finding:
    return Finding(
        "R204",
        "no-images",
        f"{folder / split} holds no files",
        hint=f"lay images out as {folder}/train/CLASS/x.jpg and {folder}/validation/CLASS/y.jpg",
    )


def _bad_names(paths: Sequence[str]) -> Iterator[Finding]:
    if paths:
        yield Finding(
            "R207",
            "bad-name",
            "the list of images cannot hold names with control characters, S3 none that are not UTF-8",
            details=_listed(paths),
            hint="rename them",
        )


def _bad_links(paths: Sequence[str]) -> Iterator[Finding]:
    if paths:
        yield Finding(
            "R208",
            "bad-link",
            "symbolic links lead out of the folder, in a circle or to nothing",
            details=_listed([path.removesuffix("/") for path in paths]),
            hint="replace each by what it should stand for; `cp -rL DIR COPY` makes a copy without links",
        )


def _listed(paths: Sequence[str]) -> tuple[tuple[str, str], ...]:
    lines = [_shown(path) for path in paths[:_LISTED]]
    if len(paths) > _LISTED:
        lines.append(f"… and {len(paths) - _LISTED:,} more")
    return tuple(("files" if number == 0 else "", line) for number, line in enumerate(lines))


def _examples(paths: Sequence[str]) -> str:
    more = f", … ({len(paths):,} in all)" if len(paths) > _EXAMPLES else ""
    return ", ".join(_shown(path) for path in paths[:_EXAMPLES]) + more


def _shown(path: str) -> str:
    """A name that a terminal can show: what cannot be printed is escaped."""
    return repr(path)[1:-1]
