"""Files that are broken, or made to break who reads them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from .scenes import encoded, scene, sound

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG, with the right checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    """The first chunk of a PNG; grey unless another colour type is given."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png(*chunks: bytes) -> bytes:
    """A PNG of these chunks and the last one."""
    return PNG_SIGNATURE + b"".join(chunks) + chunk(b"IEND", b"")


def blank_png(width: int, height: int, depth: int = 8) -> bytes:
    """A valid PNG of any size in few bytes: rows of zeros."""
    packer = zlib.compressobj(1)
    row = bytes(1 + (width * depth + 7) // 8)
    rows = max(1, (1 << 20) // len(row))
    packed = [packer.compress(row * min(rows, height - start)) for start in range(0, height, rows)]
    return png(header(width, height, depth), chunk(b"IDAT", b"".join(packed) + packer.flush()))


def chunks_of(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk of a sound PNG, checksum included."""
    position = len(PNG_SIGNATURE)
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        yield kind, position, position + 12 + length
        position += 12 + length


def without(data: bytes, kind: bytes) -> bytes:
    """A PNG without its chunks of a kind."""
    return PNG_SIGNATURE + b"".join(data[start:end] for found, start, end in chunks_of(data) if found != kind)


def with_chunk(data: bytes, *more: bytes) -> bytes:
    """A PNG with further chunks behind its header."""
    place = len(PNG_SIGNATURE) + 25
    return data[:place] + b"".join(more) + data[place:]


def text_bomb(mebibytes: int) -> bytes:
    """A sound PNG with a compressed comment that unpacks to so much."""
    packed = zlib.compress(bytes(mebibytes << 20), 1)
    return with_chunk(sound(1, "PNG"), chunk(b"zTXt", b"Comment\0\0" + packed))


def profile_bomb(mebibytes: int) -> bytes:
    """A sound PNG with a colour profile that unpacks to so much."""
    packed = zlib.compress(bytes(mebibytes << 20), 1)
    return with_chunk(sound(1, "PNG"), chunk(b"iCCP", b"profile\0\0" + packed))


def resized_header(data: bytes, width: int, height: int) -> bytes:
    """A JPEG that claims another size."""
    place = next(data.index(bytes((0xFF, kind))) for kind in (0xC0, 0xC2) if bytes((0xFF, kind)) in data)
    return data[: place + 5] + struct.pack(">HH", height, width) + data[place + 9 :]


def many_scans(scans: int, side: int = 64) -> bytes:
    """A progressive JPEG that repeats its last scan: each takes a pass over the whole image."""
    data = encoded(scene(2, (side, side)), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + data[-2:]


def huge_progressive(side: int, scans: int) -> bytes:
    """A progressive JPEG of many pixels in few bytes, with many scans."""
    data = encoded(Image.new("L", (side, side)), progressive=True, quality=1)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + data[-2:]


def long_gif(frames: int) -> bytes:
    """An animated GIF of one pixel and so many frames."""
    buffer = io.BytesIO()
    Image.new("P", (1, 1)).save(buffer, "GIF")
    data = buffer.getvalue()
    image = data.index(b",")
    return data[:image] + data[image:-1] * frames + b";"


def exif(turn: int, order: str = "<") -> bytes:
    """EXIF with an orientation, as a TIFF file."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, turn, 0, 0)
