"""RecordIO channels: one file that holds images and their classes.

Where its records begin is found by one pass over their headers, which costs no more than to read an .idx file
and needs none; images are then read in any order (https://mxnet.apache.org/versions/1.9.1/api/faq/recordio).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from steps.container import ProgramError
from steps.recordio import Place, RecordError, locate_records, read_record
from steps.train.problems import customer_error

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PackedImage:
    """An image in a RecordIO file: a Source.

    Attributes:
        parent: The file.
        number: Of its record in the file, from 0.
        offset: Where that begins, in bytes.
    """

    parent: Path
    number: int
    offset: int

    @property
    def name(self) -> str:
        """For messages."""
        return f"record {self.number} at byte {self.offset:,}"

    def read_bytes(self) -> bytes:
        """The image's file.

        Raises:
            RecordError: The record is damaged.
        """
        return read_record(self.parent, self.offset).content


def read(folder: Path, channel: str, num_classes: int) -> tuple[tuple[PackedImage, ...], tuple[int, ...]]:
    """The images of a channel's one .rec file, in its order, and their class indices.

    Args:
        folder: The channel.
        channel: Its name, for messages.
        num_classes: Class indices are below it.

    Raises:
        ProgramError: There is not one .rec file, it is damaged, or labels are wrong; tells the first of them.
    """
    _log.info("Searching for .rec files in %s.", folder)
    found = sorted(path for path in folder.iterdir() if path.suffix == ".rec")
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise _invalid(channel, [f"exactly one .rec file is needed in {folder}; found {names}"])
    try:
        images, classes, problems = _scan(found[0], num_classes)
    except RecordError as error:
        raise _invalid(channel, [str(error)]) from error
    if problems or not images:
        raise _invalid(channel, problems or [f"{found[0].name} has no record"])
    return tuple(images), tuple(classes)


def _scan(file: Path, num_classes: int) -> tuple[list[PackedImage], list[int], list[str]]:
    images: list[PackedImage] = []
    classes: list[int] = []
    problems: list[str] = []
    for number, place in enumerate(locate_records(file)):
        image = PackedImage(file, number, place.offset)
        try:
            classes.append(_class_index(place, num_classes))
        except ValueError as error:
            problems.append(f"{file.name}/{image.name}: {error}")
        images.append(image)
    return images, classes, problems


def _class_index(place: Place, num_classes: int) -> int:
    if len(place.labels) != 1:
        raise ValueError(f"{len(place.labels)} labels; one is needed")
    (label,) = place.labels
    if not label.is_integer() or not 0 <= label < num_classes:
        raise ValueError(f"class {label:g} is not one of 0 to {num_classes - 1} (num_classes={num_classes})")
    return int(label)


def _invalid(channel: str, problems: list[str]) -> ProgramError:
    return customer_error(f"Invalid RecordIO file in the {channel} channel", problems)
