"""The contract with moto: what it answers of a range, read from a file or cut out of memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.local.aws import BUCKET
from pipeline.local.contents import Content
from tests.pipeline.local.fakes import Running, own_moto, running

SMALL = bytes(range(200))
LARGE = SMALL * 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with own_moto(), running(tmp_path_factory.mktemp("ranges")) as server:
        for key, body in (("small", SMALL), ("large", LARGE)):
            server.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
        yield server


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each read of a file gave."""
    found: list[int] = []
    read = Content.read

    def noted(self: Content, size: int = -1) -> bytes:
        data = read(self, size)
        found.append(len(data))
        return data

    monkeypatch.setattr(Content, "read", noted)
    return found


def get(server: Running, key: str, wanted: str) -> tuple[Any, ...]:
    try:
        found = server.client("s3").get_object(Bucket=BUCKET, Key=key, Range=wanted)
    except ClientError as error:
        return (error.response["Error"]["Code"],)
    status = found["ResponseMetadata"]["HTTPStatusCode"]
    return status, found["Body"].read(), found.get("ContentRange"), found["ContentLength"]


@pytest.mark.parametrize(
    ("wanted", "begin", "end"),
    [
        pytest.param("bytes=0-0", 0, 1, id="first"),
        pytest.param("bytes=5-9", 5, 10, id="within"),
        pytest.param("bytes=190-", 190, None, id="to the end"),
        pytest.param("bytes=190-99999999", 190, None, id="beyond the end"),
        pytest.param("bytes=-7", -7, None, id="last"),
    ],
)
@pytest.mark.parametrize(("key", "whole"), [("small", SMALL), ("large", LARGE)])
def test_a_range(
    server: Running, reads: list[int], key: str, whole: bytes, wanted: str, begin: int, end: int | None
) -> None:
    part = whole[begin:end]
    first = begin % len(whole)
    place = f"bytes {first}-{first + len(part) - 1}/{len(whole)}"
    assert get(server, key, wanted) == (206, part, place, len(part))
    assert sum(reads) == (len(part) if key == "large" else 0)


@pytest.mark.parametrize("key", ["small", "large"])
def test_a_range_that_is_not_there(server: Running, key: str) -> None:
    assert get(server, key, "bytes=99999999-") == ("InvalidRange",)


@pytest.mark.parametrize("wanted", ["bytes=0-1,4-5", "bytes=x", "bytes=9-5"])
@pytest.mark.parametrize(("key", "whole"), [("small", SMALL), ("large", LARGE)])
def test_a_range_that_s3_ignores(server: Running, key: str, whole: bytes, wanted: str) -> None:
    assert get(server, key, wanted) == (200, whole, None, len(whole))


def test_the_size_of_a_range(server: Running, reads: list[int]) -> None:
    found = server.client("s3").head_object(Bucket=BUCKET, Key="large", Range="bytes=5-9")
    assert (found["ContentLength"], reads) == (5, [])
