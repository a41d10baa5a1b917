import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline import executions
from pipeline.errors import RunError
from pipeline.session import Session
from tests.pipeline.stubs import client_error, stub_session

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/abc123"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DEFINITION = {
    "Steps": [
        {"Name": "Train", "Type": "Training"},
        {
            "Name": "Gate",
            "Type": "Condition",
            "Arguments": {
                "IfSteps": [{"Name": "Register", "Type": "RegisterModel"}],
                "ElseSteps": [{"Name": "Reject", "Type": "Fail"}],
            },
        },
    ]
}


def answers(status: str, steps: list[dict[str, Any]], reason: str | None = None) -> dict[str, Any]:
    described: dict[str, Any] = {"PipelineExecutionStatus": status, "CreationTime": BEGIN}
    if reason:
        described["FailureReason"] = reason
    return {
        "describe_pipeline_execution": described,
        "describe_pipeline_definition_for_execution": {"PipelineDefinition": json.dumps(DEFINITION)},
        "list_pipeline_execution_steps": {"PipelineExecutionSteps": steps},
    }


def test_describe_orders_steps_as_the_definition_and_names_those_that_wait() -> None:
    train = {
        "StepName": "Train",
        "StepStatus": "Executing",
        "StartTime": BEGIN,
        "Metadata": {
            "TrainingJob": {"Arn": "arn:aws:sagemaker:us-east-1:1:training-job/pipelines-abc-Train"}
        },
    }
    seen = executions.describe(stub_session(sagemaker=answers("Executing", [train])), ARN)
    assert [(step.name, step.status) for step in seen.steps] == [
        ("Train", "Executing"),
        ("Gate", "Waiting"),
        ("Register", "Waiting"),
        ("Reject", "Waiting"),
    ]
    assert seen.id == "abc123"
    assert seen.pipeline == "demo"
    assert seen.step("Train").job_arn == "arn:aws:sagemaker:us-east-1:1:training-job/pipelines-abc-Train"
    assert not seen.is_over


def test_describe_tells_what_never_ran_and_why_a_step_failed() -> None:
    train = {
        "StepName": "Train",
        "StepStatus": "Failed",
        "StartTime": BEGIN,
        "EndTime": BEGIN + timedelta(seconds=12.4),
        "FailureReason": "AlgorithmError: class 'cat' has 1 image",
    }
    session = stub_session(sagemaker=answers("Failed", [train], "Step failure"))
    seen = executions.describe(session, ARN)
    assert seen.is_over
    assert [step.status for step in seen.steps] == ["Failed", "Not run", "Not run", "Not run"]
    assert seen.steps[0].seconds == 12.4
    assert seen.to_json()["reason"] == "Step failure"


def test_a_condition_tells_its_outcome() -> None:
    gate = {"StepName": "Gate", "StepStatus": "Succeeded", "Metadata": {"Condition": {"Outcome": "False"}}}
    seen = executions.describe(stub_session(sagemaker=answers("Executing", [gate])), ARN)
    assert seen.step("Gate").outcome == "False"
    assert seen.step("Gate").job_arn is None


def test_an_unknown_step_is_refused_with_the_known_ones() -> None:
    seen = executions.describe(stub_session(sagemaker=answers("Executing", [])), ARN)
    with pytest.raises(RunError) as caught:
        seen.step("Trian")
    assert str(caught.value) == (
        "error R104 no-step: execution abc123 has no step 'Trian'\n"
        "  it has: Train, Gate, Register, Reject\n"
        "  hint:   did you mean 'Train'?"
    )


def test_an_execution_of_some_steps_tells_which_and_from_where_the_others_come() -> None:
    source = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/source000001"
    train = {
        "StepName": "Train",
        "StepStatus": "Succeeded",
        "SelectiveExecutionResult": {"SourcePipelineExecutionArn": source},
    }
    described = {
        "PipelineExecutionStatus": "Executing",
        "CreationTime": BEGIN,
        "SelectiveExecutionConfig": {"SelectedSteps": [{"StepName": "Gate"}]},
    }
    session = stub_session(
        sagemaker={**answers("Executing", [train]), "describe_pipeline_execution": described}
    )
    seen = executions.describe(session, ARN)
    assert [(step.name, step.status, step.source) for step in seen.steps] == [
        ("Train", "Succeeded", source),
        ("Gate", "Waiting", None),
        ("Register", "Not selected", None),
        ("Reject", "Not selected", None),
    ]
    assert seen.steps[0].to_json()["source"] == source


def test_a_cached_step_tells_where_it_ran() -> None:
    source = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/source000001"
    hit = {"SourcePipelineExecutionArn": source}
    train = {"StepName": "Train", "StepStatus": "Succeeded", "CacheHitResult": hit}
    seen = executions.describe(stub_session(sagemaker=answers("Executing", [train])), ARN)
    assert seen.step("Train").source == source


