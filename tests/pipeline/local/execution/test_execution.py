from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.local.execution.execution import FAILURE
from pipeline.local.records import Record
from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.definitions import (
    BUCKET,
    definition,
    fail,
    gate,
    get,
    join,
    process,
    step,
    train,
)
from tests.pipeline.local.execution.runs import execute, statuses, steps_of
from tests.pipeline.local.fakes import COMPLETED, Running, complete, ended


def in_threads(server: Running, finish: Callable[[str, Record], Record]) -> None:
    """From now on jobs end as `finish` says, which may wait: they run in threads of their own."""

    def begin(kind: str, record: Record) -> None:
        def work() -> None:
            server.server.records.update(kind, record[f"{kind}Name"], **finish(kind, record))

        threading.Thread(target=work).start()

    server.jobs.finish = begin


class TestFailures:
    def test_a_job_that_fails(self, server: Running, name: str) -> None:
        def finish(kind: str, record: Record) -> Record:
            failed = {
                "TrainingJobStatus": "Failed",
                "FailureReason": "AlgorithmError: class 'cat' has 1 image",
            }
            return failed if kind == "TrainingJob" else complete(kind, record)

        server.jobs.finish = finish
        execution = execute(server, name, definition(process("A"), train("B"), train("C", DependsOn=["B"])))
        steps = steps_of(server, execution)
        assert (execution["PipelineExecutionStatus"], set(steps)) == ("Failed", {"A", "B"})
        assert steps["B"]["FailureReason"] == "AlgorithmError: class 'cat' has 1 image"
        assert steps["B"]["EndTime"] >= steps["B"]["StartTime"]

    def test_steps_that_run_go_on_to_their_end_and_no_new_ones_start(
        self, server: Running, name: str
    ) -> None:
        slow_runs, failed = threading.Event(), threading.Event()

        def finish(kind: str, record: Record) -> Record:
            if kind == "ProcessingJob":
                slow_runs.set()
                failed.wait(20)
                return COMPLETED[kind]
            slow_runs.wait(20)
            return {"TrainingJobStatus": "Failed", "FailureReason": "ClientError: bad"}

        in_threads(server, finish)
        server.server.records.subscribe(
            lambda change: failed.set() if (change.after or {}).get("StepStatus") == "Failed" else None
        )
        text = definition(process("Slow"), train("Bad"), process("Next", DependsOn=["Slow"]))
        execution = execute(server, name, text)
        assert statuses(server, execution) == {"Slow": "Succeeded", "Bad": "Failed"}

    @pytest.mark.parametrize(
        ("left", "reason"),
        [
            pytest.param(
                {"Std:JsonGet": {"S3Uri": f"s3://{BUCKET}/gone.json", "Path": "a"}},
                f"ClientError: cannot read s3://{BUCKET}/gone.json: NoSuchKey: The specified key does not "
                f"exist: s3://{BUCKET}/gone.json",
                id="no such object",
            ),
            pytest.param(
                {"Std:JsonGet": {"S3Uri": f"s3://{BUCKET}", "Path": "a"}},
                f"ClientError: 's3://{BUCKET}' is not the URI of an S3 object",
                id="no object",
            ),
            pytest.param(
                get("Steps.Train.FinalMetricDataList['loss'].Value"),
                "ClientError: Steps.Train.FinalMetricDataList has no 'loss'; it is a list of 1: "
                "validation:accuracy",
                id="no such metric",
            ),
            pytest.param(
                get("Steps.Train.TrainingJobStatus"),
                'ClientError: GreaterThanOrEqualTo cannot compare "Completed" (text) with 0.9 (number)',
                id="not comparable",
            ),
            pytest.param(
                get("Execution.TrainingJobName"),
                "ClientError: Execution.TrainingJobName has a value only in a step that makes such a job",
                id="no job",
            ),
        ],
    )
    def test_values_that_cannot_be_had(self, server: Running, name: str, left: Any, reason: str) -> None:
        text = definition(train("Train"), gate("Gate", left, [], []) | {"DependsOn": ["Train"]})
        assert steps_of(server, execute(server, name, text))["Gate"]["FailureReason"] == reason

    def test_a_request_that_is_refused_while_it_runs(self, server: Running, name: str) -> None:
        variant = {
            "VariantName": "A",
            "ModelName": "gone",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }
        text = definition(step("Config", "EndpointConfig", {"ProductionVariants": [variant]}))
        steps = steps_of(server, execute(server, name, text))
        assert steps["Config"]["FailureReason"] == (
            "ClientError: Failed to invoke sagemaker:CreateEndpointConfig. Error Details: Could not find "
            'model "arn:aws:sagemaker:us-east-1:123456789012:model/gone".'
        )

    def test_a_bug_of_ours_ends_the_step(self, server: Running, name: str) -> None:
        def finish(kind: str, record: Record) -> Record:
            raise ZeroDivisionError("by zero")

        server.jobs.finish = finish
        steps = steps_of(server, execute(server, name, definition(train("Train"))))
        assert steps["Train"]["FailureReason"] == (
            "InternalServerError: ZeroDivisionError: by zero (a bug in imgpipe: see the log)"
        )


