"""The examples are those of AWS's own documentation and test suite, made by neither botocore nor us."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import pytest

from pipeline.local.chunked import check_chunks
from pipeline.local.signature import (
    Claim,
    Incoming,
    Refusal,
    SignatureError,
    canonical_query,
    check_claim,
    check_signature,
    read_claim,
)

EMPTY = hashlib.sha256(b"").hexdigest()
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
S3_TIME = 1369353600.0


def header(service: str, key: str, date: str, signed: str, signature: str) -> str:
    scope = f"{key}/{date}/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope},SignedHeaders={signed},Signature={signature}"


VANILLA = Incoming(
    "GET",
    "/",
    (
        ("Host", "example.amazonaws.com"),
        ("X-Amz-Date", "20150830T123600Z"),
        (
            "Authorization",
            header(
                "service",
                "AKIDEXAMPLE",
                "20150830",
                "host;x-amz-date",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
        ),
    ),
)
OBJECT = Incoming(
    "GET",
    "/test.txt",
    (
        ("Host", "examplebucket.s3.amazonaws.com"),
        ("Range", "bytes=0-9"),
        ("x-amz-content-sha256", EMPTY),
        ("x-amz-date", "20130524T000000Z"),
        (
            "Authorization",
            header(
                "s3",
                "AKIAIOSFODNN7EXAMPLE",
                "20130524",
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
        ),
    ),
)
PRESIGNED = Incoming(
    "GET",
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    (("Host", "examplebucket.s3.amazonaws.com"),),
)
CHUNKED = Incoming(
    "PUT",
    "/examplebucket/chunkObject.txt",
    (
        ("Host", "s3.amazonaws.com"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        (
            "Authorization",
            header(
                "s3",
                "AKIAIOSFODNN7EXAMPLE",
                "20130524",
                "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
                "x-amz-decoded-content-length;x-amz-storage-class",
                "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
            ),
        ),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("Content-Encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("Content-Length", "66824"),
    ),
)
CHUNKS = (
    b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
    + b"a" * 65536
    + b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
    + b"a" * 1024
    + b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
)

EXAMPLES = [
    pytest.param(
        VANILLA, EMPTY, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", id="get-vanilla of the test suite"
    ),
    pytest.param(OBJECT, EMPTY, SECRET, id="an object of S3"),
    pytest.param(PRESIGNED, "UNSIGNED-PAYLOAD", SECRET, id="a presigned URL"),
    pytest.param(CHUNKED, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", SECRET, id="an upload in chunks"),
]


@pytest.mark.parametrize(("request_", "payload", "secret"), EXAMPLES)
def test_examples_of_aws(request_: Incoming, payload: str, secret: str) -> None:
    check_signature(read_claim(request_), request_, payload, secret)


@pytest.mark.parametrize(("request_", "payload", "secret"), EXAMPLES)
def test_examples_that_were_changed(request_: Incoming, payload: str, secret: str) -> None:
    claim = read_claim(request_)
    changed = [
        (replace(request_, method="POST"), payload, secret),
        (replace(request_, target="/other" + request_.target), payload, secret),
        (replace(request_, headers=(("Host", "other"), *request_.headers[1:])), payload, secret),
        (request_, payload, "other"),
    ]
    if request_.header("x-amz-content-sha256") is None:
        # Where there is this header, it is signed itself; whoever reads the body compares the two.
        changed.append((request_, "0" * 64, secret))
    for other, digest, key in changed:
        with pytest.raises(SignatureError) as caught:
            check_signature(claim, other, digest, key)
        assert caught.value.refusal is Refusal.MISMATCH


def test_chunks_of_aws() -> None:
    check_chunks(io.BytesIO(CHUNKS), read_claim(CHUNKED), SECRET)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        pytest.param(CHUNKS.replace(b"aa\r\n400", b"ab\r\n400"), Refusal.MISMATCH, id="a byte"),
        pytest.param(
            CHUNKS[: CHUNKS.index(b"400;")] + CHUNKS[CHUNKS.index(b"\r\n0;") + 2 :],
            Refusal.MISMATCH,
            id="a chunk left out",
        ),
        pytest.param(CHUNKS[:1000], Refusal.MISMATCH, id="cut"),
        pytest.param(b"", Refusal.PAYLOAD, id="nothing"),
        pytest.param(b"x" * 9000, Refusal.PAYLOAD, id="no chunks"),
        pytest.param(CHUNKS.replace(b"10000;", b"fffffffff;"), Refusal.PAYLOAD, id="a huge chunk"),
        pytest.param(CHUNKS.replace(b"10000;", b"-1;"), Refusal.PAYLOAD, id="a negative size"),
    ],
)
def test_chunks_that_were_changed(body: bytes, refusal: Refusal) -> None:
    with pytest.raises(SignatureError) as caught:
        check_chunks(io.BytesIO(body), read_claim(CHUNKED), SECRET)
    assert caught.value.refusal is refusal


CLAIM = read_claim(OBJECT)
LINK = read_claim(PRESIGNED)


@pytest.mark.parametrize(
    ("claim", "key", "region", "now", "refusal"),
    [
        pytest.param(CLAIM, "AKIAIOSFODNN7EXAMPLE", "us-east-1", S3_TIME + 899, None, id="late"),
        pytest.param(CLAIM, "AKIAIOSFODNN7EXAMPLE", "us-east-1", S3_TIME - 899, None, id="early"),
        pytest.param(
            CLAIM, "AKIAIOSFODNN7EXAMPLE", "us-east-1", S3_TIME + 901, Refusal.SKEWED, id="too late"
        ),
        pytest.param(
            CLAIM, "AKIAIOSFODNN7EXAMPLE", "us-east-1", S3_TIME - 901, Refusal.SKEWED, id="too early"
        ),
        pytest.param(CLAIM, "OTHER", "us-east-1", S3_TIME, Refusal.UNKNOWN_KEY, id="key"),
        pytest.param(CLAIM, "AKIAIOSFODNN7EXAMPLE", "eu-west-1", S3_TIME, Refusal.SCOPE, id="region"),
        pytest.param(
            LINK, "AKIAIOSFODNN7EXAMPLE", "us-east-1", S3_TIME + 86399, None, id="the link's last second"
        ),
        pytest.param(LINK, "AKIAIOSFODNN7EXAMPLE", "us-east-1", S3_TIME + 86401, Refusal.EXPIRED, id="over"),
        pytest.param(LINK, "AKIAIOSFODNN7EXAMPLE", "us-east-1", S3_TIME - 901, Refusal.SKEWED, id="not yet"),
    ],
)
def test_claims(claim: Claim, key: str, region: str, now: float, refusal: Refusal | None) -> None:
    request = OBJECT if claim is CLAIM else PRESIGNED
    if refusal is None:
        check_claim(claim, request, key, region, now)
        return
    with pytest.raises(SignatureError) as caught:
        check_claim(claim, request, key, region, now)
    assert caught.value.refusal is refusal


@pytest.mark.parametrize("added", ["X-Amz-Meta-Note", "x-amz-target"])
def test_headers_that_must_be_signed(added: str) -> None:
    request = replace(OBJECT, headers=(*OBJECT.headers, (added, "x")))
    with pytest.raises(SignatureError, match=f"headers that matter are not signed: {added.lower()}"):
        check_claim(CLAIM, request, "AKIAIOSFODNN7EXAMPLE", "us-east-1", S3_TIME)


def test_the_host_must_be_signed() -> None:
    claim = replace(CLAIM, signed_headers=("range", "x-amz-content-sha256", "x-amz-date"))
    with pytest.raises(SignatureError, match="headers that matter are not signed: host"):
        check_claim(claim, OBJECT, "AKIAIOSFODNN7EXAMPLE", "us-east-1", S3_TIME)


def with_authorization(text: str, date: str = "20130524T000000Z") -> Incoming:
    return Incoming("GET", "/", (("Host", "h"), ("X-Amz-Date", date), ("Authorization", text)))


GOOD = header("s3", "K", "20130524", "host", "0" * 64)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(with_authorization("Basic dTpw"), id="another scheme"),
        pytest.param(with_authorization(GOOD[:-1]), id="a short signature"),
        pytest.param(with_authorization(GOOD.replace("/s3", "")), id="no service"),
        pytest.param(with_authorization(GOOD.replace("aws4_request", "aws3")), id="another end"),
        pytest.param(with_authorization(GOOD, "20130525T000000Z"), id="another day"),
        pytest.param(with_authorization(GOOD, "2013-05-24"), id="another form of date"),
        pytest.param(
            with_authorization(GOOD.replace("20130524", "20139924"), "20139924T000000Z"), id="no date"
        ),
        pytest.param(with_authorization(""), id="empty"),
        pytest.param(
            replace(PRESIGNED, target=PRESIGNED.target.replace("86400", "604801")), id="too long a life"
        ),
        pytest.param(
            replace(PRESIGNED, target=PRESIGNED.target.replace("86400", "-1")), id="a negative life"
        ),
        pytest.param(
            replace(PRESIGNED, target=PRESIGNED.target.replace("X-Amz-Date=", "X=")), id="no date at all"
        ),
        pytest.param(
            replace(PRESIGNED, target=PRESIGNED.target.replace("SHA256", "SHA1")), id="another algorithm"
        ),
    ],
)
def test_claims_that_cannot_be_read(request_: Incoming) -> None:
    with pytest.raises(SignatureError) as caught:
        read_claim(request_)
    assert caught.value.refusal is Refusal.MALFORMED


def test_no_claim_at_all() -> None:
    with pytest.raises(SignatureError) as caught:
        read_claim(Incoming("GET", "/?x=1", ()))
    assert caught.value.refusal is Refusal.MISSING


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        pytest.param("", "", id="none"),
        pytest.param("uploads", "uploads=", id="a name alone"),
        pytest.param("prefix=sp%2Fa+b%2F", "prefix=sp%2Fa%20b%2F", id="a plus is a space"),
        pytest.param("prefix=a%20b", "prefix=a%20b", id="a space"),
        pytest.param("prefix=1%2B1", "prefix=1%2B1", id="a plus that is meant"),
        pytest.param("prefix=a/b:c*~", "prefix=a%2Fb%3Ac%2A~", id="what was left as it is"),
        pytest.param("prefix=%c3%bc%7e", "prefix=%C3%BC~", id="another way of encoding"),
        pytest.param("prefix=%ff", "prefix=%FF", id="no UTF-8"),
        pytest.param("b=2&a=2&a=1&&A=3", "A=3&a=1&a=2&b=2", id="sorted by name and value"),
        pytest.param("a=b=c", "a=b%3Dc", id="an equals sign in a value"),
    ],
)
def test_canonical_query(query: str, canonical: str) -> None:
    assert canonical_query(query) == canonical
    assert canonical_query(canonical) == canonical