def test_watch_ends_with_the_final_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "_LOCAL_POLL_S", 0.0)
    looks = iter(["Executing", "Executing", "CompletedWithFailures"])

    def described(**_: Any) -> dict[str, Any]:
        return {"PipelineExecutionStatus": next(looks), "CreationTime": BEGIN}

    session = stub_session(sagemaker={**answers("", []), "describe_pipeline_execution": described})
    seen = [execution.status for execution in executions.watch(session, ARN)]
    assert seen == ["Executing", "Executing", "CompletedWithFailures"]


def test_start_sends_parameters_and_a_token() -> None:
    session = stub_session(sagemaker={"start_pipeline_execution": {"PipelineExecutionArn": ARN}})
    assert executions.start(session, "demo", {"Epochs": "3"}) == ARN
    [(_, request)] = session.client("sagemaker").calls
    assert request["PipelineParameters"] == [{"Name": "Epochs", "Value": "3"}]
    assert len(request["ClientRequestToken"]) >= 32


def test_start_of_some_steps_of_a_version() -> None:
    session = stub_session(sagemaker={"start_pipeline_execution": {"PipelineExecutionArn": ARN}})
    executions.start(session, "demo", {}, version=2, steps=["Train", "Gate"], source="arn:source")
    executions.start(session, "demo", {}, steps=["Train"])
    [(_, whole), (_, without)] = session.client("sagemaker").calls
    assert whole["PipelineVersionId"] == 2
    assert whole["SelectiveExecutionConfig"] == {
        "SelectedSteps": [{"StepName": "Train"}, {"StepName": "Gate"}],
        "SourcePipelineExecutionArn": "arn:source",
    }
    assert without["SelectiveExecutionConfig"] == {"SelectedSteps": [{"StepName": "Train"}]}
    assert "PipelineVersionId" not in without


@pytest.mark.parametrize("text", ["", "1", "pipeline-run 4711", "ü" * 500])
def test_any_text_makes_a_token_that_the_api_takes(text: str) -> None:
    token = executions.request_token("demo", text)
    assert 32 <= len(token) <= 128
    assert token == executions.request_token("demo", text)
    assert token != executions.request_token("other", text)
    assert token != executions.request_token("demo", text + "x")


def test_recent_ones_have_their_status() -> None:
    listed = [
        {"PipelineExecutionArn": f"arn:{status}", "PipelineExecutionStatus": status}
        for status in ("Executing", "Succeeded", "Stopping", "CompletedWithFailures")
    ]
    session = stub_session(sagemaker={"list_pipeline_executions": {"PipelineExecutionSummaries": listed}})
    assert list(executions.recent(session, "demo").items()) == [
        ("arn:Executing", "Executing"),
        ("arn:Succeeded", "Succeeded"),
        ("arn:Stopping", "Stopping"),
        ("arn:CompletedWithFailures", "CompletedWithFailures"),
    ]


NO_PIPELINE = client_error("ResourceNotFound", "Pipeline 'demo' does not exist.")


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        pytest.param("start_pipeline_execution", lambda on: executions.start(on, "demo", {}), id="start"),
        pytest.param("list_pipeline_executions", lambda on: executions.latest(on, "demo"), id="latest"),
        pytest.param("list_pipeline_executions", lambda on: executions.recent(on, "demo"), id="recent"),
    ],
)
def test_a_pipeline_that_does_not_exist(operation: str, call: Callable[[Session], object]) -> None:
    session = stub_session(sagemaker={operation: NO_PIPELINE})
    with pytest.raises(RunError) as caught:
        call(session)
    assert str(caught.value) == (
        "error R101 no-pipeline: the local SageMaker has no pipeline 'demo'\n"
        "  hint: `imgpipe upsert` makes it; `imgpipe run` makes and starts it"
    )


def test_a_pipeline_that_was_never_started() -> None:
    session = stub_session(sagemaker={"list_pipeline_executions": {"PipelineExecutionSummaries": []}})
    with pytest.raises(RunError, match="pipeline 'demo' has no executions"):
        executions.latest(session, "demo")


def test_an_execution_that_does_not_exist() -> None:
    missing = client_error("ResourceNotFound", "PipelineExecution 'x' does not exist.")
    with pytest.raises(RunError, match=f"there is no execution '{ARN}'"):
        executions.describe(stub_session(sagemaker={"describe_pipeline_execution": missing}), ARN)


def test_other_refusals_pass_through() -> None:
    denied = client_error("AccessDeniedException", "no")
    session = stub_session(sagemaker={"start_pipeline_execution": denied})
    with pytest.raises(type(denied), match="AccessDenied"):
        executions.start(session, "demo", {})
