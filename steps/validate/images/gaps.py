"""Finds zeros where a JPEG's coded data should be, as broken downloads and disks leave them.

Decoders take them for data: the image is grey from there on, or shifted, and nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from steps.validate.images.metadata import coded_end, jpeg_segments

GAP = bytes(64)
"""So many zeros hold at least one whole block of an image, wherever they begin."""

_DHT, _SOS = 0xC4, 0xDA
_AC_TABLE = 0x10
_CODE_LENGTHS = 16


def zero_gap(data: bytes) -> int | None:
    """Where zeros begin that are no coded data, as the number of the byte; None for an image without them.

    The code of zeros alone is that of a table's first symbol. Where it ends a block, zeros may be a plain
    part of the image. Where it stands for a value, each block of zeros has the same one 63 times, which no
    encoder makes of an image.
    """
    if data.find(GAP) < 0:
        return None
    values: dict[int, bool] = {}
    for marker, start, end in jpeg_segments(data):
        if marker == _DHT:
            values.update(_tables(data[start:end]))
        elif marker == _SOS and _holds_values(data[start:end], values):
            gap = data.find(GAP, end, coded_end(data, end))
            if gap >= 0:
                return gap
    return None


def _tables(segment: bytes) -> Iterator[tuple[int, bool]]:
    """Each AC table of a segment, and whether the code of zeros alone is a value."""
    position = 0
    while position + 1 + _CODE_LENGTHS < len(segment):
        name = segment[position]
        symbols = position + 1 + _CODE_LENGTHS
        if name & 0xF0 == _AC_TABLE:
            # A symbol's upper half is a number of zeros, the lower the bits of the value behind them.
            yield name & 0x0F, segment[symbols] & 0x0F != 0
        position = symbols + sum(segment[position + 1 : symbols])


def _holds_values(scan: bytes, values: dict[int, bool]) -> bool:
    """Whether a scan codes AC values for the first time, by a table whose code of zeros alone is one.

    Scans that refine values hold bare bits, and those of DC alone differences: zeros may be an image there.
    """
    if len(scan) < 4 or len(scan) != 4 + 2 * scan[0]:
        return False
    last, passes = scan[-2], scan[-1]
    chosen = (selector & 0x0F for selector in scan[2:-3:2])
    return last > 0 and passes >> 4 == 0 and any(values.get(table, False) for table in chosen)
