"""Reads one image file as the algorithm would, and says what is wrong with it."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from steps.validate.facts import Flaw
from steps.validate.formats import HEAD_BYTES, found_format
from steps.validate.wording import grouped

MAX_PIXELS = 100_000_000
"""More is refused before decoding: 100 megapixels are 300 MB in memory, and no camera of today makes more."""

_TAKEN = ("JPEG", "PNG")
# A broken download often leaves a file of full length that ends in zeros. Decoders take them for data.
_ZERO_TAIL = bytes(16)
_JPEG_END = b"\xff\xd9"
_PNG_HEADER_BYTES = 33


def inspect_image(path: Path, smallest: tuple[int, int] | None) -> Flaw | None:
    """Decodes a whole image and returns its flaw, or None when it can be used.

    Args:
        path: The file, JPEG or PNG by its content; the suffix does not matter.
        smallest: Least (width, height) in pixels, or None when any size will do.
    """
    try:
        with path.open("rb") as file:
            return _inspect(file, os.fstat(file.fileno()).st_size, smallest)
    except OSError as error:
        return Flaw("unreadable-image", f"cannot be read: {error.strerror or error}")


def looks_like_image(path: Path) -> bool:
    """Whether a file begins as a JPEG or PNG does."""
    try:
        with path.open("rb") as file:
            return found_format(file.read(HEAD_BYTES)) in _TAKEN
    except OSError:
        return False


def _inspect(file: BinaryIO, size: int, smallest: tuple[int, int] | None) -> Flaw | None:
    if size == 0:
        return Flaw("unreadable-image", "zero bytes")
    found = found_format(file.read(HEAD_BYTES))
    if found is None:
        return Flaw("unreadable-image", "not an image")
    if found not in _TAKEN:
        return Flaw("unsupported-format", found)
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata, which no algorithm reads.
            warnings.simplefilter("ignore")
            return _decode(file, found, smallest) or _find_zero_tail(file, found, size)
    except Image.DecompressionBombError:
        return Flaw("image-too-large", f"over {grouped(MAX_PIXELS)} pixels")
    # Decoders raise anything at all on mutilated bytes (struct.error, IndexError, SyntaxError), and one file
    # must not end the check of a million.
    except Exception as error:
        return Flaw("unreadable-image", _damage(error, found, size))


def _decode(file: BinaryIO, found: str, smallest: tuple[int, int] | None) -> Flaw | None:
    if found == "PNG":
        # Decoding alone misses a lost end and wrong checksums; OpenCV, which the algorithm uses, does not.
        file.seek(0)
        with Image.open(file, formats=[found]) as image:
            _refuse_bomb(image)
            image.verify()
        # The walk through the chunks ends at the name of the last one; its checksum follows.
        if len(file.read(4)) < 4:
            raise EOFError("truncated")
    file.seek(0)
    with Image.open(file, formats=[found]) as image:
        _refuse_bomb(image)
        width, height = image.size
        # A JPEG's coded data is read to its end at any scale. Grey at 1/8 is 1.6 times as fast as full size,
        # and found the same files as full size among 6,000 mutilated ones.
        image.draft("L", (1, 1))
        image.load()
    if smallest is not None and (width < smallest[0] or height < smallest[1]):
        return Flaw("image-too-small", f"{width}x{height}, at least {smallest[0]}x{smallest[1]}")
    return None


def _refuse_bomb(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Image.DecompressionBombError


def _find_zero_tail(file: BinaryIO, found: str, size: int) -> Flaw | None:
    if found != "JPEG" or size < len(_ZERO_TAIL):
        return None
    file.seek(-len(_ZERO_TAIL), os.SEEK_END)
    if file.read() != _ZERO_TAIL:
        return None
    file.seek(0)
    data = file.read().rstrip(b"\x00")
    # Zeros behind the end marker are padding and do no harm.
    if data.endswith(_JPEG_END):
        return None
    return Flaw("unreadable-image", f"only zeros from byte {grouped(len(data))} on")


def _damage(error: Exception, found: str, size: int) -> str:
    if re.search("truncated", str(error), re.IGNORECASE) or size < _PNG_HEADER_BYTES:
        return f"truncated at byte {grouped(size)}"
    if isinstance(error, UnidentifiedImageError):
        return f"damaged {found} header"
    return f"damaged {found}: {str(error) or type(error).__name__}"