class TestParallelism:
    @pytest.mark.parametrize(("limit", "expected"), [(None, 4), (2, 2), (1, 1)])
    def test_steps_run_together_up_to_the_limit(
        self, server: Running, name: str, limit: int | None, expected: int
    ) -> None:
        lock, together = threading.Lock(), threading.Barrier(expected)
        running, most = 0, 0

        def finish(kind: str, record: Record) -> Record:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            together.wait(20)
            with lock:
                running -= 1
            return COMPLETED[kind]

        in_threads(server, finish)
        more = {"ParallelismConfiguration": {"MaxParallelExecutionSteps": limit}} if limit else {}
        execution = execute(server, name, definition(*(process(f"P{n}") for n in range(4))), **more)
        assert (execution["PipelineExecutionStatus"], most) == ("Succeeded", expected)


class TestStop:
    def test_running_jobs_are_stopped_and_nothing_more_starts(self, server: Running, name: str) -> None:
        started = threading.Event()

        def finish(kind: str, record: Record) -> None:
            started.set()

        server.jobs.finish = finish
        client = server.sagemaker
        text = definition(train("Train"), process("Next", DependsOn=["Train"]))
        client.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
        own = client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
        assert started.wait(20)
        client.stop_pipeline_execution(PipelineExecutionArn=own)
        ended(server, own)
        described = client.describe_pipeline_execution(PipelineExecutionArn=own)
        assert described["PipelineExecutionStatus"] == "Stopped"
        assert statuses(server, described) == {"Train": "Stopped"}
        job = server.jobs.started[-1]
        assert client.describe_training_job(TrainingJobName=job)["TrainingJobStatus"] == "Stopped"

    def test_a_job_that_somebody_else_stops_ends_the_execution(self, server: Running, name: str) -> None:
        server.jobs.finish = lambda kind, record: {"TrainingJobStatus": "Stopped"}
        execution = execute(server, name, definition(train("Train"), train("Next", DependsOn=["Train"])))
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert statuses(server, execution) == {"Train": "Stopped"}


def test_what_has_no_effect_is_logged(server: Running, name: str, caplog: pytest.LogCaptureFixture) -> None:
    retry = [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 3}]
    cache = {"Enabled": True, "ExpireAfter": "P1D"}
    own = gate("Gate", 1, [train("Train", RetryPolicies=retry, CacheConfig=cache)], [])
    execution = execute(server, name, definition({**own, "RetryPolicies": retry, "CacheConfig": cache}))
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert [text for text in caplog.messages if "no effect" in text] == [
        "step Gate: RetryPolicies has no effect on a step of type Condition",
        "step Gate: CacheConfig has no effect on a step of type Condition",
    ]


