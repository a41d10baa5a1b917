"""An image file once it was decoded, and the reason where it was not."""

from __future__ import annotations

import re
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

from steps.validate.images.facts import NO_TRAITS, Flaw, Trait
from steps.validate.wording import grouped, shortened

MAX_PIXELS = 100_000_000
"""More is refused before decoding: 100 megapixels are 300 MB in memory, and no camera of today makes more."""

LEAST_SIDE = 64
"""Pixels of the shorter side of `Raster.grey` at least: fewer no longer show whether an image is blurred."""

_PNG_HEADER_BYTES = 33
_LONGEST_MESSAGE = 200
_MISTAKES = (AttributeError, NameError, ImportError, AssertionError, TypeError)


class Raster(NamedTuple):
    """An image that was decoded to its end.

    Attributes:
        width: In pixels.
        height: In pixels.
        grey: The image in grey (mode L), JPEG scaled down by 1, 2, 4 or 8 while no side is below LEAST_SIDE.
        traits: What is unusual about it.
        frames: How many images the file holds.
    """

    width: int
    height: int
    grey: Image.Image
    traits: Trait = NO_TRAITS
    frames: int = 1


class Refused(Exception):
    """The image cannot be used.

    Attributes:
        flaw: Why.
    """

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.reason)
        self.flaw = flaw


def unreadable(reason: str) -> Refused:
    """The error for an image that cannot be decoded."""
    return Refused(Flaw("unreadable-image", shortened(reason, _LONGEST_MESSAGE)))


def truncated(size: int) -> Refused:
    """The error for a file that ends too early, after `size` bytes."""
    return unreadable(f"truncated at byte {grouped(size)}")


def refuse_bomb(width: int, height: int) -> None:
    """Raises Refused for an image of more than MAX_PIXELS."""
    if width * height > MAX_PIXELS:
        raise Refused(Flaw("image-too-large", f"over {grouped(MAX_PIXELS)} pixels"))


def reduction(width: int, height: int, least: int) -> int:
    """By how much to scale an image down so that no side falls below `least` pixels: 1, 2, 4 or 8."""
    most = min(width, height) // least
    return 8 if most >= 8 else 4 if most >= 4 else 2 if most >= 2 else 1


def is_mistake(error: Exception) -> bool:
    """Whether it is a mistake of this program, which must not pass for a damaged image."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = trace.tb_frame.f_globals.get("__name__", "") if trace else ""
    return isinstance(error, _MISTAKES) and place.startswith("steps.")


def refusal(error: Exception, found: str, size: int) -> Refused:
    """What an error of a decoder says of a file of the format `found` and `size` bytes."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, Image.DecompressionBombError):
        return Refused(Flaw("image-too-large", f"over {grouped(MAX_PIXELS)} pixels"))
    if isinstance(error, MemoryError):
        return unreadable("decoding it takes more memory than one image may take")
    if re.search("truncated", str(error), re.IGNORECASE) or size < _PNG_HEADER_BYTES:
        return truncated(size)
    if isinstance(error, UnidentifiedImageError):
        return unreadable(f"damaged {found} header")
    return unreadable(f"damaged {found}: {str(error) or type(error).__name__}")
