"""Signature Version 4: who sent a request, and whether it is as it was signed.

The canonical request is botocore's own code, run on what arrived; the query is brought into its canonical
form here, for what clients send need not be the form that they sign. Sources: "Authenticating Requests (AWS
Signature Version 4)" of the Amazon S3 API reference, "Signing AWS API requests" of the IAM guide.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from urllib.parse import parse_qs, quote, unquote_to_bytes, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from botocore.utils import normalize_url_path

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW = 15 * 60
"""Seconds that a client's clock may differ from ours: as AWS allows."""

# AWS: seven days, the longest that a presigned URL may live.
_LONGEST = 7 * 24 * 3600
_HEADER = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<credential>[^,\s]+)\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)


class Refusal(Enum):
    """Why a request is not trusted."""

    MISSING = "it is not signed"
    MALFORMED = "its signature cannot be read"
    SCOPE = "it is signed for another region"
    UNKNOWN_KEY = "its access key is not ours"
    SKEWED = "its time is too far from ours"
    EXPIRED = "its time is over"
    UNSIGNED_HEADERS = "headers that matter are not signed"
    PAYLOAD = "its body is not the one that was signed"
    MISMATCH = "its signature is wrong"


class SignatureError(Exception):
    """A request is not trusted."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"{refusal.value}: {detail}" if detail else refusal.value)
        self.refusal = refusal
        self.detail = detail


@dataclass(frozen=True)
class Incoming:
    """A request as it came over the wire.

    Attributes:
        method: Such as GET.
        target: Path and query, still percent-encoded.
        headers: Names and values in order.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        """The first header of a name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Claim:
    """What a request says of its signature.

    Attributes:
        access_key: Who signed.
        date: YYYYMMDD of the credential scope.
        region: Region of the scope.
        service: Signing name of the service in the scope.
        timestamp: YYYYMMDDTHHMMSSZ.
        signed_headers: Names, lower case.
        signature: 64 hexadecimal digits.
        expires: Seconds that a presigned URL lives; None if the signature is in the Authorization header.
    """

    access_key: str
    date: str
    region: str
    service: str
    timestamp: str
    signed_headers: tuple[str, ...]
    signature: str
    expires: int | None = None

    @property
    def seconds(self) -> float:
        """The time of signing, in seconds since the epoch."""
        moment = datetime.strptime(self.timestamp, "%Y%m%dT%H%M%SZ")
        return moment.replace(tzinfo=UTC).timestamp()


def read_claim(request: Incoming) -> Claim:
    """The signature in the Authorization header or the query.

    Raises:
        SignatureError: MISSING or MALFORMED.
    """
    header = request.header("Authorization")
    query = parse_qs(urlsplit(request.target).query, keep_blank_values=True)
    if header is not None:
        match = _HEADER.fullmatch(header.strip())
        if match is None:
            raise SignatureError(Refusal.MALFORMED, f"Authorization is not of the form of {ALGORITHM}")
        timestamp = request.header("X-Amz-Date") or ""
        return _claim(match["credential"], timestamp, match["headers"], match["signature"], None)
    if "X-Amz-Signature" not in query:
        raise SignatureError(Refusal.MISSING)
    values = {name: items[0] for name, items in query.items()}
    try:
        if values["X-Amz-Algorithm"] != ALGORITHM or not 1 <= int(values["X-Amz-Expires"]) <= _LONGEST:
            raise SignatureError(Refusal.MALFORMED, "X-Amz-Algorithm or X-Amz-Expires is not allowed")
        return _claim(
            values["X-Amz-Credential"],
            values["X-Amz-Date"],
            values["X-Amz-SignedHeaders"],
            values["X-Amz-Signature"],
            int(values["X-Amz-Expires"]),
        )
    except (KeyError, ValueError) as error:
        raise SignatureError(Refusal.MALFORMED, "query parameters of a presigned URL are missing") from error


def _claim(credential: str, timestamp: str, headers: str, signature: str, expires: int | None) -> Claim:
    parts = credential.split("/")
    if len(parts) < 5 or parts[-1] != "aws4_request":
        raise SignatureError(
            Refusal.MALFORMED, "Credential must be <key>/<date>/<region>/<service>/aws4_request"
        )
    *key, date, region, service, _ = parts
    if not re.fullmatch(r"\d{8}T\d{6}Z", timestamp) or timestamp[:8] != date:
        raise SignatureError(Refusal.MALFORMED, "X-Amz-Date is missing or not of the credential's date")
    claim = Claim(
        "/".join(key), date, region, service, timestamp, tuple(headers.split(";")), signature, expires
    )
    try:
        _ = claim.seconds
    except ValueError as error:
        raise SignatureError(Refusal.MALFORMED, "X-Amz-Date is no date") from error
    return claim


def check_claim(claim: Claim, request: Incoming, access_key: str, region: str, now: float) -> None:
    """Judge all of a claim but the signature itself.

    Raises:
        SignatureError: Says why it is refused.
    """
    if not hmac.compare_digest(claim.access_key.encode(), access_key.encode()):
        raise SignatureError(Refusal.UNKNOWN_KEY)
    if claim.region != region:
        raise SignatureError(Refusal.SCOPE, claim.region)
    early = claim.seconds - now
    if early > SKEW or (claim.expires is None and -early > SKEW):
        raise SignatureError(Refusal.SKEWED, claim.timestamp)
    if claim.expires is not None and now > claim.seconds + claim.expires:
        raise SignatureError(Refusal.EXPIRED, claim.timestamp)
    required = {"host"} | {name.lower() for name, _ in request.headers if name.lower().startswith("x-amz-")}
    if missing := sorted(required - set(claim.signed_headers)):
        raise SignatureError(Refusal.UNSIGNED_HEADERS, ", ".join(missing))


def check_signature(claim: Claim, request: Incoming, payload: str, secret_key: str) -> None:
    """Judge the signature.

    Args:
        claim: From `read_claim`.
        request: The request.
        payload: The hash of the body, or the marker that stands for it.
        secret_key: Ours.

    Raises:
        SignatureError: MISMATCH.
    """
    signer = _Signer(claim, secret_key, payload)
    aws_request = AWSRequest(request.method, _url(request, claim))
    aws_request.headers = _headers(request.headers)
    aws_request.context["timestamp"] = claim.timestamp
    text = signer.string_to_sign(aws_request, signer.canonical_request(aws_request))
    expected = signer.signature(text, aws_request)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise SignatureError(Refusal.MISMATCH)


def signing_key(claim: Claim, secret_key: str) -> bytes:
    """The key derived for the day, region and service of a claim: it signs the chunks of a body."""
    key = f"AWS4{secret_key}".encode()
    for part in (claim.date, claim.region, claim.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_query(query: str) -> str:
    """The query of a canonical request: decoded, each name and value encoded by RFC 3986, in order.

    AWS reads a + as a space, which some clients send though they sign %20; a plus is %2B in both.
    """
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="-_.~")


def _url(request: Incoming, claim: Claim) -> str:
    target = request.target
    if claim.expires is not None:
        path, _, query = target.partition("?")
        kept = [pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature=")]
        target = f"{path}?{'&'.join(kept)}"
    return f"http://{request.header('Host')}{target}"


def _headers(items: Iterable[tuple[str, str]]) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in items:
        headers.add_header(name, value)
    return headers


class _Signer(SigV4Auth):
    """Signs again what a client has signed: the headers that it names, the payload that it states."""

    def __init__(self, claim: Claim, secret_key: str, payload: str) -> None:
        super().__init__(Credentials(claim.access_key, secret_key), claim.service, claim.region)
        self._claim = claim
        self._payload = payload

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        wanted = set(self._claim.signed_headers)
        named = ((name.lower(), value) for name, value in request.headers.items())
        return _headers(item for item in named if item[0] in wanted)

    def canonical_query_string(self, request: AWSRequest) -> str:
        return canonical_query(urlsplit(str(request.url)).query)

    def payload(self, request: AWSRequest) -> str:  # noqa: ARG002
        return self._payload

    def _normalize_url_path(self, path: str) -> str:
        # S3 signs the path as it is; every other service signs its normal form.
        return path if self._claim.service == "s3" else quote(normalize_url_path(path), safe="/~")
