from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import ANY

import pytest

from pipeline.local.execution.execution import EXECUTION
from pipeline.local.records import Change, Record
from tests.pipeline.local.api.requests import NO_PROGRAM, ROLE, error_of, training
from tests.pipeline.local.definitions import (
    arguments,
    definition,
    fail,
    gate,
    get,
    join,
    process,
    score,
    step,
    train,
)
from tests.pipeline.local.fakes import Running, complete, ended


def pipeline(name: str, text: str) -> dict[str, str]:
    return {"PipelineName": name, "PipelineDefinition": text, "RoleArn": ROLE}


def create(sagemaker: Any, name: str, text: str, **more: Any) -> None:
    sagemaker.create_pipeline(**pipeline(name, text), **more)


def start(sagemaker: Any, name: str, **more: Any) -> str:
    """Starts an execution and returns its ARN."""
    return str(sagemaker.start_pipeline_execution(PipelineName=name, **more)["PipelineExecutionArn"])


def given(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def test_what_is_known_of_an_execution(server: Running, sagemaker: Any, name: str) -> None:
    text = definition(
        fail("Stop", join(get("Parameters.Word"), get("Parameters.Count"))),
        parameters={"Word": "a", "Count": 3, "Fast": True},
    )
    create(sagemaker, name, text, ParallelismConfiguration={"MaxParallelExecutionSteps": 2})
    own = start(
        sagemaker,
        name,
        PipelineParameters=given(Word="b"),
        PipelineExecutionDisplayName="first",
        PipelineExecutionDescription="text",
    )
    assert own.startswith(f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}/execution/")
    ended(server, own)
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=own)
    assert described["PipelineArn"].endswith(f"pipeline/{name}")
    assert (described["PipelineExecutionDisplayName"], described["PipelineExecutionDescription"]) == (
        "first",
        "text",
    )
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
    assert described["PipelineExecutionStatus"] == "Failed"
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."
    parameters = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=own)[
        "PipelineParameters"
    ]
    assert parameters == given(Count="3", Fast="true", Word="b")
    (listed,) = sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    assert (listed["PipelineExecutionArn"], listed["PipelineExecutionStatus"]) == (own, "Failed")
    assert listed["PipelineExecutionFailureReason"] == described["FailureReason"]
    (done,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=own)["PipelineExecutionSteps"]
    assert done["FailureReason"] == "b3"
    assert done["Metadata"] == {"Fail": {"ErrorMessage": "b3"}}
    (pipeline,) = sagemaker.list_pipelines(PipelineNamePrefix=name)["PipelineSummaries"]
    assert pipeline["LastExecutionTime"] == described["CreationTime"]


def test_an_execution_keeps_its_definition(server: Running, sagemaker: Any, name: str) -> None:
    before, after = definition(fail("Stop", "one")), definition(fail("Stop", "two"))
    create(sagemaker, name, before)
    own = start(sagemaker, name)
    ended(server, own)
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=after)
    kept = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=own)
    assert kept["PipelineDefinition"] == before


def test_a_start_that_is_repeated_with_its_token(server: Running, sagemaker: Any, name: str) -> None:
    create(sagemaker, name, definition(fail("Stop", "no")))
    first = start(sagemaker, name, ClientRequestToken="t" * 32)
    assert start(sagemaker, name, ClientRequestToken="t" * 32) == first
    second = start(sagemaker, name)
    assert second != first
    ended(server, first)
    ended(server, second)
    listed = sagemaker.list_pipeline_executions(PipelineName=name, SortOrder="Ascending")
    found = [item["PipelineExecutionArn"] for item in listed["PipelineExecutionSummaries"]]
    assert sorted(found) == sorted([first, second])


def test_starts_with_one_token_at_once_are_one(server: Running, sagemaker: Any, name: str) -> None:
    create(sagemaker, name, definition(fail("Stop", "no")))
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: start(sagemaker, name, ClientRequestToken="t" * 32), range(8)))
    (own,) = found
    ended(server, own)
    (listed,) = sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    assert listed["PipelineExecutionArn"] == own


