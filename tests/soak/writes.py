"""What is written during a soak: for each kind a way to write a value and a way to read it back."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from botocore.exceptions import ClientError

from tests.pipeline.local.api.requests import ROLE, model
from tests.pipeline.local.definitions import BUCKET
from tests.soak.server import Clients

VERSIONED = "soak-versioned"
GROUP = "/soak"
QUEUE = "soak"
_SIZES = (10, 1_000, 30_000, 300_000, 3_000_000)
_PART = 5 * 1024 * 1024
_NAMES = 8


@dataclass(frozen=True)
class Write:
    """One write that is about to be done.

    Attributes:
        key: What is written.
        value: What reading it gives after that: text, or None for nothing.
        do: Does it; returns when it is acknowledged.
    """

    key: str
    value: str | None
    do: Callable[[], object]


@dataclass(frozen=True)
class Kind:
    """One kind of thing that is written.

    Attributes:
        plan: Chooses what to write next: clients, random numbers, a number that no other write has, and what
            is known of each key.
        read: The value of a key, or None.
    """

    plan: Callable[[Clients, Random, int, Mapping[str, str | None]], Write]
    read: Callable[[Clients, str], str | None]


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _plan_object(clients: Clients, rng: Random, number: int, _: Mapping[str, str | None]) -> Write:
    s3, key = clients.of("s3"), f"objects/{rng.randrange(_NAMES)}"
    if rng.random() < 0.2:
        return Write(key, None, lambda: s3.delete_object(Bucket=BUCKET, Key=key))
    body = rng.randbytes(rng.choice(_SIZES))
    put = {"Bucket": BUCKET, "Key": key, "Metadata": {"number": str(number)}, "Tagging": f"number={number}"}
    return Write(key, f"{number} {number} {_digest(body)}", lambda: s3.put_object(Body=body, **put))


def _read_object(clients: Clients, key: str) -> str | None:
    s3 = clients.of("s3")
    try:
        found = s3.get_object(Bucket=BUCKET, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    (tag,) = s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]
    return f"{found['Metadata']['number']} {tag['Value']} {_digest(found['Body'].read())}"


def _plan_upload(clients: Clients, rng: Random, number: int, _: Mapping[str, str | None]) -> Write:
    key, body = f"uploads/{rng.randrange(2)}", rng.randbytes(2 * _PART + number)

    def upload() -> None:
        from boto3.s3.transfer import TransferConfig

        config = TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART, max_concurrency=2)
        clients.of("s3").upload_fileobj(io.BytesIO(body), BUCKET, key, Config=config)

    return Write(key, _digest(body), upload)


def _read_upload(clients: Clients, key: str) -> str | None:
    s3 = clients.of("s3")
    try:
        return _digest(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None


def _plan_version(clients: Clients, rng: Random, number: int, known: Mapping[str, str | None]) -> Write:
    s3, key = clients.of("s3"), f"v{rng.randrange(3)}"
    text = f"{known[key]} {number}" if known.get(key) else str(number)
    return Write(key, text, lambda: s3.put_object(Bucket=VERSIONED, Key=key, Body=str(number).encode()))


def _read_version(clients: Clients, key: str) -> str | None:
    """The contents of all versions, oldest first."""
    s3 = clients.of("s3")
    found = s3.list_object_versions(Bucket=VERSIONED, Prefix=key).get("Versions", [])
    bodies = [s3.get_object(Bucket=VERSIONED, Key=key, VersionId=each["VersionId"])["Body"] for each in found]
    return " ".join(sorted((body.read().decode() for body in bodies), key=int)) or None


def _plan_log(clients: Clients, rng: Random, number: int, known: Mapping[str, str | None]) -> Write:
    import time

    logs, key = clients.of("logs"), f"s{rng.randrange(3)}"
    text = f"{known[key]} {number}" if known.get(key) else str(number)

    def put() -> None:
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=GROUP, logStreamName=key)
        events = [{"timestamp": int(time.time() * 1000), "message": str(number)}]
        logs.put_log_events(logGroupName=GROUP, logStreamName=key, logEvents=events)

    return Write(key, text, put)


def _read_log(clients: Clients, key: str) -> str | None:
    logs = clients.of("logs")
    try:
        found = logs.get_log_events(logGroupName=GROUP, logStreamName=key, startFromHead=True, limit=10_000)
    except logs.exceptions.ResourceNotFoundException:
        return None
    return " ".join(event["message"] for event in found["events"]) or None


def _plan_role(clients: Clients, rng: Random, number: int, known: Mapping[str, str | None]) -> Write:
    iam, key = clients.of("iam"), f"role-{rng.randrange(_NAMES)}"
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    if known.get(key) is None:
        role = {"RoleName": key, "AssumeRolePolicyDocument": trust, "Description": str(number)}
        return Write(key, str(number), lambda: iam.create_role(**role))
    return Write(key, str(number), lambda: iam.update_role(RoleName=key, Description=str(number)))


def _read_role(clients: Clients, key: str) -> str | None:
    iam = clients.of("iam")
    try:
        return str(iam.get_role(RoleName=key)["Role"]["Description"])
    except iam.exceptions.NoSuchEntityException:
        return None


def _plan_rule(clients: Clients, rng: Random, number: int, _: Mapping[str, str | None]) -> Write:
    key, events = f"rule-{rng.randrange(_NAMES)}", clients.of("events")
    rule = {"Name": key, "EventPattern": '{"source": ["aws.s3"]}', "Description": str(number)}
    return Write(key, str(number), lambda: events.put_rule(**rule))


def _read_rule(clients: Clients, key: str) -> str | None:
    events = clients.of("events")
    try:
        return str(events.describe_rule(Name=key)["Description"])
    except events.exceptions.ResourceNotFoundException:
        return None


def _plan_schedule(clients: Clients, _: Random, number: int, __: Mapping[str, str | None]) -> Write:
    scheduler, key = clients.of("scheduler"), f"schedule-{number}"
    schedule = {
        "Name": key,
        "ScheduleExpression": "rate(300 days)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:sagemaker:us-east-1:123456789012:pipeline/none", "RoleArn": ROLE},
    }
    return Write(key, key, lambda: scheduler.create_schedule(**schedule))


def _read_schedule(clients: Clients, key: str) -> str | None:
    scheduler = clients.of("scheduler")
    try:
        return str(scheduler.get_schedule(Name=key)["Name"])
    except scheduler.exceptions.ResourceNotFoundException:
        return None


def _plan_alarm(clients: Clients, rng: Random, number: int, _: Mapping[str, str | None]) -> Write:
    key, cloudwatch = f"alarm-{rng.randrange(_NAMES)}", clients.of("cloudwatch")
    alarm = {
        "AlarmName": key,
        "AlarmDescription": str(number),
        "MetricName": "m",
        "Namespace": "n",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    return Write(key, str(number), lambda: cloudwatch.put_metric_alarm(**alarm))


def _read_alarm(clients: Clients, key: str) -> str | None:
    found = clients.of("cloudwatch").describe_alarms(AlarmNames=[key])["MetricAlarms"]
    return str(found[0]["AlarmDescription"]) if found else None


def _plan_message(clients: Clients, _: Random, number: int, known: Mapping[str, str | None]) -> Write:
    sqs = clients.of("sqs")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    count = int(known.get(QUEUE) or 0) + 1
    return Write(QUEUE, str(count), lambda: sqs.send_message(QueueUrl=url, MessageBody=str(number)))


def _read_message(clients: Clients, key: str) -> str | None:
    sqs = clients.of("sqs")
    name = "ApproximateNumberOfMessages"
    url = sqs.get_queue_url(QueueName=key)["QueueUrl"]
    count = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
    return None if count == "0" else str(count)


def _plan_model(clients: Clients, _: Random, number: int, __: Mapping[str, str | None]) -> Write:
    key = f"model-{number}"
    return Write(key, key, lambda: clients.of("sagemaker").create_model(**model(key)))


def _read_model(clients: Clients, key: str) -> str | None:
    try:
        return str(clients.of("sagemaker").describe_model(ModelName=key)["ModelName"])
    except ClientError as error:
        if "Could not find model" not in str(error):
            raise
        return None


KINDS: Mapping[str, Kind] = {
    "object": Kind(_plan_object, _read_object),
    "upload": Kind(_plan_upload, _read_upload),
    "version": Kind(_plan_version, _read_version),
    "log": Kind(_plan_log, _read_log),
    "role": Kind(_plan_role, _read_role),
    "rule": Kind(_plan_rule, _read_rule),
    "schedule": Kind(_plan_schedule, _read_schedule),
    "alarm": Kind(_plan_alarm, _read_alarm),
    "message": Kind(_plan_message, _read_message),
    "model": Kind(_plan_model, _read_model),
}


def prepare(clients: Clients) -> None:
    """Make what the writes need, clients included: to make one takes longer than some servers live."""
    for service in ("cloudwatch", "events", "iam", "sagemaker-runtime", "scheduler"):
        clients.of(service)
    s3 = clients.of("s3")
    s3.create_bucket(Bucket=VERSIONED)
    s3.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
    clients.of("logs").create_log_group(logGroupName=GROUP)
    clients.of("sqs").create_queue(QueueName=QUEUE)
