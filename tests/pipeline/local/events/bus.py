"""Rules of one test on the server's bus, and what they fire."""

from __future__ import annotations

import json
from typing import Any

from pipeline.local.arns import arn
from pipeline.local.events.firing import FIRING
from pipeline.local.records import Record
from tests.pipeline.local.api.requests import ROLE
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
