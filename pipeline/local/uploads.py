"""How moto takes contents in: as they came, and those of multipart uploads joined from their files.

moto copies each body into a file or buffer of its own, and joins the parts of an upload several times over in
memory. Here an object holds the very bytes that came, and a complete upload refers to its parts, until its
content is written.

It leans on these internals of moto 5.2: the setter of `FakeKey.value` fills `_value_buffer` and
`contentsize`; `FakeMultipart.complete` judges the parts that are named and returns content, ETag and checksum
(or None), and the content goes unseen to that setter; `FakeMultipart.parts` and `metadata`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import moto.s3.models
from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML
from moto.s3.models import FakeKey, FakeMultipart

from pipeline.local import bodies
from pipeline.local.contents import Content, Joined

_PIECE = 1024 * 1024

Checksum = tuple[str, str, int]
"""Its type, its value in base64, and the number of parts that it is made of."""


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


_DIGESTS: Mapping[str, Callable[[], _Digest]] = {
    "CRC32": _Crc32,
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
}
"""The checksums that Python computes by itself. Others are left out: moto would name a CRC-32 as theirs, and
clients refuse an object whose checksum is wrong."""


def install() -> None:
    """Make moto take contents in so, from now on. A second call changes nothing."""
    if moto.s3.models.FakeMultipart.complete is not complete:
        moto.s3.models.FakeMultipart.complete = complete
        moto.s3.models.FakeKey.value = property(FakeKey.value.fget, _setter(FakeKey.value.fset))


def complete(upload: FakeMultipart, named: Iterable[tuple[int, str]]) -> tuple[Joined, str, Checksum | None]:
    """Join the parts of an upload.

    Args:
        upload: The upload.
        named: Number and ETag of the parts that make up the object, in order.

    Returns:
        Content, ETag and checksum of the object.

    Raises:
        InvalidPart: A part is not there, or is not the one that is meant.
        EntityTooSmall: A part but the last is too small.
        MalformedXML: No part is named.
    """
    parts = [_part(upload, number, etag) for number, etag in named]
    if not parts:
        raise MalformedXML
    if any(part.contentsize < moto.s3.models.S3_UPLOAD_PART_MIN_SIZE for part in parts[:-1]):
        raise EntityTooSmall
    digests = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
    etag = hashlib.md5(digests, usedforsecurity=False).hexdigest()
    joined = Joined([_content(part) for part in parts])
    return joined, f"{etag}-{len(parts)}", _checksum(upload, parts)


def _part(upload: FakeMultipart, number: int, etag: str) -> FakeKey:
    part = upload.parts.get(number)
    if part is None or part.etag.strip('"') != etag.strip('"'):
        raise InvalidPart
    return part


def _content(part: FakeKey) -> Content | bytes:
    # moto closes the part before it makes the object.
    buffer = part._value_buffer
    return buffer.anew() if isinstance(buffer, Content) else bytes(part.value)


def _checksum(upload: FakeMultipart, parts: Sequence[FakeKey]) -> Checksum | None:
    """The checksum that was asked for when the upload began, if it is one that we compute."""
    make = _DIGESTS.get(upload.metadata.get("x-amz-checksum-algorithm"))
    if make is None:
        return None
    total = make()
    composite = upload.metadata.get("x-amz-checksum-type") != "FULL_OBJECT"
    for part in parts:
        digest = make() if composite else total
        for piece in _pieces(part):
            digest.update(piece)
        if composite:
            total.update(digest.digest())
    value = base64.b64encode(total.digest()).decode()
    return ("COMPOSITE", value, len(parts)) if composite else ("FULL_OBJECT", value, 1)


def _pieces(part: FakeKey) -> Iterator[bytes]:
    with part.lock:
        part._value_buffer.seek(0)
        while piece := part._value_buffer.read(_PIECE):
            yield piece


def _setter(copy: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def take(key: FakeKey, value: Any) -> None:
        """Hold a content that nobody will change as it is; copy others as moto does."""
        if isinstance(value, Joined):
            buffer: Any = value
            key.contentsize = value.size
        elif type(value) is bytes:
            # BytesIO gives the very bytes that it was made of: no copy is made.
            buffer = io.BytesIO(value)
            key.contentsize = len(value)
            key._etag = key._etag or bodies.md5_of(value)
        else:
            copy(key, value)
            return
        key._value_buffer.close()
        key._value_buffer = buffer

    return take
