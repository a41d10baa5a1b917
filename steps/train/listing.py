"""The .lst files: which image is of which class.

One line an image: index, class index and path relative to the image channel, separated by tabs
(https://docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from steps.container import ProgramError
from steps.train.problems import customer_error

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One image.

    Attributes:
        path: Relative to the channel of images, with slashes.
        class_index: From 0.
    """

    path: str
    class_index: int


def read(folder: Path, images: Path, channel: str, num_classes: int) -> tuple[Entry, ...]:
    """Read the one .lst file of a channel, in its order.

    Args:
        folder: The channel of the list.
        images: The channel of the images.
        channel: The name of the channel of images, for messages.
        num_classes: Class indices are below it.

    Raises:
        ProgramError: There is not one .lst file, or lines of it are wrong; the text has the first of them.
    """
    _log.info("Searching for .lst files in %s.", folder)
    found = sorted(path for path in folder.iterdir() if path.suffix == ".lst")
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise _invalid(channel, [f"exactly one .lst file is needed in {folder}; found {names}"])
    try:
        text = found[0].read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _invalid(channel, [f"{found[0].name} is not UTF-8: {error}"]) from error
    entries, problems = [], []
    for number, line in _lines(text):
        try:
            entries.append(_entry(line, images, num_classes))
        except ValueError as error:
            problems.append(f"line {number}: {error}")
    if problems or not entries:
        raise _invalid(channel, problems or [f"{found[0].name} lists no image"])
    return tuple(entries)


def beside(records: Path, classes: Sequence[int], num_classes: int) -> tuple[Entry, ...]:
    """The list that a RecordIO file was packed from: it has its name, and the same classes in the same order.

    Args:
        records: The file.
        classes: The class indices in it.
        num_classes: They are below it.

    Returns:
        Nothing where there is no such list: it is only asked for names.
    """
    try:
        text = records.with_suffix(".lst").read_text(encoding="utf-8")
        entries = tuple(_columns(line, num_classes) for _, line in _lines(text))
    except (OSError, ValueError):
        return ()
    return entries if [one.class_index for one in entries] == list(classes) else ()


def labels(entries: Iterable[Entry], num_classes: int) -> tuple[str, ...]:
    """The classes' names: the folder that all images of a class lie in, and no image of another class.

    Where the folders do not tell, the name is the class index.
    """
    folders: dict[int, set[str]] = defaultdict(set)
    classes: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        folder = PurePosixPath(entry.path).parent.name
        folders[entry.class_index].add(folder)
        classes[folder].add(entry.class_index)

    def name(index: int) -> str:
        names = folders[index]
        folder = next(iter(names), "")
        return folder if folder and len(names) == 1 and len(classes[folder]) == 1 else str(index)

    return tuple(name(index) for index in range(num_classes))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not empty and their numbers, from 1."""
    # Not splitlines(): the names of files may hold the other line separators of Unicode.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _entry(line: str, images: Path, num_classes: int) -> Entry:
    entry = _columns(line, num_classes)
    path = PurePosixPath(entry.path)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"path '{entry.path}' leads out of the channel")
    if not (images / path).is_file():
        raise ValueError(f"no file '{entry.path}' in the channel")
    return entry


def _columns(line: str, num_classes: int) -> Entry:
    columns = line.split("\t")
    if len(columns) != 3:
        raise ValueError(f"{len(columns)} columns; index, class and path separated by tabs are needed")
    _, class_text, path = columns
    return Entry(path, _class_index(class_text, num_classes))


def _class_index(text: str, num_classes: int) -> int:
    try:
        value = float(text)  # im2rec writes 1.000000
    except ValueError:
        value = -1.0
    if not value.is_integer() or not 0 <= value < num_classes:
        raise ValueError(f"class '{text}' is not one of 0 to {num_classes - 1} (num_classes={num_classes})")
    return int(value)


def _invalid(channel: str, problems: list[str]) -> ProgramError:
    return customer_error(f"Invalid lst file in the {channel} channel", problems)
