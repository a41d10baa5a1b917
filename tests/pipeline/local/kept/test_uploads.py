from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.local.aws import BUCKET
from pipeline.local.contents import Content, Contents, Joined
from tests.pipeline.local.fakes import running
from tests.pipeline.local.kept.place import again, all_objects, contents

PART = bytes(range(256)) * 4 * 5 * 1024
AT = {"Bucket": BUCKET, "Key": "k"}


def begin(s3: Any, *parts: bytes) -> dict[str, Any]:
    """Upload parts; returns what completes the upload."""
    at = AT | {"UploadId": s3.create_multipart_upload(**AT, ChecksumAlgorithm="CRC32")["UploadId"]}
    made = [s3.upload_part(**at, PartNumber=number, Body=part) for number, part in enumerate(parts, 1)]
    named = [{"PartNumber": number, "ETag": each["ETag"]} for number, each in enumerate(made, 1)]
    return at | {"MultipartUpload": {"Parts": named}}


def test_an_object_of_several_parts(home: Path) -> None:
    parts = (PART, b"x" + PART, b"end")
    whole = b"".join(parts)
    of_all = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    with running(home) as first:
        s3 = first.client("s3")
        s3.put_object(**AT, Body=b"before" + PART)
        done = s3.complete_multipart_upload(**begin(s3, *parts))
        assert done["ETag"] == f'"{of_all}-3"'
        assert len(contents(home)) == 1
    with again(home) as second:
        s3 = second.client("s3")
        found = s3.get_object(**AT, ChecksumMode="ENABLED")
        assert (found["Body"].read() == whole, found["ETag"]) == (True, f'"{of_all}-3"')
        assert (found["ChecksumType"], found["ChecksumCRC32"][-2:]) == ("COMPOSITE", "-3")
        at = len(PART)
        assert s3.get_object(**AT, Range=f"bytes={at - 1}-{at + 1}")["Body"].read() == whole[at - 1 : at + 2]
        assert s3.get_object(**AT, Range="bytes=-2")["Body"].read() == b"nd"
        s3.delete_object(**AT)
        assert contents(home) == []


def test_an_upload_that_does_not_fit_can_be_completed_later(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with running(home) as first:
        s3 = first.client("s3")
        s3.put_object(**AT, Body=b"before")
        upload = begin(s3, PART, b"end")
        with monkeypatch.context() as patch:
            patch.setattr(first.server._keeper._rows, "write", full)
            with pytest.raises(ClientError, match="InsufficientStorage"):
                s3.complete_multipart_upload(**upload)
        assert all_objects(s3) == {"k": b"before"}
        assert len(contents(home)) == 1
        s3.complete_multipart_upload(**upload)
        assert all_objects(s3) == {"k": PART + b"end"}
    with again(home) as second:
        assert all_objects(second.client("s3")) == {"k": PART + b"end"}


def refuse(*_: object) -> int:
    raise OSError(38, "Function not implemented")


@pytest.mark.parametrize("change", [
    pytest.param(lambda patch: patch.setattr(os, "copy_file_range", refuse), id="refused"),
    pytest.param(lambda patch: patch.delattr(os, "copy_file_range"), id="not there"),
    pytest.param(lambda patch: patch.setattr(os, "copy_file_range", lambda *_: 0), id="does nothing"),
    pytest.param(lambda patch: None, id="there"),
])  # fmt: skip
def test_contents_are_joined(
    tmp_path: Path, change: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Contents(tmp_path / "contents")
    one, two = store.write(b"one, "), store.write(memoryview(b"two, "))
    joined = Joined([one, b"and ", two])
    one.close()
    change(monkeypatch)
    made = store.write(joined)
    assert (made.read(), made.size, joined.size) == (b"one, and two, ", 14, 14)
    assert [joined.read(5), joined.seek(9), joined.read()] == [b"one, ", 9, b"two, "]
    assert isinstance(two.anew(), Content)
