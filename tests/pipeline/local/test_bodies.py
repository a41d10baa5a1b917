from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest

from pipeline.local import bodies


def environ(content: bytes, method: str = "PUT") -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content + b"the next request"),
    }


@pytest.mark.parametrize("size", [0, 1, 600_000, 8 * 2**20, 8 * 2**20 + 1, 17 * 2**20])
def test_a_body_is_read_once_and_given_on(size: int) -> None:
    content = bytes(range(251)) * (size // 251) + b"x" * (size % 251)
    request = environ(content)
    body, digest = bodies.take(request)
    assert digest == hashlib.sha256(content).hexdigest()
    assert request["wsgi.input"] is body
    assert (request["CONTENT_LENGTH"], request["wsgi.input_terminated"]) == (str(size), True)
    bodies.take_once(request)
    assert body.read() == content
    bodies.close(request)
    assert body.closed


def test_a_body_that_ends_itself() -> None:
    request = environ(b"")
    request |= {"wsgi.input": io.BytesIO(b"text"), "wsgi.input_terminated": True}
    request |= {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    body, _ = bodies.take(request)
    assert (body.read(), request["CONTENT_LENGTH"]) == (b"text", "4")
    assert "HTTP_TRANSFER_ENCODING" not in request
    bodies.close(request)


def test_the_md5_is_that_of_the_very_body() -> None:
    content = b"0123456789" * 100_000
    request = environ(content)
    came = bodies.take(request)[0].read()
    assert bodies.md5_of(came) == hashlib.md5(content).hexdigest()
    assert bodies.md5_of(bytes(bytearray(came))) is None
    bodies.close(request)
    assert bodies.md5_of(came) is None


@pytest.mark.parametrize(("size", "method"), [(1000, "PUT"), (1_000_000, "POST")])
def test_other_bodies_are_hashed_once(size: int, method: str) -> None:
    request = environ(b"x" * size, method)
    assert bodies.md5_of(bodies.take(request)[0].read()) is None
    bodies.close(request)
