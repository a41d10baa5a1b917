"""Answers of the server, errors above all, in the form that the client of each service reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from xml.sax.saxutils import escape

from pipeline.local.errors import ApiError
from pipeline.local.signature import Incoming, Refusal, SignatureError


class Dialect(Enum):
    """How a service writes its errors: the protocols of botocore's service models."""

    S3 = "rest-xml"
    QUERY = "query"
    JSON = "json and rest-json"
    CBOR = "smithy-rpc-v2-cbor"


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status_line(self) -> str:
        """Such as "404 Not Found"; of the codes that Python has no words for, the number alone."""
        known = self.status in HTTPStatus._value2member_map_
        return f"{self.status} {HTTPStatus(self.status).phrase if known else 'Unknown'}"


def dialect_of(request: Incoming, service: str | None) -> Dialect:
    """The form in which a client reads errors, as far as the request shows it."""
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        return Dialect.CBOR
    if request.header("X-Amz-Target") or service in ("sagemaker", "scheduler"):
        return Dialect.JSON
    form = (request.header("Content-Type") or "").startswith("application/x-www-form-urlencoded")
    return Dialect.QUERY if form or service not in ("s3", None) else Dialect.S3


def json_answer(body: Mapping[str, object]) -> Answer:
    """A result of the SageMaker API."""
    return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def error_answer(error: ApiError, dialect: Dialect) -> Answer:
    """An error in a dialect."""
    return _WRITERS[dialect](error)


def refusal(error: SignatureError, dialect: Dialect, region: str) -> ApiError:
    """What AWS answers to a request that it does not trust: code, text and status differ by dialect."""
    key = (error.refusal, dialect if dialect is not Dialect.CBOR else Dialect.JSON)
    code, text, status = _REFUSALS.get(key) or _REFUSALS[(error.refusal, None)]
    return ApiError(code, text.format(detail=error.detail, region=region), status)


_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)
_EXPIRED = "Signature expired: {detail} is more than 15 minutes from the server's time."
_HEADERS = "There were headers present in the request which were not signed: {detail}"

_REFUSALS: dict[tuple[Refusal, Dialect | None], tuple[str, str, int]] = {
    (Refusal.MISSING, Dialect.S3): ("AccessDenied", "Access Denied", 403),
    (Refusal.MISSING, Dialect.JSON): (
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
        400,
    ),
    (Refusal.MISSING, None): ("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    (Refusal.MALFORMED, Dialect.S3): ("AuthorizationHeaderMalformed", "{detail}", 400),
    (Refusal.MALFORMED, None): ("IncompleteSignature", "{detail}", 400),
    (Refusal.SCOPE, Dialect.S3): (
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region '{detail}' is wrong; expecting '{region}'",
        400,
    ),
    (Refusal.SCOPE, Dialect.JSON): (
        "InvalidSignatureException",
        "Credential should be scoped to a valid region: {region}, not '{detail}'.",
        400,
    ),
    (Refusal.SCOPE, None): (
        "SignatureDoesNotMatch",
        "Credential should be scoped to a valid region: {region}, not '{detail}'.",
        403,
    ),
    (Refusal.UNKNOWN_KEY, Dialect.S3): (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
    ),
    (Refusal.UNKNOWN_KEY, Dialect.JSON): (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        400,
    ),
    (Refusal.UNKNOWN_KEY, None): (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        403,
    ),
    (Refusal.SKEWED, Dialect.S3): (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
    ),
    (Refusal.SKEWED, Dialect.JSON): ("InvalidSignatureException", _EXPIRED, 400),
    (Refusal.SKEWED, None): ("SignatureDoesNotMatch", _EXPIRED, 403),
    (Refusal.EXPIRED, Dialect.S3): ("AccessDenied", "Request has expired", 403),
    (Refusal.EXPIRED, None): ("RequestExpired", "Request has expired.", 400),
    (Refusal.UNSIGNED_HEADERS, Dialect.S3): ("AccessDenied", _HEADERS, 403),
    (Refusal.UNSIGNED_HEADERS, Dialect.JSON): ("InvalidSignatureException", _HEADERS, 400),
    (Refusal.UNSIGNED_HEADERS, None): ("SignatureDoesNotMatch", _HEADERS, 403),
    (Refusal.PAYLOAD, Dialect.S3): (
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        400,
    ),
    (Refusal.PAYLOAD, Dialect.JSON): ("InvalidSignatureException", _MISMATCH, 400),
    (Refusal.PAYLOAD, None): ("SignatureDoesNotMatch", _MISMATCH, 403),
    (Refusal.MISMATCH, Dialect.JSON): ("InvalidSignatureException", _MISMATCH, 400),
    (Refusal.MISMATCH, None): ("SignatureDoesNotMatch", _MISMATCH, 403),
}


def _s3(error: ApiError) -> Answer:
    body = f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
    return _xml(error, body)


def _query(error: ApiError) -> Answer:
    side = "Sender" if error.status < 500 else "Receiver"
    body = (
        f"<ErrorResponse><Error><Type>{side}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error></ErrorResponse>"
    )
    return _xml(error, body)


def _xml(error: ApiError, body: str) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
    return Answer(error.status, text.encode(), {"Content-Type": "application/xml"})


def _json(error: ApiError) -> Answer:
    body = {"__type": error.code, "message": error.message, "Message": error.message, **error.fields}
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}
    return Answer(error.status, json.dumps(body).encode(), headers)


def _cbor(error: ApiError) -> Answer:
    # A map of two texts is all that an error needs of CBOR (RFC 8949).
    pairs = [("__type", error.code), ("message", error.message)]
    body = bytes([0xA0 + len(pairs)]) + b"".join(_cbor_text(text) for pair in pairs for text in pair)
    headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    return Answer(error.status, body, headers)


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    return b"\x7a" + len(data).to_bytes(4, "big") + data


_WRITERS: dict[Dialect, Callable[[ApiError], Answer]] = {
    Dialect.S3: _s3,
    Dialect.QUERY: _query,
    Dialect.JSON: _json,
    Dialect.CBOR: _cbor,
}
