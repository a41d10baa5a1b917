"""Bodies of content encoding aws-chunked whose every chunk is signed.

Source: "Signature calculations for the authorization header: transferring payload in multiple chunks" of the
Amazon S3 API reference. moto decodes such bodies; here their signatures are judged.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import BinaryIO

from pipeline.local.signature import Claim, Refusal, SignatureError, signing_key

SIGNED = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
"""x-amz-content-sha256 of such bodies."""

UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
"""x-amz-content-sha256 of a chunked body whose chunks are not signed."""

_EMPTY = hashlib.sha256(b"").hexdigest()
# A chunk's header is a size, a name and a signature; a longer line is no header.
_LONGEST_LINE = 4096
# Clients send chunks of 64 KiB to some MiB; a body in one chunk of more than this would fill the memory.
_LARGEST_CHUNK = 64 * 1024 * 1024


def check_chunks(body: BinaryIO, claim: Claim, secret_key: str) -> None:
    """Judge the signature of every chunk, and of the trailer if there is one.

    Args:
        body: The encoded body, from its start; it is read to its end.
        claim: Of the request, whose signature is the seed of the chain.
        secret_key: Ours.

    Raises:
        SignatureError: MISMATCH, or PAYLOAD if the body is not of this encoding.
    """
    key = signing_key(claim, secret_key)
    previous = claim.signature
    while True:
        size, signature = _chunk_header(body.readline(_LONGEST_LINE))
        data = body.read(size)
        text = _to_sign("PAYLOAD", claim, previous, f"{_EMPTY}\n{hashlib.sha256(data).hexdigest()}")
        previous = _checked(key, text, signature)
        if size == 0:
            break
        if len(data) != size or body.read(2) != b"\r\n":
            raise SignatureError(Refusal.PAYLOAD, "a chunk is shorter than it says")
    _check_trailer(body, claim, key, previous)


def _chunk_header(line: bytes) -> tuple[int, str]:
    size, _, extension = line.decode("ascii", "replace").strip().partition(";")
    name, _, signature = extension.partition("=")
    try:
        length = int(size, 16)
    except ValueError as error:
        raise SignatureError(Refusal.PAYLOAD, "a chunk has no size") from error
    if name != "chunk-signature" or not 0 <= length <= _LARGEST_CHUNK:
        raise SignatureError(Refusal.PAYLOAD, "a chunk has no signature, or is too large")
    return length, signature


def _check_trailer(body: BinaryIO, claim: Claim, key: bytes, previous: str) -> None:
    trailer = b""
    while line := body.readline(_LONGEST_LINE).strip():
        name, _, value = line.decode("ascii", "replace").partition(":")
        if name.lower() == "x-amz-trailer-signature":
            text = _to_sign("TRAILER", claim, previous, hashlib.sha256(trailer).hexdigest())
            _checked(key, text, value.strip())
            return
        trailer += f"{name.lower()}:{value.strip()}\n".encode()
    if trailer:
        raise SignatureError(Refusal.PAYLOAD, "the trailer is not signed")


def _to_sign(what: str, claim: Claim, previous: str, tail: str) -> str:
    scope = f"{claim.date}/{claim.region}/{claim.service}/aws4_request"
    return "\n".join((f"AWS4-HMAC-SHA256-{what}", claim.timestamp, scope, previous, tail))


def _checked(key: bytes, text: str, signature: str) -> str:
    expected = hmac.new(key, text.encode(), "sha256").hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise SignatureError(Refusal.MISMATCH, "a chunk is not as it was signed")
    return signature
