"""What the channels hold: which images, and of which classes; whatever their format, the same to training."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from steps.train import listing, records
from steps.train.channels import Channels, Lists
from steps.train.images import Source


@dataclass(frozen=True)
class Split:
    """The images of a channel.

    Attributes:
        images: Where they are, in the order of the list or the file.
        classes: Their class indices.
    """

    images: tuple[Source, ...]
    classes: tuple[int, ...]


@dataclass(frozen=True)
class Inventory:
    """The images of a job and the names of their classes."""

    train: Split
    validation: Split
    labels: tuple[str, ...]


def read(where: Channels, num_classes: int) -> Inventory:
    """The lists, or the labels in the records. No image is read.

    Raises:
        ProgramError: They cannot be used.
    """
    if where.lists is None:
        return _packed(where, num_classes)
    return _listed(where, where.lists, num_classes)


def _packed(where: Channels, num_classes: int) -> Inventory:
    train = records.read(where.train, "train", num_classes)
    validation = records.read(where.validation, "validation", num_classes)
    # A record has no path that could tell the name of its class.
    lists = (
        listing.beside(images[0].parent, classes, num_classes) for images, classes in (train, validation)
    )
    names = listing.labels(chain.from_iterable(lists), num_classes)
    return Inventory(Split(*train), Split(*validation), names)


def _listed(where: Channels, lists: Lists, num_classes: int) -> Inventory:
    train = listing.read(lists.train, where.train, "train", num_classes)
    validation = listing.read(lists.validation, where.validation, "validation", num_classes)
    return Inventory(
        _split(where.train, train),
        _split(where.validation, validation),
        listing.labels([*train, *validation], num_classes),
    )


def _split(folder: Path, entries: tuple[listing.Entry, ...]) -> Split:
    return Split(tuple(folder / one.path for one in entries), tuple(one.class_index for one in entries))
