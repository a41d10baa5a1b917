"""Decodes JPEG strictly: by simplejpeg where it is installed, else by Pillow, to the same pixels."""

from __future__ import annotations

import importlib
import importlib.util
import io
import re
from itertools import pairwise
from types import ModuleType

from PIL import Image

from steps.validate.images.facts import NO_TRAITS, Trait
from steps.validate.images.gaps import zero_gap
from steps.validate.images.metadata import coded_end, jpeg_end, jpeg_metadata, jpeg_segments
from steps.validate.images.raster import (
    LEAST_SIDE,
    Raster,
    is_mistake,
    reduction,
    refuse_bomb,
    truncated,
    unreadable,
)
from steps.validate.wording import grouped


def _installed() -> ModuleType | None:
    # AWS's scikit-learn image has none.
    return importlib.import_module("simplejpeg") if importlib.util.find_spec("simplejpeg") else None


TURBO = _installed()
"""simplejpeg, where it is installed: it takes two thirds of Pillow's time."""

_GREY_OR_COLOUR = frozenset({"Gray", "YCbCr", "RGB"})
# What libjpeg warns of when coded data is damaged. Its other warnings are of files that are odd, but whole.
_DAMAGE = re.compile("premature end|bad huffman|bad arithmetic|found marker", re.IGNORECASE)
_SOS = 0xDA
# One for each colour, or of a progressive one those that all the pixels depend on.
_FIRST_SCANS = 4
_GREYS = frozenset({127, 128})
# Without 0xFF, which would begin a marker. The image may need whole blocks of it to change.
_MORE = bytes(range(1, 255)) * 4
# A broken download often leaves a file of full length that ends in zeros. Decoders take them for data.
_ZERO_TAIL = bytes(16)


def decode(data: bytes) -> Raster:
    """Decodes the whole file, in grey and scaled down: coded data is read to its end at any scale.

    Raises:
        Refused: It is damaged or too large.
        Exception: Whatever else Pillow raises for a damaged file.
    """
    raster, warning = _by_turbo(data, TURBO) if TURBO else (None, "")
    if raster is None:
        _refuse_zeros(data)
        raster = _by_pillow(data)
        _refuse_wrong_end(data)
        if _DAMAGE.search(warning):
            raise unreadable(f"damaged JPEG: {warning}")
    if gap := zero_gap(data):
        raise unreadable(f"only zeros from byte {grouped(gap)} on")
    told = jpeg_metadata(data)
    if told.odd:
        # Not all programs that train read as much into it as libjpeg does.
        _by_pillow(data)
    if told.rotated:
        raster = raster._replace(traits=raster.traits | Trait.ROTATED)
    if told.several and (frames := _frames(data)) > 1:
        raster = raster._replace(traits=raster.traits | Trait.ANIMATED, frames=frames)
    return raster


def colours(data: bytes, least: int) -> Image.Image:
    """An undamaged JPEG in red, green and blue, scaled down while no side is below `least` pixels."""
    if TURBO:
        height, width, space, _ = TURBO.decode_jpeg_header(data, strict=False)
        if space in _GREY_OR_COLOUR:
            scale = reduction(width, height, least)
            pixels = TURBO.decode_jpeg(
                data, "RGB", min_height=-(-height // scale), min_width=-(-width // scale), strict=False
            )
            return Image.frombuffer("RGB", pixels.shape[1::-1], pixels, "raw", "RGB", 0, 1)
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        image.draft("RGB", (least, least))
        return image.convert("RGB")


def _by_turbo(data: bytes, turbo: ModuleType) -> tuple[Raster | None, str]:
    """The image, or None and what the decoder says where Pillow has to judge."""
    try:
        height, width, space, _ = turbo.decode_jpeg_header(data)
        if space not in _GREY_OR_COLOUR:
            return None, ""
        refuse_bomb(width, height)
        scale = reduction(width, height, LEAST_SIDE)
        # Strict: an error where libjpeg would only warn that data is damaged or missing.
        pixels = turbo.decode_jpeg(data, "GRAY", min_height=-(-height // scale), min_width=-(-width // scale))
    except ValueError as error:
        return None, str(error)
    grey = Image.frombuffer("L", pixels.shape[1::-1], pixels, "raw", "L", 0, 1)
    return Raster(width, height, grey), ""


def _by_pillow(data: bytes) -> Raster:
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        width, height = image.size
        refuse_bomb(width, height)
        traits = Trait.CMYK if image.mode == "CMYK" else NO_TRAITS
        image.draft("L", (LEAST_SIDE, LEAST_SIDE))
        image.load()
        if _ends_grey(image) and _lacks_data(data, image):
            raise unreadable("damaged JPEG: its coded data ends too early")
        return Raster(width, height, image if image.mode == "L" else image.convert("L"), traits)


def _ends_grey(image: Image.Image) -> bool:
    """Whether the last pixel is of the grey that libjpeg puts where data is missing."""
    last = image.getpixel((image.width - 1, image.height - 1))
    return {last} <= _GREYS if isinstance(last, int | float) else set(last or ()) <= _GREYS


def _lacks_data(data: bytes, image: Image.Image) -> bool:
    """Whether the image changes when more coded data follows in its first scans: then they lack some."""
    ends = [coded_end(data, end) for marker, _, end in jpeg_segments(data) if marker == _SOS]
    places = [0, *ends[:_FIRST_SCANS], len(data)]
    longer = _MORE.join(data[start:end] for start, end in pairwise(places))
    with Image.open(io.BytesIO(longer), formats=["JPEG"]) as other:
        other.draft("L", (LEAST_SIDE, LEAST_SIDE))
        return other.tobytes() != image.tobytes()


def _refuse_zeros(data: bytes) -> None:
    if data.endswith(_ZERO_TAIL) and jpeg_end(data) != "whole":
        raise unreadable(f"only zeros from byte {grouped(len(data.rstrip(bytes(1))))} on")


def _refuse_wrong_end(data: bytes) -> None:
    """Finds what Pillow passes: it takes garbage for coded data."""
    end = jpeg_end(data)
    if end == "cut":
        raise truncated(len(data))
    if end == "damaged":
        raise unreadable("damaged JPEG: its coded data does not end with an end marker")


def _frames(data: bytes) -> int:
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            return int(getattr(image, "n_frames", 1))
    # Pillow raises anything at all on a broken list of images.
    except Exception as error:
        if is_mistake(error):
            raise
        # The first image is whole, and no algorithm looks at the others.
        return 1
