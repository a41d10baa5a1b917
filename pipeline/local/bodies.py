"""Bodies of requests: read once, hashed, and given on from the start."""

from __future__ import annotations

import hashlib
import io
import tempfile
import threading
from collections.abc import Iterator, MutableMapping
from contextvars import ContextVar
from typing import Any, BinaryIO, cast

Environ = MutableMapping[str, Any]
"""WSGI's environment of a request."""

_KEY = "imgpipe.body"
# From this length on, hashing takes longer than a thread to start.
_HASHED_BESIDE = 512 * 1024
# Large pieces: after each system call a thread may wait for its turn. A body of more than one lies in a file.
_PIECE = 8 * 1024 * 1024
# A refused client that still sends gets its answer only when it has sent all; beyond this it gets a reset.
_LONGEST_DRAIN = 64 * 1024 * 1024


class _Arrived:
    """A body whose MD5, which becomes an ETag, is computed while its request is looked at.

    The client, who waits, leaves a processor free.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._digest = hashlib.md5(usedforsecurity=False)
        self._thread = threading.Thread(target=self._digest.update, args=(content,), name="md5")
        self._thread.start()

    def md5(self) -> str:
        self._thread.join()
        return self._digest.hexdigest()


_ARRIVED: ContextVar[_Arrived | None] = ContextVar("arrived", default=None)


def take(environ: Environ) -> tuple[BinaryIO, str]:
    """Read the body, and put it back for whoever reads `environ` next.

    Returns:
        The body, at its start, and its SHA-256 in hexadecimal digits.
    """
    digest = hashlib.sha256()
    pieces = _pieces(environ)
    first = next(pieces, b"")
    if len(first) >= _HASHED_BESIDE and environ["REQUEST_METHOD"] == "PUT":
        _ARRIVED.set(_Arrived(first))
    digest.update(first)
    # BytesIO gives the very bytes that it was made of: no copy is made.
    body: BinaryIO = io.BytesIO(first)
    size = len(first)
    for piece in pieces:
        if size == len(first):
            # Not a with block: the WSGI application below reads it, then `close` is called.
            body = cast(BinaryIO, tempfile.SpooledTemporaryFile(_PIECE))  # noqa: SIM115
            body.write(first)
        digest.update(piece)
        body.write(piece)
        size += len(piece)
    body.seek(0)
    environ[_KEY] = environ["wsgi.input"] = body
    environ["CONTENT_LENGTH"] = str(size)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    # It ends where the body does: whoever reads it need not count, which takes small pieces.
    environ["wsgi.input_terminated"] = True
    return body, digest.hexdigest()


def md5_of(content: bytes) -> str | None:
    """The MD5 of a content in hexadecimal digits, if it is the very body that this thread has just read."""
    arrived = _ARRIVED.get()
    return arrived.md5() if arrived is not None and arrived.content is content else None


def take_once(environ: Environ) -> None:
    """Read the body, unless that is done: whoever waits for its turn to write shall not wait for a client."""
    if _KEY not in environ:
        take(environ)


def text(environ: Environ) -> str:
    """The body as text, of a request that `take` has read; it stays there for whoever reads it next."""
    body: BinaryIO = environ[_KEY]
    content = body.read().decode("utf-8", "replace")
    body.seek(0)
    return content


def close(environ: Environ) -> None:
    """Close what `take` opened: nobody reads the request any more."""
    _ARRIVED.set(None)
    body: BinaryIO | None = environ.pop(_KEY, None)
    if body is not None:
        body.close()


def drain(environ: Environ) -> None:
    """Read and forget what the client still sends, so that it reads its answer."""
    left = _LONGEST_DRAIN
    for piece in _pieces(environ):
        left -= len(piece)
        if left <= 0:
            return


def _pieces(environ: Environ) -> Iterator[bytes]:
    source = environ["wsgi.input"]
    ends_itself = bool(environ.get("wsgi.input_terminated"))
    left = 0 if ends_itself else int(environ.get("CONTENT_LENGTH") or 0)
    while ends_itself or left > 0:
        piece = source.read(_PIECE if ends_itself else min(_PIECE, left))
        if not piece:
            return
        left -= len(piece)
        yield piece
