"""What the bytes of an image file tell without decoding: rotation, further images, where it ends."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_SOI_BYTES = 2
_PREFIX = 0xFF
_APP1, _APP2, _SOS, _EOI = 0xE1, 0xE2, 0xDA, 0xD9
_TEMPORARY = 0x01
# Without a length: libjpeg steps over them wherever they stand.
_ALONE = frozenset({_TEMPORARY, *range(0xD0, 0xD8)})
# All others are reserved: what looks like one in the middle of a file is damage.
_WITH_LENGTH = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xF0), 0xFE})
_ORIENTATION = 0x0112
_SHORT = 3
# A marker in coded data: 0xFF before zero is data, before 0xD0 to 0xD7 it restarts, before 0xFF it fills.
_CODED_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


@dataclass(frozen=True)
class JpegMetadata:
    """What the segments before the coded data of a JPEG tell.

    Attributes:
        rotated: The EXIF orientation is another than the ordinary one.
        several: It claims to hold further images (a multi-picture file).
        odd: They do not lead to the coded data, which some decoders find all the same.
    """

    rotated: bool = False
    several: bool = False
    odd: bool = False


_PLAIN = JpegMetadata()


def jpeg_metadata(data: bytes) -> JpegMetadata:
    """Reads a JPEG's segments up to its coded data. Broken ones end the reading."""
    rotated = several = False
    odd = True
    for marker, start, end in jpeg_segments(data):
        if marker in (_SOS, _TEMPORARY):
            odd = marker != _SOS
            break
        if marker == _APP1 and data.startswith(b"Exif\0", start):
            rotated = rotated or orientation(data[start + 6 : end]) > 1
        elif marker == _APP2 and data.startswith(b"MPF\0", start):
            several = True
    return _PLAIN if not (rotated or several or odd) else JpegMetadata(rotated, several, odd)


def jpeg_end(data: bytes) -> Literal["whole", "cut", "damaged"]:
    """How a JPEG ends: with its end marker, within its coded data, or where something else belongs."""
    *_, (marker, _, end) = [(0, 0, 0), *jpeg_segments(data)]
    if marker == _EOI:
        return "whole"
    if marker == _SOS and _CODED_MARKER.search(data, end) is None:
        return "cut"
    return "damaged"


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yields (marker, start, end) of what each segment of a JPEG holds, and steps over coded data.

    Ends at the end marker, or where no marker is at its place.
    """
    position, size = _SOI_BYTES, len(data)
    while position + 1 < size and data[position] == _PREFIX:
        marker = data[position + 1]
        position += 1
        if marker == _PREFIX:
            continue
        position += 1
        if marker in _ALONE:
            yield marker, position, position
            continue
        if marker not in _WITH_LENGTH:
            if marker == _EOI:
                yield marker, position, position
            return
        end = position + int.from_bytes(data[position : position + 2], "big")
        if not position + 2 <= end <= size:
            return
        yield marker, position + 2, end
        position = end
        if marker == _SOS:
            position = coded_end(data, position)


def coded_end(data: bytes, start: int) -> int:
    """Where the coded data of a JPEG ends that begins at `start`: at the next marker, or with the file."""
    found = _CODED_MARKER.search(data, start)
    return found.start() if found else len(data)


def orientation(exif: bytes) -> int:
    """The orientation that EXIF tells, from 1 to 8; 1 when it tells none.

    Args:
        exif: As a TIFF file, beginning with its byte order.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, offset)
        for field in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, offset + 2 + 12 * field)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
