from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.pipeline.local.api.requests import NO_PROGRAM, ROLE, error_of, training
from tests.pipeline.local.definitions import arguments, definition, fail, get, join, step, train
from tests.pipeline.local.fakes import Running, ended


def create(sagemaker: Any, name: str, text: str, **more: Any) -> None:
    sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE, **more)


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


def test_an_execution_that_does_not_exist(sagemaker: Any, name: str) -> None:
    own = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}/execution/none"
    missing = ("ResourceNotFound", f"Pipeline execution with ARN {own} does not exist.")
    for call in (
        sagemaker.describe_pipeline_execution,
        sagemaker.list_pipeline_execution_steps,
        sagemaker.list_pipeline_parameters_for_execution,
        sagemaker.describe_pipeline_definition_for_execution,
        sagemaker.stop_pipeline_execution,
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

    def test_an_image_and_a_trigger_at_once(self, sagemaker: Any, name: str) -> None:
        image = {"TrainingImage": get("Parameters.Image"), "TrainingInputMode": "File"}
        text = definition(
            step("Train", "Training", arguments(training("x"), AlgorithmSpecification=image)),
            train("Late", DependsOn=[{"Step": "Train", "Trigger": "Failed"}]),
            parameters={"Image": NO_PROGRAM},
        )
        create(sagemaker, name, text)
        assert error_of(sagemaker.start_pipeline_execution, PipelineName=name)[1] == (
            "error R110 not-supported-locally: step 'Late' depends on how another step ends (DependsOn with "
            "Trigger)\n"
            "  why:  a step runs here only after others succeeded\n"
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

    def test_what_is_not_supported_yet(self, sagemaker: Any, name: str) -> None:
        create(sagemaker, name, definition(fail("Stop", "no")))
        assert error_of(sagemaker.start_pipeline_execution, PipelineName=name, MlflowExperimentName="x") == (
            "ValidationException",
            "MlflowExperimentName is not supported by the local SageMaker: there is no MLflow here",
        )
