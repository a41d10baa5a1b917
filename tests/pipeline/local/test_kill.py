"""What was acknowledged, and what runs, survives `kill -9` of the server."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.execution.execution import INTERRUPTED
from pipeline.local.jobs.supervised import Place
from pipeline.local.lifecycle import LocalEndpoint, ensure_running, reset, status, stop
from tests.pipeline.local.api.requests import ROLE, processing
from tests.pipeline.local.definitions import arguments, definition, fail, step
from tests.pipeline.local.test_lifecycle import client

SCRIPTS = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose server is ended after the test."""
    yield tmp_path
    stop(tmp_path)


def kill(at: LocalEndpoint) -> None:
    os.kill(at.pid, signal.SIGKILL)
    os.waitpid(at.pid, 0)


def script(program: str) -> dict[str, Any]:
    """The request of a processing job that runs a Python program."""
    request = processing("x")
    del request["ProcessingJobName"]
    # AWS lets no argument have more than one line.
    entry = ["python3", "-I", "-S", "-u", "-c", f"exec({program!r})"]
    return request | {"AppSpecification": {"ImageUri": SCRIPTS, "ContainerEntrypoint": entry}}


def start(at: LocalEndpoint, *steps: dict[str, Any]) -> str:
    """Start an execution of a new pipeline; returns its ARN."""
    sagemaker = client(at, "sagemaker")
    sagemaker.create_pipeline(PipelineName="p", PipelineDefinition=definition(*steps), RoleArn=ROLE)
    return str(sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"])


def ended(at: LocalEndpoint, execution: str) -> dict[str, Any]:
    sagemaker = client(at, "sagemaker")
    for _ in range(400):
        found: dict[str, Any] = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
        if found["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def steps_of(at: LocalEndpoint, execution: str) -> dict[str, dict[str, Any]]:
    found = client(at, "sagemaker").list_pipeline_execution_steps(PipelineExecutionArn=execution)
    return {each["StepName"]: each for each in found["PipelineExecutionSteps"]}


class Gate:
    """A listening socket on which a job says that it runs, and waits for a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        port = self._listener.getsockname()[1]
        self.program = (
            "import socket, sys\n"
            "print('first', flush=True)\n"
            f"gate = socket.create_connection(('127.0.0.1', {port}))\n"
            "word = gate.recv(9)\n"
            "print('then', word.decode(), flush=True)\n"
            "sys.exit(word != b'go')\n"
        )

    def accept(self) -> socket.socket:
        """Wait for the job; closing the connection, or a word, lets it go on."""
        connection, _ = self._listener.accept()
        connection.settimeout(30)
        return connection

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.close()


def test_a_job_that_runs_is_taken_over(home: Path, gate: Gate) -> None:
    """One job runs through a kill, another ends while there is no server; the steps after them run."""
    first = ensure_running(home, 0)
    slow = step("Slow", "Processing", arguments(script(gate.program)))
    after = step("After", "Processing", arguments(script("print('after')"))) | {"DependsOn": ["Slow"]}
    execution = start(first, slow, after)
    with gate.accept() as job:
        kill(first)
        second = ensure_running(home, 0)
        assert steps_of(second, execution)["Slow"]["StepStatus"] == "Executing"
        kill(second)
        job.sendall(b"go")
        assert job.recv(1) == b""
    third = ensure_running(home, 0)
    assert ended(third, execution)["PipelineExecutionStatus"] == "Succeeded"
    steps = steps_of(third, execution)
    assert {name: each["StepStatus"] for name, each in steps.items()} == {
        "Slow": "Succeeded",
        "After": "Succeeded",
    }
    assert lines(third, steps["Slow"]) == ["first", "then go"]


def lines(at: LocalEndpoint, of: dict[str, Any]) -> list[str]:
    """The log of a step's job."""
    logs = client(at, "logs")
    group = "/aws/sagemaker/ProcessingJobs"
    name = of["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=name)["logStreams"]
    events = logs.get_log_events(
        logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
    )
    return [event["message"] for event in events["events"]]


def test_a_job_that_is_taken_over_can_be_stopped(home: Path, gate: Gate) -> None:
    first = ensure_running(home, 0)
    execution = start(first, step("Slow", "Processing", arguments(script(gate.program))))
    with gate.accept() as job:
        kill(first)
        second = ensure_running(home, 0)
        client(second, "sagemaker").stop_pipeline_execution(
            PipelineExecutionArn=execution, ClientRequestToken="t" * 32
        )
        assert ended(second, execution)["PipelineExecutionStatus"] == "Stopped"
        assert job.recv(1) == b""


def test_a_job_that_is_gone_fails_with_that_reason(home: Path, gate: Gate) -> None:
    first = ensure_running(home, 0)
    slow = step("Slow", "Processing", arguments(script(gate.program)))
    execution = start(first, slow, fail("After", "no") | {"DependsOn": ["Slow"]})
    with gate.accept():
        kill(first)
        (folder,) = (home / "local" / "jobs" / "ProcessingJob").iterdir()
        Place(folder).kill()
    second = ensure_running(home, 0)
    found = ended(second, execution)
    assert (found["PipelineExecutionStatus"], found["FailureReason"]) == ("Failed", INTERRUPTED)
    steps = steps_of(second, execution)
    assert {name: (each["StepStatus"], each["FailureReason"]) for name, each in steps.items()} == {
        "Slow": ("Failed", INTERRUPTED)
    }


@pytest.mark.parametrize("end", [stop, reset], ids=["stop", "reset"])
def test_jobs_without_a_server_end_with_the_rest(home: Path, gate: Gate, end: Any) -> None:
    first = ensure_running(home, 0)
    start(first, step("Slow", "Processing", arguments(script(gate.program))))
    with gate.accept() as job:
        kill(first)
        assert status(home) is None
        end(home)
        assert job.recv(1) == b""
