"""Images that decode, but not to what one would expect."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from steps.validate.checks.family import Found
from steps.validate.findings import Culprit
from steps.validate.images.facts import Trait
from steps.validate.ledger.ledger import Ledger
from steps.validate.settings import Settings
from steps.validate.wording import grouped

LONGEST_SIDE = 4
"""A panorama is up to 3 times as wide as high; of a longer one a square crop shows less than a quarter."""

MOST_ENLARGED = 4
"""Images are told of that `resize` enlarges more than so many times."""

_TOLD: Mapping[Trait, tuple[str, str]] = MappingProxyType(
    {
        Trait.WRONG_EXTENSION: ("wrong-extension", "{format} by its content"),
        Trait.ANIMATED: ("animated-image", "{frames} frames"),
        Trait.CMYK: ("cmyk-image", "CMYK colours"),
        Trait.TRANSPARENT: ("transparent-image", "not fully opaque"),
        Trait.SIXTEEN_BIT: ("sixteen-bit-image", "16 bits a channel"),
        Trait.PALETTE: ("palette-image", "colours of a palette"),
        Trait.ROTATED: ("rotated-image", "turned by its EXIF orientation"),
    }
)
_WITH_TRAITS = """
    SELECT split, path, traits, format, frames FROM files
    WHERE traits != 0 AND flaw IS NULL AND place = 'class'
    ORDER BY split, path
"""
_EXTREME = """
    SELECT split, path, width, height FROM files
    WHERE (width > ?1 * height OR height > ?1 * width) AND flaw IS NULL AND place = 'class'
    ORDER BY split, path
"""
_SMALL = """
    SELECT split, path, width, height FROM files
    WHERE min(width, height) * ?1 < ?2 AND flaw IS NULL AND place = 'class'
    ORDER BY split, path
"""


def find_traits(ledger: Ledger) -> Iterator[Found]:
    """Everything of `Trait`."""
    for split, path, traits, form, frames in ledger.query(_WITH_TRAITS):
        for trait, (check, reason) in _TOLD.items():
            if traits & trait:
                told = reason.format(format=form, frames=grouped(frames))
                yield Found(check, Culprit(split, os.fsdecode(path), told))


def find_extreme_aspects(ledger: Ledger) -> Iterator[Found]:
    """Images that are far longer in one direction than in the other."""
    for split, path, width, height in ledger.query(_EXTREME, LONGEST_SIDE):
        yield Found("extreme-aspect", Culprit(split, os.fsdecode(path), f"{width}x{height}"))


def find_enlarged(ledger: Ledger, settings: Settings) -> Iterator[Found]:
    """Images that scaling makes many times larger. Without scaling they are too small if anything."""
    resize = settings.resize
    if resize is None:
        return
    for split, path, width, height in ledger.query(_SMALL, MOST_ENLARGED, resize):
        reason = f"{width}x{height}, enlarged to {resize}"
        yield Found("enlarged-image", Culprit(split, os.fsdecode(path), reason))
