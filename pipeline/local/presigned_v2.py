"""Presigned URLs of S3 with Signature Version 2: what boto3 makes unless it is told otherwise.

Source: "Signing and authenticating REST requests (AWS signature version 2)" of the Amazon S3 user guide. The
canonical string is botocore's own code.
"""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.auth import HmacV1QueryAuth
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from pipeline.local.home import KeyPair
from pipeline.local.signature import Incoming, Refusal, SignatureError


def is_presigned(request: Incoming) -> bool:
    """Whether a request has such a signature."""
    query = parse_qs(urlsplit(request.target).query)
    return not request.header("Authorization") and {"AWSAccessKeyId", "Signature", "Expires"} <= set(query)


def check(request: Incoming, keys: KeyPair, now: float) -> None:
    """Judge such a request.

    Raises:
        SignatureError: Says why it is refused.
    """
    split = urlsplit(request.target)
    query = {name: values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
    if not hmac.compare_digest(query["AWSAccessKeyId"].encode(), keys.access_key.encode()):
        raise SignatureError(Refusal.UNKNOWN_KEY)
    if not query["Expires"].isdigit():
        raise SignatureError(Refusal.MALFORMED, "Expires must be seconds since the epoch")
    if now > int(query["Expires"]):
        raise SignatureError(Refusal.EXPIRED, query["Expires"])
    signer = _Signer(query["Expires"], keys)
    text = signer.canonical_string(request.method, split, _headers(request, query))
    if not hmac.compare_digest(signer.sign_string(text).encode(), query["Signature"].encode()):
        raise SignatureError(Refusal.MISMATCH)


def _headers(request: Incoming, query: dict[str, str]) -> Any:
    """The headers that are signed: sent as such, or moved into the query when the URL was made."""
    headers = HTTPHeaders()
    for name, value in [*request.headers, *query.items()]:
        lower = name.lower()
        if (lower.startswith("x-amz-") or lower in ("content-md5", "content-type")) and lower not in headers:
            headers[lower] = value
    return headers


class _Signer(HmacV1QueryAuth):
    """Signs again what a client has signed, with the time that the URL names."""

    def __init__(self, expires: str, keys: KeyPair) -> None:
        super().__init__(Credentials(keys.access_key, keys.secret_key))
        self._date = expires

    def _get_date(self) -> str:
        return self._date