def test_an_execution_is_never_recorded_without_its_token(server: Running, sagemaker: Any, name: str) -> None:
    """Else a server that is killed in between starts another one when the request is repeated."""
    create(sagemaker, name, definition(fail("Stop", "no")))
    seen: list[Record | None] = []

    def look(change: Change) -> None:
        if change.kind == EXECUTION and change.before is None and change.name.startswith(f"{name}/"):
            seen.append(server.server.records.get("StartToken", f"{name}/{'t' * 32}"))

    server.server.records.subscribe(look)
    own = start(sagemaker, name, ClientRequestToken="t" * 32)
    ended(server, own)
    assert seen == [{"PipelineExecutionArn": own}]


def test_an_execution_that_does_not_exist(sagemaker: Any, name: str) -> None:
    own = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}/execution/none"
    missing = ("ResourceNotFound", f"Pipeline execution with ARN {own} does not exist.")
    for call in (
        sagemaker.describe_pipeline_execution,
        sagemaker.list_pipeline_execution_steps,
        sagemaker.list_pipeline_parameters_for_execution,
        sagemaker.describe_pipeline_definition_for_execution,
        sagemaker.stop_pipeline_execution,
        sagemaker.retry_pipeline_execution,
        sagemaker.update_pipeline_execution,
    ):
        assert error_of(call, PipelineExecutionArn=own) == missing


def test_an_execution_that_has_ended_cannot_be_stopped(server: Running, sagemaker: Any, name: str) -> None:
    create(sagemaker, name, definition(fail("Stop", "no")))
    own = start(sagemaker, name)
    ended(server, own)
    assert error_of(sagemaker.stop_pipeline_execution, PipelineExecutionArn=own) == (
        "ConflictException",
        f"Only executions in Executing status can be stopped: {own} is in Failed status.",
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(
            {"Epoch": "1"}, "parameter 'Epoch' is not defined in the pipeline; it has Epochs", id="unknown"
        ),
        pytest.param(
            {"Epochs": "two"}, "parameter 'Epochs' is of type Integer, and 'two' is none", id="type"
        ),
    ],
)
def test_parameters_that_are_refused(sagemaker: Any, name: str, values: dict[str, str], message: str) -> None:
    create(
        sagemaker, name, definition(fail("Stop", join(get("Parameters.Epochs"))), parameters={"Epochs": 1})
    )
    code, text = error_of(
        sagemaker.start_pipeline_execution, PipelineName=name, PipelineParameters=given(**values)
    )
    assert (code, text) == ("ValidationException", message)
    assert sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"] == []


