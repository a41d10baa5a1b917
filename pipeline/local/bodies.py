"""Bodies of requests: read once, hashed, and given on from the start."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, MutableMapping
from typing import Any, BinaryIO, cast

Environ = MutableMapping[str, Any]
"""WSGI's environment of a request."""

_KEY = "imgpipe.body"
_PIECE = 1024 * 1024
# A request this large is kept in a file instead of in memory.
_IN_MEMORY = 8 * 1024 * 1024
# A refused client that still sends gets its answer only when it has sent all; beyond this it gets a reset.
_LONGEST_DRAIN = 64 * 1024 * 1024


def take(environ: Environ) -> tuple[BinaryIO, str]:
    """Read the body, and put it back for whoever reads `environ` next.

    Returns:
        The body, at its start, and its SHA-256 in hexadecimal digits.
    """
    # Not a with block: the WSGI application below reads it, then `close` is called.
    body = cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
    environ[_KEY] = body
    digest = hashlib.sha256()
    for piece in _pieces(environ):
        digest.update(piece)
        body.write(piece)
    environ["CONTENT_LENGTH"] = str(body.tell())
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("wsgi.input_terminated", None)
    body.seek(0)
    environ["wsgi.input"] = body
    return body, digest.hexdigest()


def close(environ: Environ) -> None:
    """Close what `take` opened: nobody reads the request any more."""
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