class TestNestedConditions:
    @pytest.mark.parametrize(
        ("outer", "inner", "expected"),
        [
            (1, 1, {"Outer", "Inner", "Both", "After"}),
            (1, 0, {"Outer", "Inner", "OnlyOuter"}),
            (0, 1, {"Outer", "Neither"}),
        ],
    )
    def test_the_branch_of_a_branch(
        self, server: Running, name: str, outer: int, inner: int, expected: set[str]
    ) -> None:
        within = gate("Inner", inner, [process("Both")], [process("OnlyOuter")])
        text = definition(
            gate("Outer", outer, [within], [process("Neither")]), process("After", DependsOn=["Both"])
        )
        execution = execute(server, name, text)
        assert statuses(server, execution) == dict.fromkeys(expected, "Succeeded")


class TestTriggers:
    @pytest.fixture
    def fails(self, server: Running) -> Callable[[str], None]:
        """Jobs of the steps with this word in their name fail."""

        def these(word: str) -> None:
            def finish(kind: str, record: Record) -> Record:
                is_bad = word in record[f"{kind}Name"]
                bad = {f"{kind}Status": "Failed", "FailureReason": "AlgorithmError: no"}
                return bad if is_bad else complete(kind, record)

            server.jobs.finish = finish

        return these

    STEPS = (
        train("Train"),
        train("Score", DependsOn=["Train"]),
        process(
            "CleanUp",
            DependsOn=[{"Step": "Train", "Trigger": "Failed"}],
        ),
        process("Tell", DependsOn=["CleanUp"]),
        process("Always", DependsOn=[{"Step": "Train", "Trigger": "Any"}]),
    )

    @pytest.mark.parametrize(
        ("word", "status", "expected"),
        [
            pytest.param(
                "nothing",
                "Succeeded",
                {"Train": "Succeeded", "Score": "Succeeded", "Always": "Succeeded"},
                id="nothing fails",
            ),
            pytest.param(
                "Train",
                "CompletedWithFailures",
                {"Train": "Failed", "CleanUp": "Succeeded", "Tell": "Succeeded", "Always": "Succeeded"},
                id="a failure that is answered",
            ),
            pytest.param(
                "Score",
                "Failed",
                {"Train": "Succeeded", "Score": "Failed", "Always": "Succeeded"},
                id="a failure that is not",
            ),
        ],
    )
    def test_how_it_ends(
        self,
        server: Running,
        name: str,
        fails: Callable[[str], None],
        word: str,
        status: str,
        expected: dict[str, str],
    ) -> None:
        fails(word)
        execution = execute(server, name, definition(*self.STEPS))
        assert (execution["PipelineExecutionStatus"], statuses(server, execution)) == (status, expected)
        assert execution.get("FailureReason") == (FAILURE if status == "Failed" else None)

    def test_the_answer_sees_why(self, server: Running, name: str, fails: Callable[[str], None]) -> None:
        fails("Train")
        answer = fail(
            "Tell",
            join("training said ", get("Steps.Train.FailureReason")),
            DependsOn=[{"Step": "Train", "Trigger": "Failed"}],
        )
        execution = execute(server, name, definition(train("Train"), answer))
        steps = steps_of(server, execution)
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert steps["Tell"]["FailureReason"] == "training said AlgorithmError: no"

    def test_after_a_stop_of_the_execution_nothing_answers(self, server: Running, name: str) -> None:
        started = threading.Event()
        server.jobs.finish = lambda kind, record: started.set()
        client = server.sagemaker
        text = definition(train("Train"), process("After", DependsOn=[{"Step": "Train", "Trigger": "Any"}]))
        client.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
        own = client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
        assert started.wait(20)
        client.stop_pipeline_execution(PipelineExecutionArn=own)
        ended(server, own)
        described = client.describe_pipeline_execution(PipelineExecutionArn=own)
        assert described["PipelineExecutionStatus"] == "Stopped"
        assert statuses(server, described) == {"Train": "Stopped"}
