"""What moto tells of and what it refuses, through boto3, on a server with stand-ins for jobs."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pipeline.local.arns import arn
from tests.pipeline.local.api.requests import ROLE, error_of
from tests.pipeline.local.events.bus import Bus, bucket
from tests.pipeline.local.fakes import Running


def test_objects_that_are_made_and_deleted(server: Running, bus: Bus, name: str) -> None:
    s3 = bucket(server, name)
    bus.rule({"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}})
    s3.put_object(Bucket=name, Key="a b", Body=b"12345")
    s3.copy_object(Bucket=name, Key="c", CopySource={"Bucket": name, "Key": "a b"})
    upload = s3.create_multipart_upload(Bucket=name, Key="m")["UploadId"]
    part = s3.upload_part(Bucket=name, Key="m", UploadId=upload, PartNumber=1, Body=b"123")
    s3.complete_multipart_upload(
        Bucket=name,
        Key="m",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    s3.delete_object(Bucket=name, Key="c")
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "a b"}]})
    # What was never there tells nothing.
    s3.delete_object(Bucket=name, Key="missing")
    server.objects.write(name, "by a job", b"1")  # type: ignore[attr-defined]
    found = bus.received(6)
    told = [
        (each["detail-type"], each["detail"]["object"]["key"], each["detail"]["reason"]) for each in found
    ]
    assert told == [
        ("Object Created", "a b", "PutObject"),
        ("Object Created", "c", "CopyObject"),
        ("Object Created", "m", "CompleteMultipartUpload"),
        ("Object Deleted", "c", "DeleteObject"),
        ("Object Deleted", "a b", "DeleteObject"),
        ("Object Created", "by a job", "PutObject"),
    ]
    sequence = [each["detail"]["object"]["sequencer"] for each in found]
    assert sequence == sorted(sequence)
    first, deleted = found[0], found[3]
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"
    assert re.fullmatch(r"[0-9a-f-]{36}", first.pop("id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first.pop("time"))
    for key in ("request-id", "source-ip-address"):
        first["detail"].pop(key)
    assert first == {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [f"arn:aws:s3:::{name}"],
        "detail": {
            "version": "0",
            "bucket": {"name": name},
            "object": {
                "key": "a b",
                "size": 5,
                "etag": "827ccb0eea8a706c4c34a16891f84e7b",
                "sequencer": sequence[0],
            },
            "requester": "123456789012",
            "reason": "PutObject",
        },
    }


def test_objects_with_versions(server: Running, bus: Bus, name: str) -> None:
    s3 = bucket(server, name, versions=True)
    bus.rule({"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}})
    version = s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket=name, Key="k")["VersionId"]
    s3.delete_object(Bucket=name, Key="k", VersionId=marker)
    s3.delete_object(Bucket=name, Key="k", VersionId=version)
    found = [each["detail"] for each in bus.received(4)]
    assert [(each["object"]["version-id"], each.get("deletion-type")) for each in found] == [
        (version, None),
        (marker, "Delete Marker Created"),
        (marker, "Permanently Deleted"),
        (version, "Permanently Deleted"),
    ]


def test_a_bucket_tells_nothing_unless_it_is_told_to(server: Running, bus: Bus, name: str) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name)
    bus.rule({"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}})
    s3.put_object(Bucket=name, Key="k", Body=b"1")
    assert bus.fired() == []


def test_events_of_a_user(bus: Bus, name: str) -> None:
    bus.rule({"source": [name]})
    entry = {"Source": name, "DetailType": "T", "Detail": '{"n": 1}', "Resources": ["r"]}
    answer = bus.events.put_events(Entries=[entry, {**entry, "Detail": "no JSON"}])
    assert answer["FailedEntryCount"] == 1
    (found,) = bus.received(1)
    assert found["id"] == answer["Entries"][0]["EventId"]
    assert (found["detail-type"], found["resources"], found["detail"]) == ("T", ["r"], {"n": 1})
    assert len(bus.fired()) == 1


def test_a_disabled_rule_does_not_fire(bus: Bus, name: str) -> None:
    bus.rule({"source": [name]})
    entry = {"Source": name, "DetailType": "T", "Detail": "{}"}
    bus.events.disable_rule(Name=name)
    bus.events.put_events(Entries=[entry])
    assert bus.fired() == []
    bus.events.enable_rule(Name=name)
    bus.events.put_events(Entries=[entry])
    assert len(bus.fired()) == 1


def test_the_test_of_a_pattern(bus: Bus) -> None:
    event = {
        "id": "1",
        "account": "1",
        "source": "s",
        "time": "2026-11-23T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail-type": "t",
        "detail": {"n": 5},
    }
    for number, expected in ((5, True), (6, False)):
        pattern = json.dumps({"detail": {"n": [number]}})
        answer = bus.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
        assert answer["Result"] is expected
    bus.rule({"source": ["never"]})


@pytest.mark.parametrize(
    ("service", "operation", "request_", "expected"),
    [
        pytest.param(
            "events",
            "put_rule",
            {"Name": "bad", "EventPattern": '{"a": [{"like": "x"}]}'},
            (
                "InvalidEventPatternException",
                "Event pattern is not valid. Reason: Unrecognized match type like",
            ),
            id="pattern",
        ),
        pytest.param(
            "events",
            "put_rule",
            {"Name": "bad", "ScheduleExpression": "rate(1 days)"},
            (
                "ValidationException",
                (
                    "Parameter ScheduleExpression is not valid. Reason: "
                    "'1 days': 1 goes with day, other numbers with days"
                ),
            ),
            id="schedule of a rule",
        ),
        pytest.param(
            "events",
            "put_targets",
            {"Rule": "bad", "Targets": [{"Id": "p", "Arn": arn("Pipeline", "p")}]},
            (
                "ValidationException",
                f"RoleArn is required for target {arn('Pipeline', 'p')}.",
            ),
            id="target without a role",
        ),
        pytest.param(
            "scheduler",
            "create_schedule",
            {
                "Name": "bad",
                "ScheduleExpression": "cron(0 12 * * * *)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": arn("Pipeline", "p"), "RoleArn": ROLE},
            },
            (
                "ValidationException",
                (
                    "Invalid Schedule Expression cron(0 12 * * * *). Reason: "
                    "one of day-of-month and day-of-week must be ?, and not both"
                ),
            ),
            id="schedule",
        ),
        pytest.param(
            "scheduler",
            "create_schedule",
            {
                "Name": "bad",
                "ScheduleExpression": "rate(1 day)",
                "FlexibleTimeWindow": {"Mode": "FLEXIBLE"},
                "Target": {"Arn": arn("Pipeline", "p"), "RoleArn": ROLE},
            },
            (
                "ValidationException",
                "FlexibleTimeWindow of mode FLEXIBLE must have MaximumWindowInMinutes, from 1 to 1440.",
            ),
            id="window",
        ),
    ],
)
def test_what_aws_refuses_is_refused(
    server: Running, service: str, operation: str, request_: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert error_of(getattr(server.client(service), operation), **request_) == expected


def test_a_name_with_an_underscore_is_refused(server: Running, bus: Bus, name: str) -> None:
    bus.rule({"source": [name]})
    parameters = {"PipelineParameterList": [{"Name": "a_b", "Value": "x"}]}
    target = {
        "Id": "p",
        "Arn": arn("Pipeline", name),
        "RoleArn": ROLE,
        "SageMakerPipelineParameters": parameters,
    }
    code, message = error_of(bus.events.put_targets, Rule=name, Targets=[target])
    assert code == "ValidationException"
    assert message.startswith(
        "1 validation error detected: Value 'a_b' at 'targets.1.member.sageMakerPipeline"
    )


def test_an_update_of_a_schedule_sets_everything(server: Running, name: str) -> None:
    scheduler = server.client("scheduler")
    same = {
        "Name": name,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ScheduleExpression": "rate(1 day)",
        "Target": {"Arn": arn("Pipeline", name), "RoleArn": ROLE},
    }
    scheduler.create_schedule(**same, State="DISABLED")
    scheduler.update_schedule(**same, State="DISABLED", ActionAfterCompletion="DELETE")
    assert scheduler.get_schedule(Name=name)["ActionAfterCompletion"] == "DELETE"
    scheduler.update_schedule(**same)
    found = scheduler.get_schedule(Name=name)
    assert (found["ActionAfterCompletion"], found["State"]) == ("NONE", "ENABLED")
    scheduler.delete_schedule(Name=name)


def test_a_schedule_of_an_unknown_group_is_refused(server: Running, name: str) -> None:
    code, message = error_of(
        server.client("scheduler").create_schedule,
        Name=name,
        GroupName=name,
        FlexibleTimeWindow={"Mode": "OFF"},
        ScheduleExpression="rate(1 day)",
        Target={"Arn": arn("Pipeline", name), "RoleArn": ROLE},
    )
    assert (code, message) == ("ResourceNotFoundException", f"Schedule group {name} does not exist.")


def test_many_uploads_at_once_fire_once_each(server: Running, bus: Bus, name: str) -> None:
    s3 = bucket(server, name)
    bus.rule({"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}})
    keys = [f"{number}.jpg" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=name, Key=key, Body=key.encode()), keys))
    assert sorted(each["detail"]["object"]["key"] for each in bus.received(len(keys))) == sorted(keys)
    assert len(bus.fired()) == len(keys)


def test_an_archive_keeps_what_users_send(bus: Bus, name: str) -> None:
    source = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    pattern = json.dumps({"source": [name]})
    bus.events.create_archive(ArchiveName=name, EventSourceArn=source, EventPattern=pattern)
    bus.rule({"source": [name]})
    bus.events.put_events(Entries=[{"Source": name, "DetailType": "T", "Detail": "{}"}])
    assert len(bus.received(1)) == len(bus.fired()) == 1
    assert bus.events.describe_archive(ArchiveName=name)["EventCount"] == 1
    bus.events.delete_archive(ArchiveName=name)
