"""What the local SageMaker's engine adds to the steps that it runs."""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3

from pipeline.local import lifecycle
from pipeline.local.home import Home
from tests.bench import peers
from tests.bench.figures import Figure

_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
_ROLE = "arn:aws:iam::123456789012:role/imgpipe-execution"
_OVERHEAD_LIMIT_S = 0.150
_CHAIN = 20
_DIAMOND = 50
_ROUNDS = 5
_HISTORY = 10_000
_STEPS_EACH = 10
_MIDDLE = "/bin/true"
_PYTHON = ("python3", "-c", "pass")

Definition = list[dict[str, Any]]


def figures() -> list[Figure]:
    """The overhead of a step, a diamond beside Kubeflow Pipelines, and a long history."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as client:
        _create(client, "chain", _chain([_MIDDLE]))
        _create(client, "diamond", _diamond(_PYTHON))
        _run(client, "chain")
        chain = min(_run(client, "chain") for _ in range(_ROUNDS)) / _CHAIN
        ours = statistics.median(_run(client, "diamond") for _ in range(3))
    theirs = peers.measure("kfp_diamond.py", str(_DIAMOND))
    return [
        Figure("local-step-overhead", chain, _OVERHEAD_LIMIT_S, "s", "limit"),
        Figure("local-diamond-50", ours, theirs, "s", "Kubeflow Pipelines, subprocesses"),
        _history(),
    ]


def _history() -> Figure:
    """The next execution after ten thousand, beside the same one without them."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with _server(home) as client:
            _create(client, "chain", _chain([_MIDDLE]))
            _run(client, "chain")
            before = statistics.median(_run(client, "chain") for _ in range(_ROUNDS))
        _remember(home)
        with _server(home) as client:
            _run(client, "chain")
            after = statistics.median(_run(client, "chain") for _ in range(_ROUNDS))
    return Figure("local-after-10000", after, before, "s", "without a history")


@contextmanager
def _server(home: Path) -> Iterator[Any]:
    """A client of a local SageMaker in a process of its own."""
    at = lifecycle.ensure_running(home, 0)
    try:
        session: Any = boto3.Session()
        yield session.client(
            "sagemaker",
            endpoint_url=at.url,
            region_name=at.region,
            aws_access_key_id=at.access_key,
            aws_secret_access_key=at.secret_key,
        )
    finally:
        lifecycle.stop(home)


def _step(name: str, command: Sequence[str], after: Sequence[str]) -> dict[str, Any]:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
    arguments = {
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {"ImageUri": _IMAGE, "ContainerEntrypoint": list(command)},
        "RoleArn": _ROLE,
    }
    return {"Name": name, "Type": "Processing", "Arguments": arguments, "DependsOn": list(after)}


def _chain(command: Sequence[str]) -> Definition:
    return [_step(f"S{n}", command, [f"S{n - 1}"] if n else []) for n in range(_CHAIN)]


def _diamond(command: Sequence[str]) -> Definition:
    middle = [f"M{number}" for number in range(_DIAMOND - 2)]
    steps = [_step(name, command, ["First"]) for name in middle]
    return [_step("First", command, []), *steps, _step("Last", command, middle)]


def _create(client: Any, name: str, steps: Definition) -> None:
    text = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})
    client.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=_ROLE)


def _run(client: Any, name: str) -> float:
    """Seconds from the start of an execution to its end, as its records say them."""
    arn = client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    while True:
        told = client.describe_pipeline_execution(PipelineExecutionArn=arn)
        if told["PipelineExecutionStatus"] != "Executing":
            break
        time.sleep(0.25)
    assert told["PipelineExecutionStatus"] == "Succeeded", told
    return float((told["LastModifiedTime"] - told["CreationTime"]).total_seconds())


def _remember(home: Path) -> None:
    """Write a history of executions, each as the last one was, into the store of a server that is down."""
    with closing(sqlite3.connect(Home(home).records)) as database, database:
        rows = database.execute(
            "SELECT name, body FROM records WHERE kind = 'PipelineExecution' ORDER BY seq DESC LIMIT 1"
        ).fetchall()
        steps = database.execute(
            "SELECT name, body FROM records WHERE kind = 'PipelineExecutionStep' AND name LIKE ? LIMIT ?",
            (f"{rows[0][0]}/%", _STEPS_EACH),
        ).fetchall()
        job = database.execute(
            "SELECT name, body FROM records WHERE kind = 'ProcessingJob' LIMIT 1"
        ).fetchone()
        before = rows[0][0].partition("/")[2]
        for number in range(_HISTORY):
            each = f"{number:012d}"
            made = [("PipelineExecution", *rows[0])]
            made += [("PipelineExecutionStep", *step) for step in steps]
            made += [("ProcessingJob", f"{each}-{index}", job[1]) for index in range(len(steps))]
            database.executemany(
                "INSERT INTO records (kind, name, body) VALUES (?, ?, ?)",
                [(kind, name.replace(before, each), body.replace(before, each)) for kind, name, body in made],
            )
