"""Ranges of large objects, read without the rest.

moto reads an object whole and cuts the range out of it: a client that downloads a large object in ranges, as
clients do, makes it read the whole as often. Here what it cuts is the file.

It leans on these internals of moto 5.2: `S3Response.key_response` takes the content of a GET from
`FakeKey.value`, and asks it for its length and a slice only if there is a range.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import moto.s3.models
import moto.s3.responses
from moto.s3.models import FakeKey

from pipeline.local.contents import Content

_RANGED: ContextVar[bool] = ContextVar("ranged", default=False)


class Cuttable:
    """The bytes of a content; slices are read from its file.

    Args:
        content: The content.
    """

    def __init__(self, content: Content) -> None:
        self._content = content

    def __len__(self) -> int:
        return self._content.size

    def __getitem__(self, part: slice) -> bytes:
        begin, end, _ = part.indices(len(self))
        # Whoever reads the same object meanwhile reads elsewhere.
        file = self._content.anew()
        file.seek(begin)
        return file.read(max(end - begin, 0))


def install() -> None:
    """Make moto cut files, from now on. A second call changes nothing."""
    made = moto.s3.responses.S3Response
    if not hasattr(made.key_response, "__wrapped__"):
        made.key_response = _watched(made.key_response)
        moto.s3.models.FakeKey.value = property(_getter(FakeKey.value.fget), FakeKey.value.fset)


def _watched(respond: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(respond)
    def key_response(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        token = _RANGED.set(request.method == "GET" and "range" in request.headers)
        try:
            status, headers, body = respond(self, request, *arguments, **named)
        finally:
            _RANGED.reset(token)
        # A range that S3 ignores, such as several at once.
        return status, headers, body[:] if isinstance(body, Cuttable) else body

    return key_response


def _getter(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def value(key: FakeKey) -> bytes | Cuttable:
        buffer = key._value_buffer
        if _RANGED.get() and isinstance(buffer, Content) and not buffer.closed:
            return Cuttable(buffer)
        content: bytes = read(key)
        return content

    return value
