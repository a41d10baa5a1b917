"""Attempts, retries and results of before, as a client sees them."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from pipeline.local.errors import ApiError
from pipeline.local.records import Record
from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.definitions import BUCKET, definition, fail, get, join, process, train
from tests.pipeline.local.execution.runs import execute, steps_of
from tests.pipeline.local.fakes import Finish, Running, complete, ended

INTERNAL = "InternalServerError: We encountered an internal error. Please try again."
AT_ONCE = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 0, "MaxAttempts": 2}


def failing(times: int, reason: str) -> Finish:
    """The first jobs fail."""
    left = [times]

    def finish(kind: str, record: Record) -> Record:
        left[0] -= 1
        bad = {f"{kind}Status": "Failed", "FailureReason": reason}
        return bad if left[0] >= 0 else complete(kind, record)

    return finish


class TestRetryPolicies:
    @pytest.mark.parametrize(
        ("times", "reason", "status", "attempts"),
        [
            pytest.param(0, INTERNAL, "Succeeded", 1, id="nothing fails"),
            pytest.param(1, INTERNAL, "Succeeded", 2, id="once"),
            pytest.param(2, INTERNAL, "Succeeded", 3, id="as often as it may"),
            pytest.param(3, INTERNAL, "Failed", 3, id="too often"),
            pytest.param(1, "AlgorithmError: no data, exit code: 1", "Failed", 1, id="the program's fault"),
            pytest.param(1, "ClientError: Data download failed", "Failed", 1, id="the caller's fault"),
            pytest.param(1, "CapacityError: none left", "Failed", 1, id="a type that no policy names"),
        ],
    )
    def test_jobs_that_fail(
        self, server: Running, name: str, times: int, reason: str, status: str, attempts: int
    ) -> None:
        server.jobs.finish = failing(times, reason)
        before = len(server.jobs.started)
        step = steps_of(server, execute(server, name, definition(train("Train", RetryPolicies=[AT_ONCE]))))[
            "Train"
        ]
        assert (step["StepStatus"], step["AttemptCount"]) == (status, attempts)
        assert step.get("FailureReason") == (reason if status == "Failed" else None)
        # Each attempt is a job of its own; the step shows the last one.
        assert len(set(server.jobs.started[before:])) == attempts
        assert step["Metadata"]["TrainingJob"]["Arn"].endswith(server.jobs.started[-1])

    @pytest.mark.parametrize(
        ("error", "attempts"),
        [
            pytest.param(ApiError("ThrottlingException", "Rate exceeded"), 2, id="throttling"),
            pytest.param(ApiError("InternalFailure", "oh", 500), 2, id="a fault of the service"),
            pytest.param(ApiError("ResourceLimitExceeded", "too many"), 1, id="a limit that no policy names"),
            pytest.param(ApiError("ValidationException", "bad"), 1, id="a bad request"),
        ],
    )
    def test_requests_that_fail(self, server: Running, name: str, error: ApiError, attempts: int) -> None:
        """Two types are tried again by default; here a policy only makes that quick."""
        errors = [error]

        def finish(kind: str, record: Record) -> Record:
            if errors:
                raise errors.pop()
            return complete(kind, record)

        server.jobs.finish = finish
        quick = {"ExceptionType": ["Step.THROTTLING", "Step.SERVICE_FAULT"], "IntervalSeconds": 0}
        step = steps_of(server, execute(server, name, definition(train("Train", RetryPolicies=[quick]))))[
            "Train"
        ]
        assert step["AttemptCount"] == attempts
        assert step["StepStatus"] == ("Succeeded" if attempts == 2 else "Failed")

    def test_throttling_is_tried_again_without_a_policy(self, server: Running, name: str) -> None:
        errors = [ApiError("ThrottlingException", "Rate exceeded")]

        def finish(kind: str, record: Record) -> Record:
            if errors:
                raise errors.pop()
            return complete(kind, record)

        server.jobs.finish = finish
        step = steps_of(server, execute(server, name, definition(train("Train"))))["Train"]
        assert (step["StepStatus"], step["AttemptCount"]) == ("Succeeded", 2)
        assert (step["EndTime"] - step["StartTime"]).total_seconds() >= 1

    def test_a_stop_ends_the_wait(self, server: Running, name: str) -> None:
        failed = threading.Event()

        def finish(kind: str, record: Record) -> Record:
            failed.set()
            return {f"{kind}Status": "Failed", "FailureReason": INTERNAL}

        server.jobs.finish = finish
        client = server.sagemaker
        text = definition(train("Train", RetryPolicies=[{**AT_ONCE, "IntervalSeconds": 40_000}]))
        client.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
        own = client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
        assert failed.wait(20)
        client.stop_pipeline_execution(PipelineExecutionArn=own)
        assert ended(server, own)["PipelineExecutionStatus"] == "Stopped"
        step = steps_of(server, {"PipelineExecutionArn": own})["Train"]
        assert (step["StepStatus"], step["AttemptCount"]) == ("Stopped", 1)


def cached(step: dict[str, Any], expires: str = "P1D") -> dict[str, Any]:
    return {**step, "CacheConfig": {"Enabled": True, "ExpireAfter": expires}}


def again(server: Running, name: str, **more: Any) -> dict[str, Any]:
    """Start an execution of a pipeline that is there, and run it to its end."""
    own = server.sagemaker.start_pipeline_execution(PipelineName=name, **more)["PipelineExecutionArn"]
    ended(server, own)
    described: dict[str, Any] = server.sagemaker.describe_pipeline_execution(PipelineExecutionArn=own)
    return described


class TestCaching:
    def test_the_second_execution_takes_what_the_first_has_made(self, server: Running, name: str) -> None:
        report = f"s3://{BUCKET}/{name}"
        server.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/r.json", Body=json.dumps({"n": 7}))
        files = [{"PropertyFileName": "R", "OutputName": "report", "FilePath": "r.json"}]
        number = {"Std:JsonGet": {"PropertyFile": get("Steps.Check.PropertyFiles.R"), "Path": "n"}}
        text = definition(
            cached(process("Check", {"report": report}, PropertyFiles=files)),
            cached(train("Train", DependsOn=["Check"])),
            fail("End", join(number, " ", get("Steps.Train.TrainingJobName"))),
        )
        first = execute(server, name, text)
        jobs = len(server.jobs.started)
        second = again(server, name)
        assert len(server.jobs.started) == jobs
        before, after = steps_of(server, first), steps_of(server, second)
        for step in ("Check", "Train"):
            assert "CacheHitResult" not in before[step]
            assert after[step]["CacheHitResult"] == {
                "SourcePipelineExecutionArn": first["PipelineExecutionArn"]
            }
            assert after[step]["Metadata"] == before[step]["Metadata"]
            assert after[step]["StepStatus"] == "Succeeded"
        # Its properties and its property files are those of the step that ran.
        assert after["End"]["FailureReason"] == before["End"]["FailureReason"]
        assert after["End"]["FailureReason"] == f"7 {server.jobs.started[-1]}"
        # The third one names who ran it, not who took it.
        third = steps_of(server, again(server, name))
        assert third["Train"]["CacheHitResult"] == after["Train"]["CacheHitResult"]

    def test_other_arguments(self, server: Running, name: str) -> None:
        own = cached(train("Train"))
        own["Arguments"] = {**own["Arguments"], "HyperParameters": {"epochs": get("Parameters.Epochs")}}
        first = execute(server, name, definition(own, parameters={"Epochs": "1"}))
        other = [{"Name": "Epochs", "Value": "2"}]
        assert (
            "CacheHitResult" not in steps_of(server, again(server, name, PipelineParameters=other))["Train"]
        )
        hit = steps_of(server, again(server, name))["Train"]["CacheHitResult"]
        assert hit == {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}

    def test_the_newest_success_counts_and_failures_do_not(self, server: Running, name: str) -> None:
        execute(server, name, definition(cached(train("Train"), "PT0S")))
        second = again(server, name)
        assert "CacheHitResult" not in steps_of(server, second)["Train"]
        server.jobs.finish = failing(1, "AlgorithmError: no")
        again(server, name)
        text = definition(cached(train("Train")))
        server.sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=text)
        hit = steps_of(server, again(server, name))["Train"]["CacheHitResult"]
        assert hit == {"SourcePipelineExecutionArn": second["PipelineExecutionArn"]}

    def test_other_steps_and_other_pipelines_have_results_of_their_own(
        self, server: Running, name: str
    ) -> None:
        execute(server, name, definition(cached(train("Train"))))
        beside = execute(server, f"{name}2", definition(cached(train("Train"))))
        assert "CacheHitResult" not in steps_of(server, beside)["Train"]
        server.sagemaker.update_pipeline(
            PipelineName=name, PipelineDefinition=definition(cached(train("Other")))
        )
        assert "CacheHitResult" not in steps_of(server, again(server, name))["Other"]

    def test_a_pipeline_that_is_deleted_takes_its_results_with_it(self, server: Running, name: str) -> None:
        text = definition(cached(train("Train")))
        execute(server, name, text)
        server.sagemaker.delete_pipeline(PipelineName=name)
        assert "CacheHitResult" not in steps_of(server, execute(server, name, text))["Train"]

    def test_what_is_gone_is_made_anew(self, server: Running, name: str) -> None:
        execute(server, name, definition(cached(train("Train"))))
        server.server.records.delete("TrainingJob", server.jobs.started[-1])
        assert "CacheHitResult" not in steps_of(server, again(server, name))["Train"]
