from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from pipeline.local.aws import BUCKET
from tests.pipeline.local.fakes import running
from tests.pipeline.local.kept.place import LARGE, again, all_objects, contents


class TestObjects:
    def test_all_of_an_object_is_there_again(self, home: Path) -> None:
        with running(home) as first:
            s3 = first.client("s3")
            for key, body in (("small", b"text"), ("large", LARGE), ("ü/empty", b"")):
                s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata={"a": "b"}, Tagging="t=1")
            before = {key: s3.head_object(Bucket=BUCKET, Key=key) for key in ("small", "large", "ü/empty")}
        with again(home) as second:
            assert second.server.warnings == ()
            s3 = second.client("s3")
            for key, body in (("small", b"text"), ("large", LARGE), ("ü/empty", b"")):
                found = s3.get_object(Bucket=BUCKET, Key=key)
                assert found["Body"].read() == body
                for member in ("ETag", "LastModified", "Metadata", "TagCount", "ContentLength"):
                    assert found.get(member) == before[key].get(member) or member == "TagCount"
                tags = s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]
                assert tags == [{"Key": "t", "Value": "1"}]
            assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 3

    def test_the_last_write_counts_and_leaves_no_content(self, home: Path) -> None:
        with running(home) as first:
            s3 = first.client("s3")
            for body in (LARGE, b"x" + LARGE, b"small", b"last" + LARGE):
                s3.put_object(Bucket=BUCKET, Key="k", Body=body)
            s3.put_object(Bucket=BUCKET, Key="gone", Body=LARGE)
            s3.delete_object(Bucket=BUCKET, Key="gone")
            s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/k")
            assert len(contents(home)) == 2
        with again(home) as second:
            s3 = second.client("s3")
            for key in ("k", "copy"):
                assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"last" + LARGE
            assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 2

    def test_versions_keep_their_ids(self, home: Path) -> None:
        with running(home) as first:
            s3 = first.client("s3")
            s3.create_bucket(Bucket="versions")
            enabled = {"Status": "Enabled"}
            s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration=enabled)
            put = [s3.put_object(Bucket="versions", Key="k", Body=body) for body in (b"1", LARGE)]
            marker = s3.delete_object(Bucket="versions", Key="k")
        with again(home) as second:
            s3 = second.client("s3")
            for made, body in zip(put, (b"1", LARGE), strict=True):
                found = s3.get_object(Bucket="versions", Key="k", VersionId=made["VersionId"])
                assert found["Body"].read() == body
            listed = s3.list_object_versions(Bucket="versions")
            assert [each["VersionId"] for each in listed["DeleteMarkers"]] == [marker["VersionId"]]
            s3.delete_object(Bucket="versions", Key="k", VersionId=marker["VersionId"])
            assert s3.get_object(Bucket="versions", Key="k")["Body"].read() == LARGE

    def test_an_upload_goes_on_after_a_restart(self, home: Path) -> None:
        part = LARGE * 60
        with running(home) as first:
            s3 = first.client("s3")
            upload = s3.create_multipart_upload(Bucket=BUCKET, Key="k", Metadata={"a": "b"})["UploadId"]
            at = {"Bucket": BUCKET, "Key": "k", "UploadId": upload}
            one = s3.upload_part(**at, PartNumber=1, Body=part)
            other = s3.create_multipart_upload(Bucket=BUCKET, Key="aborted")["UploadId"]
            s3.upload_part(Bucket=BUCKET, Key="aborted", UploadId=other, PartNumber=1, Body=part)
            s3.abort_multipart_upload(Bucket=BUCKET, Key="aborted", UploadId=other)
            assert len(contents(home)) == 1
        with again(home) as second:
            s3 = second.client("s3")
            two = s3.upload_part(**at, PartNumber=2, Body=b"end")
            parts = [{"PartNumber": n, "ETag": each["ETag"]} for n, each in ((1, one), (2, two))]
            s3.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})
            assert len(contents(home)) == 1
        with again(home) as third:
            s3 = third.client("s3")
            found = s3.get_object(Bucket=BUCKET, Key="k")
            assert (found["Body"].read() == part + b"end", found["Metadata"]) == (True, {"a": "b"})
            assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)

    def test_a_bucket_made_again_is_empty(self, home: Path) -> None:
        with running(home) as first:
            s3 = first.client("s3")
            s3.create_bucket(Bucket="again")
            s3.create_multipart_upload(Bucket="again", Key="k")
            s3.delete_bucket(Bucket="again")
            s3.create_bucket(Bucket="again")
        with again(home) as second:
            s3 = second.client("s3")
            assert s3.list_objects_v2(Bucket="again")["KeyCount"] == 0
            assert "Uploads" not in s3.list_multipart_uploads(Bucket="again")

    def test_many_writers_at_once(self, home: Path) -> None:
        def write(s3: Any, number: int) -> None:
            for each in range(20):
                body = f"{number} {each}".encode() * (1 if each % 2 else 10_000)
                s3.put_object(Bucket=BUCKET, Key=f"k{each % 4}", Body=body)
                s3.put_object(Bucket=BUCKET, Key=f"{number}/{each}", Body=body)

        with running(home) as first:
            s3 = first.client("s3")
            threads = [threading.Thread(target=write, args=(s3, number)) for number in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            before = all_objects(s3)
            assert len(before) == 124
            assert len(contents(home)) == sum(len(body) > 16 * 1024 for body in before.values())
        with again(home) as second:
            assert all_objects(second.client("s3")) == before