class TestRefusedBeforeAnyStepRuns:
    def test_a_type_of_step(self, server: Running, sagemaker: Any, name: str) -> None:
        create(
            sagemaker,
            name,
            definition(train("Train"), step("Quality", "QualityCheck", {}, CheckType="DATA_QUALITY")),
        )
        before = list(server.jobs.started)
        code, message = error_of(sagemaker.start_pipeline_execution, PipelineName=name)
        assert code == "ValidationException"
        assert message == (
            "error R110 not-supported-locally: step 'Quality' has type QualityCheck, which the local "
            "SageMaker does not execute\n"
            "  why:  it needs the AWS-owned Model Monitor container\n"
            "  hint: run it on SageMaker; docs/parity.md lists what runs locally"
        )
        assert server.jobs.started == before

    def test_a_type_inside_a_branch_and_an_image_at_once(self, sagemaker: Any, name: str) -> None:
        image = {"TrainingImage": get("Parameters.Image"), "TrainingInputMode": "File"}
        text = definition(
            gate("Gate", 1, [gate("Inner", 1, [], [step("Tell", "Lambda", {}, FunctionArn="arn:x")])], []),
            step("Train", "Training", arguments(training("x"), AlgorithmSpecification=image)),
            parameters={"Image": NO_PROGRAM},
        )
        create(sagemaker, name, text)
        assert error_of(sagemaker.start_pipeline_execution, PipelineName=name)[1] == (
            "error R110 not-supported-locally: step 'Tell' has type Lambda, which the local SageMaker does "
            "not execute\n"
            "  why:  it needs AWS Lambda\n"
            "  hint: run it on SageMaker; docs/parity.md lists what runs locally\n"
            "\n"
            "error R110 not-supported-locally: no program stands for the image of this TrainingJob\n"
            "  step: Train\n"
            "  why:  it is unknown\n"
            "  hint: run it on SageMaker; docs/parity.md lists what runs locally"
        )

    def test_a_parameter_that_does_not_fit_its_place(self, sagemaker: Any, name: str) -> None:
        epochs = {"epochs": get("Parameters.Epochs")}
        text = definition(
            step("Train", "Training", arguments(training("x"), HyperParameters=epochs)),
            parameters={"Epochs": 3},
        )
        create(sagemaker, name, text)
        assert error_of(sagemaker.start_pipeline_execution, PipelineName=name)[1] == (
            "Unable to parse pipeline definition. step 'Train': 1 validation error detected: Value '3' at "
            "'hyperParameters.epochs.value' failed to satisfy constraint: Member must be a string"
        )

    def test_properties_that_no_step_has(self, server: Running, sagemaker: Any, name: str) -> None:
        before = len(server.jobs.started)
        text = definition(
            train("Train"),
            score("Score", get("Steps.Train.ModelArtifact.S3ModelArtifacts")),
            gate("Gate", get("Steps.Score.TransformJobStatus.Code"), [fail("No", "no")], []),
        )
        create(sagemaker, name, text)
        assert error_of(sagemaker.start_pipeline_execution, PipelineName=name)[1] == (
            "error R114 no-property: Steps.Train has no 'ModelArtifact'\n"
            "  step: Score\n"
            "  hint: did you mean 'ModelArtifacts'?\n"
            "\n"
            "error R114 no-property: Steps.Score.TransformJobStatus is text and has nothing inside\n"
            "  step: Gate\n"
            "  hint: end the path there"
        )
        assert len(server.jobs.started) == before

    def test_policies_without_their_form(self, sagemaker: Any, name: str) -> None:
        own = train("Train", RetryPolicies=[{"ExceptionType": ["Step.OTHER"]}], CacheConfig={"Enabled": True})
        code, message = error_of(sagemaker.create_pipeline, **pipeline(name, definition(own)))
        assert code == "ValidationException"
        assert message == (
            "Unable to parse pipeline definition. step 'Train': a retry policy cannot answer \"Step.OTHER\"; "
            "step 'Train': CacheConfig needs ExpireAfter: how old a result may be"
        )

    def test_what_is_not_supported_yet(self, sagemaker: Any, name: str) -> None:
        create(sagemaker, name, definition(fail("Stop", "no")))
        assert error_of(sagemaker.start_pipeline_execution, PipelineName=name, MlflowExperimentName="x") == (
            "ValidationException",
            "MlflowExperimentName is not supported by the local SageMaker: there is no MLflow here",
        )


def by_name(sagemaker: Any, execution: str) -> dict[str, dict[str, Any]]:
    listed = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)
    return {item["StepName"]: item for item in listed["PipelineExecutionSteps"]}


def failing(server: Running, *kinds: str) -> None:
    """From now on jobs of these kinds fail."""

    def finish(kind: str, record: Record) -> Record:
        bad = {f"{kind}Status": "Failed", "FailureReason": "AlgorithmError: no"}
        return bad if kind in kinds else complete(kind, record)

    server.jobs.finish = finish


