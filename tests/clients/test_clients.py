"""Clients that others wrote, each in a process of its own, told of the server by the environment alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.definitions import BUCKET, definition, fail

ROOT = Path(__file__).parents[2]


def test_the_sdk(variables: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.clients.sdk"],
        cwd=ROOT,
        env=dict(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "bucket": BUCKET,
        "read": "hello",
        "job": "Completed",
        "jobs": ["sdk"],
        "training": [],
        "trainer": "arn:aws:iam::123456789012:role/imgpipe-execution",
        "group": "Completed",
        "tags": [["k", "v"]],
        "package": "Approved",
        "models": ["sdk"],
        "configs": ["sdk"],
        "endpoints": [],
        "pipeline": "again",
        "status": "Succeeded",
        "steps": ["Check"],
        "executions": 1,
        "versions": 2,
        "resource": "Active",
        "resources": ["sdk"],
        "parameters": [["N", "2"]],
        "all steps": ["Check"],
    }


def aws(variables: Mapping[str, str], *arguments: str) -> Any:
    """What the AWS CLI answers."""
    done = subprocess.run(
        [Path(sys.executable).parent / "aws", *arguments, "--output", "json"],
        env=dict(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout


def test_the_aws_cli(variables: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("hello")
    text = tmp_path / "definition.json"
    text.write_text(definition(fail("No", "no")))
    assert aws(variables, "sts", "get-caller-identity")["Account"] == "123456789012"
    aws(variables, "s3", "sync", str(tmp_path / "data"), f"s3://{BUCKET}/cli")
    aws(variables, "s3", "cp", f"s3://{BUCKET}/cli/a.txt", str(tmp_path / "back.txt"))
    assert (tmp_path / "back.txt").read_text() == "hello"
    sagemaker = ("sagemaker", "create-pipeline", "--pipeline-name", "cli", "--role-arn", ROLE)
    aws(variables, *sagemaker, "--pipeline-definition", f"file://{text}")
    arn = aws(variables, "sagemaker", "start-pipeline-execution", "--pipeline-name", "cli")
    about = ("--pipeline-execution-arn", arn["PipelineExecutionArn"])
    # The CLI has no waiter for executions.
    described = ("sagemaker", "describe-pipeline-execution", *about)
    while aws(variables, *described)["PipelineExecutionStatus"] == "Executing":
        continue
    steps = aws(variables, "sagemaker", "list-pipeline-execution-steps", *about)["PipelineExecutionSteps"]
    assert [(step["StepName"], step["StepStatus"]) for step in steps] == [("No", "Failed")]
    found = aws(variables, "sagemaker", "list-pipelines", "--pipeline-name-prefix", "cli")
    assert [each["PipelineName"] for each in found["PipelineSummaries"]] == ["cli"]
    aws(variables, "sagemaker", "delete-pipeline", "--pipeline-name", "cli")
