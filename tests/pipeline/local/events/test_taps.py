"""Through boto3, on a server with stand-ins for jobs and endpoints."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pipeline.local.arns import arn
from pipeline.local.events.firing import FIRING
from pipeline.local.events.guard import LIMITS
from pipeline.local.records import Record
from tests.pipeline.local.api.requests import ROLE, error_of, training
from tests.pipeline.local.definitions import definition, fail
from tests.pipeline.local.fakes import Running


class Bus:
    """Rules of one test, and what they fire."""

    def __init__(self, server: Running, name: str) -> None:
        self.server, self.name = server, name
        self.events, self.sqs = server.client("events"), server.client("sqs")
        self.url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        self.queue = f"arn:aws:sqs:us-east-1:123456789012:{name}"

    def rule(self, pattern: dict[str, Any], *targets: dict[str, Any]) -> None:
        self.events.put_rule(Name=self.name, EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule=self.name, Targets=targets or [{"Id": "q", "Arn": self.queue}])

    def received(self, count: int) -> list[dict[str, Any]]:
        """The first events that the queue receives; without their ids."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            answer = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=10, MaxNumberOfMessages=1)
            assert "Messages" in answer, found
            (message,) = answer["Messages"]
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"]))
        return found

    def fired(self) -> list[Record]:
        """The firings of the rule, when all are delivered."""
        rule = f":rule/{self.name}"
        found = [each for each in self.server.server.records.list(FIRING) if each["Source"].endswith(rule)]
        return [self.server.wait_for(FIRING, each["FiringId"], NextAttemptTime=None) for each in found]


@pytest.fixture
def bus(server: Running, name: str) -> Any:
    made = Bus(server, name)
    yield made
    made.events.remove_targets(Rule=name, Ids=["q", "p"])
    made.events.delete_rule(Name=name)


def pipeline(server: Running, name: str, **parameters: str) -> dict[str, Any]:
    """Create a pipeline; returns it as a target with these values."""
    text = definition(fail("End", "over"), parameters=dict.fromkeys(parameters, "-"))
    server.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
    given = [{"Name": key, "Value": value} for key, value in parameters.items()]
    return {
        "Id": "p",
        "Arn": arn("Pipeline", name),
        "RoleArn": ROLE,
        "SageMakerPipelineParameters": {"PipelineParameterList": given},
    }


def bucket(server: Running, name: str, *, versions: bool = False) -> Any:
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name)
    if versions:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return s3


def test_the_upload_of_a_marker_starts_an_execution(server: Running, bus: Bus, name: str) -> None:
    s3 = bucket(server, name)
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [name]}, "object": {"key": [{"wildcard": "train/*_READY"}]}},
    }
    bus.rule(pattern, pipeline(server, name, Key="$.detail.object.key", Bucket="$.detail.bucket.name"))
    s3.put_object(Bucket=name, Key="train/1.jpg", Body=b"x")
    s3.put_object(Bucket=name, Key="train/_READY", Body=b"")
    (firing,) = bus.fired()
    assert firing["Status"] == "Delivered"
    answer = server.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=firing["Result"])
    assert answer["PipelineParameters"] == [
        {"Name": "Bucket", "Value": name},
        {"Name": "Key", "Value": "train/_READY"},
    ]
    executions = server.sagemaker.list_pipeline_executions(PipelineName=name)
    assert len(executions["PipelineExecutionSummaries"]) == 1


def test_an_approval_starts_an_execution(server: Running, bus: Bus, name: str) -> None:
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": [name], "ModelApprovalStatus": ["Approved"]},
    }
    bus.rule(pattern, pipeline(server, name, ModelPackageArn="$.detail.ModelPackageArn"))
    server.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    package = server.sagemaker.create_model_package(ModelPackageGroupName=name)["ModelPackageArn"]
    assert bus.fired() == []
    server.sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    (firing,) = bus.fired()
    answer = server.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=firing["Result"])
    assert answer["PipelineParameters"] == [{"Name": "ModelPackageArn", "Value": package}]


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


def test_the_states_of_a_job(server: Running, bus: Bus, name: str) -> None:
    bus.rule({"source": ["aws.sagemaker"], "detail": {"TrainingJobName": [name]}})
    server.sagemaker.create_training_job(**training(name), Tags=[{"Key": "a", "Value": "b"}])
    first, last = bus.received(2)
    assert [each["detail"]["TrainingJobStatus"] for each in (first, last)] == ["InProgress", "Completed"]
    assert last["detail-type"] == "SageMaker Training Job State Change"
    assert last["resources"] == [arn("TrainingJob", name)]
    assert last["detail"]["Tags"] == {"a": "b"}
    assert isinstance(last["detail"]["CreationTime"], int)


def test_the_states_of_an_execution_and_its_steps(server: Running, bus: Bus, name: str) -> None:
    target = pipeline(server, name)
    bus.rule({"source": ["aws.sagemaker"], "detail": {"pipelineArn": [target["Arn"]]}})
    execution = server.sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    found = [(each["detail-type"].split()[-3], each["detail"]) for each in bus.received(4)]
    assert all(detail["pipelineExecutionArn"] == execution for _, detail in found)
    key = {"Execution": "PipelineExecutionStatus", "Step": "StepStatus"}
    told = [
        (kind, detail.get(f"previous{key[kind]}"), detail[f"current{key[kind]}"]) for kind, detail in found
    ]
    assert told == [
        ("Execution", None, "Executing"),
        ("Step", None, "Executing"),
        ("Step", "Executing", "Failed"),
        ("Execution", "Executing", "Failed"),
    ]
    step, end = found[2][1], found[3][1]
    assert (step["stepName"], step["stepType"], step["failureReason"]) == ("End", "Fail", "over")
    assert "executionEndTime" in end
    assert "executionEndTime" not in found[0][1]


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


def test_a_schedule_starts_an_execution(server: Running, name: str) -> None:
    target = pipeline(server, name, Why="x")
    target.pop("Id")
    target["SageMakerPipelineParameters"]["PipelineParameterList"][0]["Value"] = "scheduled"
    scheduler = server.client("scheduler")
    made = scheduler.create_schedule(
        Name=name,
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )["ScheduleArn"]
    # Done, if the server's own thread has not done it yet.
    server.server.bridge.run_due()
    (fired,) = [each for each in server.server.records.list(FIRING) if each["Source"] == made]
    ended = server.wait_for(FIRING, fired["FiringId"], Status="Delivered")
    answer = server.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=ended["Result"])
    assert answer["PipelineParameters"] == [{"Name": "Why", "Value": "scheduled"}]
    scheduler.delete_schedule(Name=name)


def test_a_pipeline_that_writes_what_starts_it_is_stopped(server: Running, bus: Bus, name: str) -> None:
    s3 = bucket(server, name)
    bus.rule({"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}}, pipeline(server, name))
    for number in range(LIMITS[0][1] + 1):
        s3.put_object(Bucket=name, Key=str(number), Body=b"")
    assert [each["Status"] for each in bus.fired()] == ["Delivered"] * LIMITS[0][1] + ["Failed"]
    assert bus.events.describe_rule(Name=name)["State"] == "DISABLED"


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
