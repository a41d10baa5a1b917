"""Counts the images in files of formats that hold several, without decoding them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType

_MOST_PAGES = 10_000
"""A chain of pages that leads round in a circle ends here."""

_GIF_SCREEN_BYTES = 13
_GIF_IMAGE, _GIF_EXTENSION = 0x2C, 0x21


def count_frames(data: bytes, found: str) -> int:
    """How many images a file of the format `found` holds, as far as it can be told; at least 1."""
    counter = _COUNTERS.get(found)
    try:
        return max(1, counter(data)) if counter else 1
    except (IndexError, struct.error):
        # Cut off, or not what it claims to be; nobody needs the number then.
        return 1


def _gif(data: bytes) -> int:
    position = _GIF_SCREEN_BYTES + _colours(data[10])
    frames = 0
    while position < len(data):
        kind = data[position]
        if kind == _GIF_IMAGE:
            frames += 1
            position += 10
            # The table of colours is told by the byte before it, the size of a code follows it.
            position += _colours(data[position - 1]) + 1
        elif kind == _GIF_EXTENSION:
            position += 2
        else:
            break
        while length := data[position]:
            position += length + 1
        position += 1
    return frames


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(data: bytes) -> int:
    position, frames = 12, 0
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        frames += kind == b"ANMF"
        position += 8 + length + length % 2
    return frames


def _tiff(data: bytes) -> int:
    order = "<" if data[:2] == b"II" else ">"
    (offset,) = struct.unpack_from(f"{order}I", data, 4)
    pages = 0
    while offset and pages < _MOST_PAGES:
        pages += 1
        (fields,) = struct.unpack_from(f"{order}H", data, offset)
        (offset,) = struct.unpack_from(f"{order}I", data, offset + 2 + 12 * fields)
    return pages


_COUNTERS: Mapping[str, Callable[[bytes], int]] = MappingProxyType(
    {"GIF": _gif, "WebP": _webp, "TIFF": _tiff}
)
