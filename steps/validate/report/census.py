"""What a data set is made of, in numbers that stay few however many images there are."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from steps.validate.images.facts import Channels
from steps.validate.images.sampling import sample_below
from steps.validate.ledger.ledger import Ledger
from steps.validate.lists.digest import Image, content_hash
from steps.validate.report.sizes import Sizes, measure_sizes
from steps.validate.report.statistics import Colours, measure_colours

_CHANNELS = struct.Struct("<7d")

_SPLITS = """
    SELECT split, count(*), count(*) FILTER (WHERE left_out IS NULL),
        coalesce(sum(size) FILTER (WHERE left_out IS NULL), 0)
    FROM files WHERE place = 'class' GROUP BY split
"""
_FORMATS = """
    SELECT format, count(*) FROM files
    WHERE place = 'class' AND left_out IS NULL AND format IS NOT NULL GROUP BY format ORDER BY format
"""
_SIZES = """
    SELECT width, height, count(*) FROM files
    WHERE place = 'class' AND left_out IS NULL AND width IS NOT NULL GROUP BY width, height
"""
_IMAGES = """
    SELECT split, path, digest FROM files
    WHERE place = 'class' AND left_out IS NULL ORDER BY split, path
"""
# In order, so that the last digits of the sums are the same in every run.
_SAMPLE = """
    SELECT channels FROM files
    WHERE split = 'train' AND place = 'class' AND left_out IS NULL AND channels IS NOT NULL AND digest < ?
    ORDER BY path
"""


@dataclass(frozen=True)
class SplitCount:
    """How many files a split has.

    Attributes:
        uri: Where they come from.
        files: Files in class folders.
        usable: Images among them that can be used.
        bytes: Of those images together.
    """

    uri: str
    files: int
    usable: int
    bytes: int


@dataclass(frozen=True)
class ClassSize:
    """How many images of a class can be used."""

    name: str
    train: int
    validation: int


@dataclass(frozen=True)
class Census:
    """A data set in numbers. All but `SplitCount.files` are of the images that can be used.

    Attributes:
        content_hash: See `steps.validate.lists.digest`.
        splits: By name, train first.
        classes: In the order of their indices, which is that of their names.
        formats: Number of images by format.
        sizes: None without images.
        colours: Of a sample of the training images; None without one.
    """

    content_hash: str
    splits: Mapping[str, SplitCount]
    classes: tuple[ClassSize, ...]
    formats: Mapping[str, int]
    sizes: Sizes | None
    colours: Colours | None


def take_census(ledger: Ledger) -> Census:
    """Counts what the checks left usable. Reads every row of the ledger, one at a time."""
    classes = _classes(ledger)
    return Census(
        content_hash=content_hash((one.name for one in classes), _images(ledger)),
        splits=_splits(ledger),
        classes=classes,
        formats=dict(ledger.query(_FORMATS)),
        sizes=measure_sizes(ledger.query(_SIZES)),
        colours=measure_colours(_sample(ledger)),
    )


def _splits(ledger: Ledger) -> dict[str, SplitCount]:
    found = {split: (files, usable, size) for split, files, usable, size in ledger.query(_SPLITS)}
    return {split: SplitCount(uri, *found.get(split, (0, 0, 0))) for split, uri in ledger.uris.items()}


def _classes(ledger: Ledger) -> tuple[ClassSize, ...]:
    usable = {(count.split, count.name): count.usable for count in ledger.counts()}
    names = sorted({name for _, name in usable})
    return tuple(
        ClassSize(name, usable.get(("train", name), 0), usable.get(("validation", name), 0)) for name in names
    )


def _images(ledger: Ledger) -> Iterator[Image]:
    # An image without a digest could not be read, and is used only if that is set to be ignored.
    rows = ledger.query(_IMAGES)
    return (Image(split, os.fsdecode(path), digest or b"") for split, path, digest in rows)


def _sample(ledger: Ledger) -> Iterator[Channels]:
    for (packed,) in ledger.query(_SAMPLE, sample_below(ledger)):
        pixels, *sums = _CHANNELS.unpack(packed)
        yield Channels(int(pixels), (sums[0], sums[1], sums[2]), (sums[3], sums[4], sums[5]))
