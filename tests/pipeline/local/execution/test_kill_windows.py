"""Servers that end between any two changes of the records: nothing is made twice, and nothing is left over.

An error stands for the kill: it is the one by which a store says that it is closed, so that nothing more is
recorded. What a server leaves that is really killed is tested in tests/soak.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.arns import name_of
from pipeline.local.execution.run import STEP
from pipeline.local.records import Record, RecordsClosed
from tests.pipeline.local.api.requests import ROLE, config, model, transform
from tests.pipeline.local.definitions import arguments, definition, get, process, step, train
from tests.pipeline.local.execution.runs import steps_of
from tests.pipeline.local.fakes import Running, clear_moto, complete, ended, own_moto, running

KINDS = {
    "Prepare": "ProcessingJob",
    "Train": "TrainingJob",
    "Model": "Model",
    "Score": "TransformJob",
    "Register": "ModelPackage",
    "Config": "EndpointConfig",
    "Deploy": "Endpoint",
}
MODEL = get("Steps.Model.ModelName")


def nameless(request: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in request.items() if key != name}


STEPS = (
    process("Prepare"),
    train("Train", DependsOn=["Prepare"]),
    step("Model", "Model", nameless(model("x"), "ModelName"), DependsOn=["Train"]),
    step("Score", "Transform", arguments(transform("x"), ModelName=MODEL)),
    step("Register", "RegisterModel", {"ModelPackageGroupName": "g"}, DependsOn=["Score"]),
    step("Config", "EndpointConfig", nameless(config("x", ""), "EndpointConfigName"), DependsOn=["Register"]),
    step("Deploy", "Endpoint", {"EndpointConfigName": get("Steps.Config.EndpointConfigName")}),
)
STEPS[5]["Arguments"]["ProductionVariants"][0]["ModelName"] = MODEL


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with own_moto():
        yield tmp_path


def kill_at(server: Running, is_it: Callable[[str, str, Record], bool]) -> threading.Event:
    """End the server, for whoever makes a change, when a step's record gets fields that `is_it` knows."""
    records, killed = server.server.records, threading.Event()
    update = records.update

    def fail(kind: str, name: str, /, **fields: Any) -> Record:
        if kind == STEP and is_it(name.rpartition("/")[2], name, fields):
            killed.set()
            raise RecordsClosed("killed")
        return update(kind, name, **fields)

    records.update = fail  # type: ignore[method-assign]
    return killed


def start(server: Running, *steps: dict[str, Any]) -> str:
    server.sagemaker.create_pipeline(PipelineName="p", PipelineDefinition=definition(*steps), RoleArn=ROLE)
    return again(server)


def again(server: Running) -> str:
    return str(server.sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"])


def record_of(server: Running, arn: str, name: str) -> Record:
    found = server.server.records.get(STEP, f"{name_of('PipelineExecution', arn)}/{name}")
    assert found is not None
    return found


@pytest.mark.parametrize("point", ["Metadata", "StepStatus"])
@pytest.mark.parametrize("name", KINDS)
def test_a_step_is_done_once(home: Path, name: str, point: str) -> None:
    """Killed before what it made is recorded, and before its end is."""
    with running(home) as first:
        killed = kill_at(first, lambda step, _, fields: step == name and point in fields)
        arn = start(first, *STEPS)
        assert killed.wait(20)
        began = record_of(first, arn, name)["StartTime"]
        if point == "Metadata":
            assert first.server.records.list(KINDS[name]) == []
    clear_moto()
    with running(home) as second:
        assert ended(second, arn)["PipelineExecutionStatus"] == "Succeeded"
        assert {each: len(second.server.records.list(kind)) for each, kind in KINDS.items()} == dict.fromkeys(
            KINDS, 1
        )
        assert record_of(second, arn, name)["StartTime"] == began
        assert record_of(second, arn, name)["AttemptCount"] == 1


@pytest.mark.parametrize("point", ["CacheHitResult", "StepStatus"])
def test_a_step_that_is_taken_from_the_cache(home: Path, point: str) -> None:
    cached = {**train("Train"), "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}
    with running(home) as first:
        source = start(first, cached)
        ended(first, source)
        killed = kill_at(first, lambda _, __, fields: point in fields)
        arn = again(first)
        assert killed.wait(20)
    clear_moto()
    with running(home) as second:
        assert ended(second, arn)["PipelineExecutionStatus"] == "Succeeded"
        found = steps_of(second, {"PipelineExecutionArn": arn})["Train"]
        assert found["CacheHitResult"] == {"SourcePipelineExecutionArn": source}
        assert len(second.server.records.list("TrainingJob")) == 1


@pytest.mark.parametrize("point", ["AttemptCount", "Metadata"])
def test_a_step_that_is_tried_again(home: Path, point: str) -> None:
    """Its first job failed. Killed before the second attempt is recorded, and before its job is."""
    policy = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 0, "MaxAttempts": 1}
    failed = {"TrainingJobStatus": "Failed", "FailureReason": "InternalServerError: oh"}
    with running(home) as first:
        first.jobs.finish = lambda kind, _: failed

        def is_it(step: str, name: str, fields: Record) -> bool:
            record = first.server.records.get(STEP, name) or {}
            if point == "AttemptCount":
                return "AttemptCount" in fields
            return bool(fields.get("Metadata")) and record["AttemptCount"] == 2

        killed = kill_at(first, is_it)
        arn = start(first, train("Train", RetryPolicies=[policy]))
        assert killed.wait(20)
    clear_moto()
    with running(home) as second:
        second.jobs.finish = complete
        assert ended(second, arn)["PipelineExecutionStatus"] == "Succeeded"
        assert record_of(second, arn, "Train")["AttemptCount"] == 2
        assert len(second.server.records.list("TrainingJob")) == 2


def test_a_request_that_is_refused_leaves_nothing(home: Path) -> None:
    """The group of a package is made with it."""
    bad = {"ModelPackageGroupName": "g", "ModelApprovalStatus": get("Steps.Train.TrainingJobStatus")}
    with running(home) as server:
        arn = start(server, train("Train"), step("Register", "RegisterModel", bad))
        assert ended(server, arn)["PipelineExecutionStatus"] == "Failed"
        assert server.server.records.list("ModelPackageGroup") == []


def test_a_full_disk_fails_the_step_with_that_reason(home: Path) -> None:
    """The error is that of SQLite; how the step ended is recorded when there is room again."""
    left = 2
    with running(home) as server:
        create, update = server.server.records.create, server.server.records.update

        def full(kind: str, name: str, record: Record) -> None:
            if kind == "TrainingJob":
                raise sqlite3.OperationalError("database or disk is full")
            create(kind, name, record)

        def soon_free(kind: str, name: str, /, **fields: Any) -> Record:
            nonlocal left
            if kind == STEP and "StepStatus" in fields and left:
                left -= 1
                raise sqlite3.OperationalError("database or disk is full")
            return update(kind, name, **fields)

        server.server.records.create = full  # type: ignore[method-assign]
        server.server.records.update = soon_free  # type: ignore[method-assign]
        quick = {"ExceptionType": ["Step.SERVICE_FAULT"], "IntervalSeconds": 0, "MaxAttempts": 1}
        arn = start(server, train("Train", RetryPolicies=[quick]))
        assert ended(server, arn)["PipelineExecutionStatus"] == "Failed"
        found = record_of(server, arn, "Train")
        assert (found["StepStatus"], found["AttemptCount"], left) == ("Failed", 2, 0)
        assert found["FailureReason"] == (
            "InternalServerError: The local SageMaker cannot write to its folder: database or disk is full"
        )
