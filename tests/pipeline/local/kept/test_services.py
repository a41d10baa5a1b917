from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from moto.backends import get_backend

from pipeline.local.aws import BUCKET, ROLE, SIGNING_NAMES
from pipeline.local.kept import SERVICES
from tests.pipeline.local.fakes import Running, running
from tests.pipeline.local.kept.place import TRUST, again, now_ms


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
    assert sorted(SERVICES) == sorted(SIGNING_NAMES.values())