class TestRetry:
    def test_what_succeeded_is_kept_and_the_rest_runs(
        self, server: Running, sagemaker: Any, name: str
    ) -> None:
        failing(server, "TrainingJob")
        create(
            sagemaker,
            name,
            definition(process("A"), train("B", DependsOn=["A"]), process("C", DependsOn=["B"])),
        )
        own = start(sagemaker, name)
        ended(server, own)
        before = by_name(sagemaker, own)
        assert {name: item["StepStatus"] for name, item in before.items()} == {
            "A": "Succeeded",
            "B": "Failed",
        }
        failing(server)
        assert sagemaker.retry_pipeline_execution(PipelineExecutionArn=own) == {
            "PipelineExecutionArn": own,
            "ResponseMetadata": ANY,
        }
        ended(server, own)
        described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=own)
        assert (described["PipelineExecutionStatus"], "FailureReason" in described) == ("Succeeded", False)
        after = by_name(sagemaker, own)
        assert set(after) == {"A", "B", "C"}
        assert {item["StepStatus"] for item in after.values()} == {"Succeeded"}
        assert after["A"] == before["A"]
        assert after["B"]["Metadata"] != before["B"]["Metadata"]
        assert "FailureReason" not in after["B"]

    def test_one_that_was_stopped(self, server: Running, sagemaker: Any, name: str) -> None:
        started = threading.Event()
        server.jobs.finish = lambda kind, record: started.set()
        create(sagemaker, name, definition(train("A"), process("B", DependsOn=["A"])))
        own = start(sagemaker, name)
        assert started.wait(20)
        sagemaker.stop_pipeline_execution(PipelineExecutionArn=own)
        ended(server, own)
        server.jobs.finish = complete
        sagemaker.retry_pipeline_execution(PipelineExecutionArn=own)
        assert ended(server, own)["PipelineExecutionStatus"] == "Succeeded"
        assert set(by_name(sagemaker, own)) == {"A", "B"}

    def test_one_that_is_retried_can_be_stopped(self, server: Running, sagemaker: Any, name: str) -> None:
        failing(server, "TrainingJob")
        create(sagemaker, name, definition(train("A")))
        own = start(sagemaker, name)
        ended(server, own)
        started = threading.Event()
        server.jobs.finish = lambda kind, record: started.set()
        sagemaker.retry_pipeline_execution(PipelineExecutionArn=own)
        assert started.wait(20)
        sagemaker.stop_pipeline_execution(PipelineExecutionArn=own)
        assert ended(server, own)["PipelineExecutionStatus"] == "Stopped"

    def test_the_branch_that_was_chosen_stays(self, server: Running, sagemaker: Any, name: str) -> None:
        failing(server, "TrainingJob")
        create(sagemaker, name, definition(gate("Gate", 1, [train("A")], [train("B")])))
        own = start(sagemaker, name)
        ended(server, own)
        failing(server)
        sagemaker.retry_pipeline_execution(PipelineExecutionArn=own)
        assert ended(server, own)["PipelineExecutionStatus"] == "Succeeded"
        assert set(by_name(sagemaker, own)) == {"Gate", "A"}

    def test_a_retry_that_is_repeated_with_its_token(
        self, server: Running, sagemaker: Any, name: str
    ) -> None:
        create(sagemaker, name, definition(fail("Stop", "no")))
        own = start(sagemaker, name)
        ended(server, own)
        token = {"PipelineExecutionArn": own, "ClientRequestToken": "t" * 32}
        sagemaker.retry_pipeline_execution(**token)
        ended(server, own)
        first = by_name(sagemaker, own)
        sagemaker.retry_pipeline_execution(**token)
        assert ended(server, own)["PipelineExecutionStatus"] == "Failed"
        assert by_name(sagemaker, own) == first

    def test_one_that_succeeded_cannot_be_retried(self, server: Running, sagemaker: Any, name: str) -> None:
        create(sagemaker, name, definition(train("A")))
        own = start(sagemaker, name)
        ended(server, own)
        for _ in range(2):
            assert error_of(
                sagemaker.retry_pipeline_execution, PipelineExecutionArn=own, ClientRequestToken="t" * 32
            ) == (
                "ConflictException",
                f"Only executions in Failed or Stopped status can be retried: {own} is in Succeeded status.",
            )


def test_names_and_parallelism_of_an_execution_can_change(server: Running, sagemaker: Any, name: str) -> None:
    create(sagemaker, name, definition(fail("Stop", "no")))
    own = start(sagemaker, name, PipelineExecutionDisplayName="first")
    ended(server, own)
    sagemaker.update_pipeline_execution(PipelineExecutionArn=own, PipelineExecutionDescription="text")
    sagemaker.update_pipeline_execution(
        PipelineExecutionArn=own,
        PipelineExecutionDisplayName="second",
        ParallelismConfiguration={"MaxParallelExecutionSteps": 3},
    )
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=own)
    assert (described["PipelineExecutionDisplayName"], described["PipelineExecutionDescription"]) == (
        "second",
        "text",
    )
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}
