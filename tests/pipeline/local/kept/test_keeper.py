from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from moto.backends import get_backend

from pipeline.local.aws import BUCKET, ROLE
from pipeline.local.kept import Keeper, NotKept
from tests.pipeline.local.api.requests import model
from tests.pipeline.local.fakes import Running, running
from tests.pipeline.local.kept.place import LARGE, TRUST, all_objects, contents, now_ms


class TestAFullDisk:
    @pytest.fixture
    def server(self, home: Path) -> Iterator[Running]:
        with running(home) as server:
            server.client("s3").put_object(Bucket=BUCKET, Key="k", Body=b"before", Tagging="t=1")
            server.client("logs").create_log_group(logGroupName="g")
            server.client("logs").create_log_stream(logGroupName="g", logStreamName="s")
            yield server

    @pytest.fixture
    def full(self, server: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
        def write(_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(server.server._keeper._rows, "write", write)
        return server

    def test_a_write_is_refused_and_not_done(
        self, full: Running, home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        s3, logs = full.client("s3"), full.client("logs")
        event = {"timestamp": now_ms(), "message": "x"}
        calls: list[Callable[[], object]] = [
            lambda: s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", Tagging="t=2"),
            lambda: s3.put_object(Bucket=BUCKET, Key="k", Body=LARGE),
            lambda: s3.put_object(Bucket=BUCKET, Key="new", Body=LARGE),
            lambda: s3.delete_object(Bucket=BUCKET, Key="k"),
            lambda: s3.create_bucket(Bucket="new"),
            lambda: s3.delete_bucket_tagging(Bucket=BUCKET),
            lambda: logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event]),
            lambda: logs.create_log_group(logGroupName="new"),
            lambda: logs.delete_log_stream(logGroupName="g", logStreamName="s"),
            lambda: full.client("sqs").create_queue(QueueName="q"),
        ]
        for number, call in enumerate(calls):
            with pytest.raises(ClientError) as caught:
                call()
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 507, number
            said = "cannot write to its folder: No space left on device. The request was not done."
            assert said in str(caught.value), number
        assert all_objects(s3) == {"k": b"before"}
        tags = s3.get_object_tagging(Bucket=BUCKET, Key="k")["TagSet"]
        assert tags == [{"Key": "t", "Value": "1"}]
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
        assert logs.get_log_events(logGroupName="g", logStreamName="s")["events"] == []
        assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["g"]
        assert "QueueUrls" not in full.client("sqs").list_queues()
        assert contents(home) == []

    def test_what_was_refused_can_be_written_later(self, server: Running, home: Path) -> None:
        s3, database = server.client("s3"), server.server._keeper._rows._db
        # A number below what is in use: the file cannot grow.
        database.execute("PRAGMA max_page_count = 1")
        with pytest.raises(ClientError, match="No space left on device"):
            s3.put_object(Bucket=BUCKET, Key="new", Body=b"x" * 16_000)
        with pytest.raises(NotKept) as caught:
            server.server._runners.objects.write(BUCKET, "new", b"x" * 16_000)  # type: ignore[attr-defined]
        assert (caught.value.errno, caught.value.strerror) == (errno.ENOSPC, "No space left on device")
        database.execute("PRAGMA max_page_count = 1000000")
        s3.put_object(Bucket=BUCKET, Key="new", Body=b"x" * 16_000)
        assert all_objects(s3) == {"k": b"before", "new": b"x" * 16_000}

    def test_records_are_refused_as_well(self, server: Running) -> None:
        database = server.server.records._db
        database.execute("PRAGMA max_page_count = 1")
        large = model("m") | {"Tags": [{"Key": f"k{number}", "Value": "v" * 200} for number in range(40)]}
        with pytest.raises(ClientError) as caught:
            server.sagemaker.create_model(**large)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 507
        assert caught.value.response["Error"] == {
            "Code": "InsufficientStorage",
            "Message": "The local SageMaker cannot write to its folder: database or disk is full.",
        }
        database.execute("PRAGMA max_page_count = 1000000")
        server.sagemaker.create_model(**(large | {"ModelName": "other"}))

    def test_a_content_that_cannot_be_written(self, server: Running, home: Path) -> None:
        s3 = server.client("s3")
        (home / "local" / "aws" / "contents").rmdir()
        with pytest.raises(ClientError, match="No such file or directory"):
            s3.put_object(Bucket=BUCKET, Key="k", Body=LARGE)
        assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"before"


def test_blocks_within_blocks_are_kept_once(home: Path) -> None:
    keeper = Keeper(home)
    assert keeper.restore() == ()
    iam = get_backend("iam")["100000000009"]["aws"]
    with keeper.keeping():
        with keeper.keeping():
            iam.create_user("us-east-1", "u", "/")
        assert keeper._rows.service("iam") is None
        get_backend("iam")["100000000009"]["aws"]
    assert keeper._rows.service("iam") is not None
    keeper.close()


def test_a_bug_while_it_is_kept_undoes_the_write(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with running(home) as server, caplog.at_level(logging.ERROR):
        backend = get_backend("iam")["123456789012"]["aws"]
        backend.cannot_be_pickled = lambda: None
        with pytest.raises(ClientError, match="a bug in imgpipe"):
            server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
        roles = server.client("iam").list_roles()["Roles"]
        assert [role["RoleName"] for role in roles] == [ROLE]
