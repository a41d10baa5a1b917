"""A real server, killed as soon as it has acknowledged what fires."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.arns import arn
from pipeline.local.events.history import firings
from pipeline.local.lifecycle import LocalEndpoint, ensure_running, stop
from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.definitions import BUCKET, definition, fail
from tests.pipeline.local.test_lifecycle import client

ROUNDS = 2


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose server is ended after the test."""
    yield tmp_path
    stop(tmp_path)


def kill(at: LocalEndpoint) -> None:
    os.kill(at.pid, signal.SIGKILL)
    os.waitpid(at.pid, 0)


def executions(at: LocalEndpoint) -> list[str]:
    """The keys that have started the executions, when all have ended."""
    sagemaker = client(at, "sagemaker")
    for _ in range(200):
        found = sagemaker.list_pipeline_executions(PipelineName="p")["PipelineExecutionSummaries"]
        if all(each["PipelineExecutionStatus"] == "Failed" for each in found) and found:
            break
        time.sleep(0.05)
    given = [
        sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=each["PipelineExecutionArn"])
        for each in found
    ]
    return sorted(answer["PipelineParameters"][0]["Value"] for answer in given)


def test_an_acknowledged_upload_starts_one_execution(home: Path) -> None:
    at = ensure_running(home, 0)
    text = definition(fail("End", "over"), parameters={"Key": "-"})
    client(at, "sagemaker").create_pipeline(PipelineName="p", PipelineDefinition=text, RoleArn=ROLE)
    client(at, "s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    target: dict[str, Any] = {"Id": "p", "Arn": arn("Pipeline", "p"), "RoleArn": ROLE}
    values = [{"Name": "Key", "Value": "$.detail.object.key"}]
    target["SageMakerPipelineParameters"] = {"PipelineParameterList": values}
    events = client(at, "events")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["aws.s3"]}))
    events.put_targets(Rule="r", Targets=[target])
    for number in range(ROUNDS):
        client(at, "s3").put_object(Bucket=BUCKET, Key=f"marker-{number}", Body=b"")
        kill(at)
        at = ensure_running(home, 0)
    expected = [f"marker-{number}" for number in range(ROUNDS)]
    for _ in range(200):
        if [each["Status"] for each in firings(home, 10)] == ["Delivered"] * ROUNDS:
            break
        time.sleep(0.05)
    assert executions(at) == expected
    assert [each["Event"]["detail"]["object"]["key"] for each in firings(home, 10)] == expected
