from __future__ import annotations

import errno
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.backends import get_backend

from pipeline.local.aws import BUCKET, ROLE
from pipeline.local.kept import SERVICES, Keeper, NotKept
from tests.pipeline.local.api.requests import model
from tests.pipeline.local.fakes import Running, clear_moto, own_moto, running


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home; moto is empty, as in a new process."""
    with own_moto():
        yield tmp_path


def again(home: Path) -> Any:
    """A new server on a home, as after `kill -9` of the one before: nothing is saved at its end."""
    clear_moto()
    return running(home)


LARGE = bytes(range(256)) * 400


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


def all_objects(s3: Any) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    return {each["Key"]: s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed}


def contents(home: Path) -> list[str]:
    return [path.name for path in (home / "local" / "aws" / "contents").iterdir()]


TRUST = '{"Version": "2012-10-17", "Statement": []}'


def _s3_rest(of: Callable[[str], Any]) -> None:
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "p"}, "Expiration": {"Days": 3}}
    of("s3").put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    of("s3").put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})


def _kms(of: Callable[[str], Any]) -> None:
    kms = of("kms")
    key = kms.create_key(Description="d")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/k", TargetKeyId=key)
    kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")
    secret = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    of("s3").put_object(Bucket=BUCKET, Key="secret", Body=secret)


def _decrypted(of: Callable[[str], Any]) -> object:
    secret = of("s3").get_object(Bucket=BUCKET, Key="secret")["Body"].read()
    return of("kms").decrypt(CiphertextBlob=secret)["Plaintext"], of("kms").list_aliases()["Aliases"][-1]


def _queue(of: Callable[[str], Any]) -> None:
    """An upload that tells a queue: one write that changes two services."""
    url = of("sqs").create_queue(QueueName="q")["QueueUrl"]
    of("sqs").send_message(QueueUrl=url, MessageBody="m")
    queues = [{"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"]}]
    of("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": queues}
    )
    of("s3").put_object(Bucket=BUCKET, Key="told", Body=b"")


def _messages(of: Callable[[str], Any]) -> object:
    url = of("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    name = "ApproximateNumberOfMessages"
    return of("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]


def _topic(of: Callable[[str], Any]) -> None:
    topic = of("sns").create_topic(Name="t")["TopicArn"]
    of("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")


def _log(of: Callable[[str], Any]) -> None:
    logs = of("logs")
    logs.create_log_group(logGroupName="g")
    logs.put_retention_policy(logGroupName="g", retentionInDays=7)
    for stream in ("s", "deleted"):
        logs.create_log_stream(logGroupName="g", logStreamName=stream)
        for text in ("a", "b"):
            event = {"timestamp": 1_900_000_000_000, "message": text}
            event["timestamp"] = now_ms()
            logs.put_log_events(logGroupName="g", logStreamName=stream, logEvents=[event])
    logs.delete_log_stream(logGroupName="g", logStreamName="deleted")


def now_ms() -> int:
    import time

    return int(time.time() * 1000)


def _logged(of: Callable[[str], Any]) -> object:
    logs = of("logs")
    found = logs.filter_log_events(logGroupName="g")["events"]
    streams = logs.describe_log_streams(logGroupName="g")["logStreams"]
    return logs.describe_log_groups()["logGroups"], found, streams


SCHEDULE = {
    "Name": "s",
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {
        "Arn": "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p",
        "RoleArn": "arn:aws:iam::1:role/r",
    },
}
ALARM = {
    "AlarmName": "a",
    "MetricName": "m",
    "Namespace": "n",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.mark.parametrize(
    ("write", "read"),
    [
        pytest.param(
            _s3_rest,
            lambda of: (
                of("s3").get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"],
                of("s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"],
            ),
            id="s3",
        ),
        pytest.param(
            lambda of: of("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST),
            lambda of: of("iam").get_role(RoleName="r")["Role"],
            id="iam",
        ),
        pytest.param(
            lambda of: of("sts").assume_role(
                RoleArn=f"arn:aws:iam::123456789012:role/{ROLE}", RoleSessionName="session"
            ),
            lambda _: [each.session_name for each in get_backend("sts")["123456789012"]["aws"].assumed_roles],
            id="sts",
        ),
        pytest.param(
            lambda of: of("events").put_rule(Name="r", EventPattern='{"source": ["aws.s3"]}'),
            lambda of: of("events").describe_rule(Name="r")["Arn"],
            id="events",
        ),
        pytest.param(
            lambda of: of("scheduler").create_schedule(**SCHEDULE),
            lambda of: of("scheduler").get_schedule(Name="s")["CreationDate"],
            id="scheduler",
        ),
        pytest.param(_log, _logged, id="logs"),
        pytest.param(
            lambda of: of("cloudwatch").put_metric_alarm(**ALARM),
            lambda of: of("cloudwatch").describe_alarms()["MetricAlarms"],
            id="cloudwatch",
        ),
        pytest.param(_kms, _decrypted, id="kms"),
        pytest.param(_topic, lambda of: of("sns").list_subscriptions()["Subscriptions"], id="sns"),
        pytest.param(_queue, _messages, id="sqs"),
    ],
)
def test_every_service_is_kept(
    home: Path, write: Callable[[Any], object], read: Callable[[Any], object], request: pytest.FixtureRequest
) -> None:
    with running(home) as first:
        write(first.client)
        before = read(first.client)
    with again(home) as second:
        assert second.server.warnings == ()
        assert read(second.client) == before


def test_the_services_that_are_answered_are_kept(server: Running) -> None:
    from pipeline.local.aws import SIGNING_NAMES

    assert sorted(SERVICES) == sorted(SIGNING_NAMES.values())


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


class TestDamage:
    def prepare(self, home: Path) -> Path:
        with running(home) as first:
            s3 = first.client("s3")
            s3.put_object(Bucket=BUCKET, Key="k", Body=b"text")
            s3.put_object(Bucket=BUCKET, Key="large", Body=LARGE)
            first.client("events").put_rule(Name="r", EventPattern='{"source": ["aws.s3"]}')
        return home / "local" / "aws"

    def test_a_damaged_database_is_moved_aside(self, home: Path, caplog: pytest.LogCaptureFixture) -> None:
        folder = self.prepare(home)
        (folder / "aws.db").write_bytes(b"damaged" * 1000)
        with again(home) as second:
            (note,) = second.server.warnings
            (aside,) = [path for path in folder.iterdir() if "damaged" in path.name]
            assert note == (f"what was kept of AWS is damaged and starts empty; the damaged file is {aside}")
            assert second.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
        with again(home) as third:
            assert third.server.warnings == ()
        assert aside.read_bytes() == b"damaged" * 1000

    def test_damaged_records_are_moved_aside(self, home: Path, caplog: pytest.LogCaptureFixture) -> None:
        self.prepare(home)
        records = home / "local" / "records.db"
        records.write_bytes(b"damaged" * 1000)
        with again(home) as second:
            (note,) = second.server.warnings
            (aside,) = [path for path in records.parent.iterdir() if "damaged" in path.name]
            assert note == (
                "the records are damaged (file is not a database) and start empty; "
                f"the damaged file is {aside}"
            )
            assert second.sagemaker.list_models()["Models"] == []
            assert all_objects(second.client("s3")) == {"k": b"text", "large": LARGE}

    def test_what_an_older_version_left_is_said(self, home: Path) -> None:
        folder = self.prepare(home)
        (folder / "s3.pickle").write_bytes(b"")
        with again(home) as second:
            assert second.server.warnings == (
                f"{folder} has *.pickle of an older version, which are not read; remove them",
            )

    def test_a_damaged_service_is_put_aside(self, home: Path, caplog: pytest.LogCaptureFixture) -> None:
        folder = self.prepare(home)
        edit(folder, "UPDATE services SET body = 'damaged' WHERE name = 's3'")
        with again(home) as second:
            (note,) = second.server.warnings
            assert note.startswith(
                "what was kept of s3 is damaged and starts empty; the damaged part is s3.dam"
            )
            assert second.client("events").describe_rule(Name="r")["Name"] == "r"
            assert second.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
        # Its objects are not tidied away: somebody may want to read them.
        assert len(contents(home)) == 1
        with again(home) as third:
            assert third.server.warnings == ()
        assert len(contents(home)) == 1

    @pytest.mark.parametrize("how", ["pickle", "cut", "gone"])
    def test_a_damaged_object_is_left_out(
        self, home: Path, how: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = self.prepare(home)
        (content,) = (folder / "contents").iterdir()
        if how == "pickle":
            edit(folder, "UPDATE entries SET body = x'00' WHERE key = 'large'")
        elif how == "cut":
            content.write_bytes(LARGE[:100])
        else:
            content.unlink()
        with again(home) as second:
            assert second.server.warnings == (
                "what was kept of 'large' is damaged and left out; server.log says why",
            )
            assert "cannot read large" in caplog.text
            s3 = second.client("s3")
            assert all_objects(s3) == {"k": b"text"}
            s3.put_object(Bucket=BUCKET, Key="large", Body=LARGE)
        with again(home) as third:
            assert third.server.warnings == ()
            assert all_objects(third.client("s3")) == {"k": b"text", "large": LARGE}


def edit(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "aws.db")) as database:
        assert database.execute(statement).rowcount == 1
        database.commit()


def test_what_nobody_refers_to_is_removed_at_the_start(home: Path) -> None:
    with running(home) as first:
        first.client("logs").create_log_group(logGroupName="g")
        first.client("logs").create_log_stream(logGroupName="g", logStreamName="s")
        event = {"timestamp": now_ms(), "message": "x"}
        first.client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
        first.client("logs").delete_log_group(logGroupName="g")
    (home / "local" / "aws" / "contents" / "left").write_bytes(b"by a server that was killed")
    with again(home):
        assert contents(home) == []
        with closing(sqlite3.connect(home / "local" / "aws" / "aws.db")) as database:
            for table in ("entries", "tails", "contents"):
                assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


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
