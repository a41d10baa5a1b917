"""The contract with moto: how contents come in, and how uploads are completed."""

from __future__ import annotations

import hashlib
import io
import mmap
from pathlib import Path
from typing import Any

import moto.s3.models
import pytest
from moto.backends import get_backend
from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML
from moto.s3.models import FakeKey, MultipartChecksumBuilder

from pipeline.local.contents import Joined
from pipeline.local.uploads import install

ACCOUNT = "100000000011"
BUCKET = "uploads"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Any:
    install()
    install()
    monkeypatch.setattr(moto.s3.models, "S3_UPLOAD_PART_MIN_SIZE", 4)
    backend = get_backend("s3")[ACCOUNT]["aws"]
    if BUCKET not in backend.buckets:
        backend.create_bucket(BUCKET, "us-east-1")
    return backend


def begin(s3: Any, *parts: bytes, **metadata: str) -> tuple[Any, list[tuple[int, str]]]:
    """An upload with these parts, and their numbers and ETags."""
    upload = s3.create_multipart_upload(BUCKET, "k", metadata, "STANDARD", {}, None, "AES256", "")
    made = [s3.upload_part(BUCKET, upload.id, number, part) for number, part in enumerate(parts, 1)]
    return upload, [(key.name, key.etag) for key in made]


def test_an_upload_becomes_an_object(s3: Any) -> None:
    parts = (b"first", b"second", b"3")
    upload, named = begin(s3, *parts)
    key = s3.complete_multipart_upload(BUCKET, upload.id, iter(named))
    of_all = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    assert (key.value, key.size, key.etag) == (b"firstsecond3", 12, f'"{of_all}-3"')
    assert (type(key._value_buffer), key.checksum_value) == (Joined, None)
    assert not get_backend("s3")[ACCOUNT]["aws"].buckets[BUCKET].multiparts
    s3.delete_object(BUCKET, "k")
    assert key._value_buffer.closed


def test_only_the_parts_that_are_named_are_joined(s3: Any) -> None:
    upload, (one, _, three) = begin(s3, b"first", b"second", b"third")
    key = s3.complete_multipart_upload(BUCKET, upload.id, iter([one, three]))
    assert (key.value, key.etag[-3:]) == (b"firstthird", '-2"')


@pytest.mark.parametrize(
    ("named", "error"),
    [
        pytest.param([], MalformedXML, id="none"),
        pytest.param([(3, "x")], InvalidPart, id="not there"),
        pytest.param([(1, "x")], InvalidPart, id="another ETag"),
        pytest.param([(2, hashlib.md5(b"2").hexdigest()), (1, hashlib.md5(b"first").hexdigest())],
                     EntityTooSmall, id="too small"),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_refused(
    s3: Any, named: list[tuple[int, str]], error: type[Exception]
) -> None:
    upload, whole = begin(s3, b"first", b"2")
    with pytest.raises(error):
        s3.complete_multipart_upload(BUCKET, upload.id, iter(named))
    # It can be completed yet.
    assert s3.complete_multipart_upload(BUCKET, upload.id, iter(whole)).value == b"first2"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
@pytest.mark.parametrize("kind", [None, "COMPOSITE", "FULL_OBJECT"])
def test_checksums_are_those_of_moto(s3: Any, algorithm: str, kind: str | None) -> None:
    metadata = {"x-amz-checksum-algorithm": algorithm}
    if kind is not None:
        metadata["x-amz-checksum-type"] = kind
    theirs = MultipartChecksumBuilder(algorithm, kind)
    for part in (b"first", b"second"):
        theirs.addPart(part)
    upload, named = begin(s3, b"first", b"second", **metadata)
    key = s3.complete_multipart_upload(BUCKET, upload.id, iter(named))
    assert (key.checksum_type, key.checksum_value, key.checksum_parts) == theirs.build()
    assert key.checksum_algorithm == algorithm


@pytest.mark.parametrize("algorithm", ["CRC64NVME", "CRC32C"])
def test_a_checksum_that_would_be_wrong_is_left_out(s3: Any, algorithm: str) -> None:
    upload, named = begin(s3, b"first", **{"x-amz-checksum-algorithm": algorithm})
    key = s3.complete_multipart_upload(BUCKET, upload.id, iter(named))
    assert (key.checksum_algorithm, key.checksum_value) == (None, None)


class TestContents:
    def test_bytes_are_not_copied(self, s3: Any) -> None:
        content = b"the very bytes" * 100
        key = s3.put_object(BUCKET, "bytes", content)
        assert isinstance(key._value_buffer, io.BytesIO)
        assert key._value_buffer.getvalue() is content
        assert key.value is content
        assert (key.size, key.etag) == (1400, f'"{hashlib.md5(content).hexdigest()}"')

    def test_others_are(self, s3: Any, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"text")
        with (
            (tmp_path / "file").open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        ):
            key = s3.put_object(BUCKET, "mapped", mapped)
        assert (key.value, key.size) == (b"text", 4)

    def test_the_names_of_moto(self) -> None:
        assert isinstance(FakeKey.value, property)
        assert moto.s3.models.S3_UPLOAD_PART_MIN_SIZE == 5 * 1024 * 1024
