from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from pipeline.local.arns import name_of
from pipeline.local.execution.execution import INTERRUPTED
from pipeline.local.home import Home, key_pair
from pipeline.local.records import Records, RecordsClosed
from pipeline.local.server import Ground, LocalServer, Runners, new_id
from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.definitions import definition, fail, process
from tests.pipeline.local.fakes import FakeEndpoints, FakeJobs, Running, clear_moto, ended, own_moto, running


def test_endpoints_are_restored_and_unfinished_work_is_ended(server: Running, tmp_path: Path) -> None:
    """A second server in this process shares moto with the first, and nothing else."""
    home = Home(tmp_path)
    home.make()
    before = Records(home.records)
    before.create("TransformJob", "t", {"TransformJobStatus": "InProgress"})
    before.close()
    made: list[FakeEndpoints] = []

    def runners(ground: Ground) -> Runners:
        made.append(FakeEndpoints(ground.records))
        return Runners(server.objects, FakeJobs(ground.records), made[0])

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        second = LocalServer(home, listener, key_pair(home), runners)
        second.start()
        assert made[0].restored
        job = second.records.get("TransformJob", "t")
        assert job is not None
        assert job["TransformJobStatus"] == "Failed"
        second.close()
    with pytest.raises(RecordsClosed):
        second.records.list("TransformJob")
    with pytest.raises(EndpointConnectionError):
        server.client("sagemaker", endpoint_url=second.url).list_models()


def test_ids_differ() -> None:
    made = {new_id(12) for _ in range(100)}
    assert len(made) == 100
    assert all(len(each) == 12 and each.isalnum() and each == each.lower() for each in made)


class TestExecutionsThatWereLeft:
    """Without real jobs: what the next server makes of records. test_kill.py has the real ones."""

    @pytest.fixture
    def home(self, tmp_path: Path) -> Iterator[Path]:
        with own_moto():
            yield tmp_path

    def start(self, server: Running, **more: Any) -> str:
        """Start an execution whose first job does not end; returns its ARN."""
        server.jobs.finish = lambda *_: None
        text = definition(process("First", **more), fail("Last", "no", DependsOn=["First"]))
        server.sagemaker.create_pipeline(PipelineName="p", PipelineDefinition=text, RoleArn=ROLE)
        arn = str(server.sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"])
        step = f"{name_of('PipelineExecution', arn)}/First"
        deadline = time.monotonic() + 20
        while not (server.server.records.get("PipelineExecutionStep", step) or {}).get("Metadata"):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return arn

    def test_one_whose_job_is_gone_fails_with_that_reason(self, home: Path) -> None:
        with running(home) as first:
            arn = self.start(first)
        clear_moto()
        with running(home) as second:
            record = ended(second, arn)
            assert (record["PipelineExecutionStatus"], record["FailureReason"]) == ("Failed", INTERRUPTED)
            (step,) = second.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)[
                "PipelineExecutionSteps"
            ]
            assert (step["StepName"], step["FailureReason"]) == ("First", INTERRUPTED)

    def test_one_whose_job_is_gone_is_tried_again_if_a_policy_says_so(self, home: Path) -> None:
        policy = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 0}
        with running(home) as first:
            arn = self.start(first, RetryPolicies=[policy])
        with running(home) as second:
            ended(second, arn)
            listed = second.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
            steps = {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}
            assert (steps["First"]["StepStatus"], steps["First"]["AttemptCount"]) == ("Succeeded", 2)
            assert steps["Last"]["FailureReason"] == "no"

    def test_one_that_cannot_be_read_does_not_run_for_ever(
        self, home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with running(home) as first:
            arn = self.start(first)
        records = Records(Home(home).records)
        records.update("PipelineExecution", name_of("PipelineExecution", arn), DefinitionKey="lost")
        records.close()
        clear_moto()
        with running(home) as second:
            record = ended(second, arn)
            assert (record["PipelineExecutionStatus"], record["FailureReason"]) == ("Failed", INTERRUPTED)
            assert "cannot go on with execution p/" in caplog.text
