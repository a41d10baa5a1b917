"""Decodes PNG strictly by Pillow."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from steps.validate.images.facts import NO_TRAITS, Trait
from steps.validate.images.metadata import orientation
from steps.validate.images.raster import Raster, reduction, refuse_bomb, truncated, unreadable

_SIGNATURE_BYTES = 8
_HEADER = ">IIBB"
_PALETTE = 3
_OPAQUE = 255


@dataclass(frozen=True)
class _Chunks:
    """What the chunks of a PNG tell.

    Attributes:
        depth: Bits of a value.
        colour: The colour type; 3 is a palette.
        frames: Images of an animation; 1 without one.
        rotated: The EXIF orientation is another than the ordinary one.
    """

    width: int
    height: int
    depth: int
    colour: int
    frames: int
    rotated: bool


def decode(data: bytes) -> Raster:
    """Decodes the whole file, in grey and full size.

    Raises:
        Refused: It is damaged or too large.
        Exception: Whatever else Pillow raises for a damaged file.
    """
    chunks = _read_chunks(data)
    traits = NO_TRAITS
    if chunks.depth == 16:
        traits |= Trait.SIXTEEN_BIT
    if chunks.colour == _PALETTE:
        traits |= Trait.PALETTE
    if chunks.rotated:
        traits |= Trait.ROTATED
    if chunks.frames > 1:
        traits |= Trait.ANIMATED
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        refuse_bomb(*image.size)
        if b"fdAT" in data:
            _verify(data)
        image.load()
        if _is_transparent(image):
            traits |= Trait.TRANSPARENT
        return Raster(image.width, image.height, _grey(image), traits, chunks.frames)


def colours(data: bytes, least: int) -> Image.Image:
    """An undamaged PNG in red, green and blue, scaled down as a JPEG of its size is."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        image.load()
        return _eight_bits(image).convert("RGB").reduce(reduction(*image.size, least))


def _read_chunks(data: bytes) -> _Chunks:
    """Walks through all chunks: decoding alone misses a lost end and wrong checksums.

    OpenCV, which the algorithm uses, does not.
    """
    position, size = _SIGNATURE_BYTES, len(data)
    width = height = depth = colour = 0
    frames, rotated = 1, False
    kind = b""
    missing = {b"IHDR", b"IDAT"}
    while kind != b"IEND":
        if position + 12 > size:
            raise truncated(size)
        length, kind = struct.unpack_from(">I4s", data, position)
        start, end = position + 8, position + 8 + length
        if end + 4 > size:
            raise truncated(size)
        if zlib.crc32(memoryview(data)[position + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise unreadable(f"damaged PNG: broken PNG file (wrong checksum of {kind!r})")
        if kind == b"IHDR" and length >= struct.calcsize(_HEADER):
            width, height, depth, colour = struct.unpack_from(_HEADER, data, start)
            refuse_bomb(width, height)
            missing |= {b"PLTE"} if colour == _PALETTE else set()
        elif kind == b"acTL" and length >= 4:
            frames = max(1, int.from_bytes(data[start : start + 4], "big"))
        elif kind == b"eXIf":
            rotated = orientation(data[start:end]) > 1
        missing.discard(kind)
        if missing and kind in (b"IDAT", b"IEND"):
            # Pillow takes the frames of an animation for the image itself, and does without a palette.
            raise unreadable(f"damaged PNG: no {min(missing).decode()} where it belongs")
        position = end + 4
    return _Chunks(width, height, depth, colour, frames, rotated)


def _verify(data: bytes) -> None:
    """Lets Pillow look at the order of the frames of an animation, which it decodes the first of only."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        image.verify()


def _is_transparent(image: Image.Image) -> bool:
    if image.mode in ("RGBA", "LA", "PA"):
        return _least(image.getchannel("A")) < _OPAQUE
    if "transparency" in image.info:
        return _least(image.convert("RGBA").getchannel("A")) < _OPAQUE
    return False


def _least(channel: Image.Image) -> float:
    least = channel.getextrema()[0]
    assert isinstance(least, int | float)
    return least


def _grey(image: Image.Image) -> Image.Image:
    return image if image.mode == "L" else _eight_bits(image).convert("L")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pillow cuts off what exceeds eight bits of a grey value, where it should scale."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
