"""Selective execution through the API: what runs, what is taken from where, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.local.arns import arn
from tests.pipeline.local.api.requests import ROLE, error_of
from tests.pipeline.local.definitions import BUCKET, definition, fail, gate, get, join, process, step, train
from tests.pipeline.local.fakes import Running, ended


def whole(name: str, threshold: float = 0.9) -> str:
    """Check ─→ Train ─→ Judge ─→ Gate ─if─→ Publish ─→ Announce, else Reject; Note stands apart."""
    report = f"s3://{BUCKET}/{name}/report"
    files = [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "report.json"}]
    accuracy = {"Std:JsonGet": {"PropertyFile": get("Steps.Judge.PropertyFiles.Report"), "Path": "accuracy"}}
    artifact = get("Steps.Train.ModelArtifacts.S3ModelArtifacts")
    return definition(
        process("Check", {"lists": f"s3://{BUCKET}/{name}/lists"}),
        train("Train", DependsOn=["Check"]),
        process("Judge", {"report": report}, PropertyFiles=files, Description="judges", DependsOn=["Train"]),
        gate(
            "Gate",
            accuracy,
            [
                process("Publish", {"model": artifact}),
                process("Announce", DependsOn=["Publish"]),
            ],
            [fail("Reject", join("accuracy ", accuracy))],
            at_least=get("Parameters.Threshold"),
        ),
        process("Note"),
        parameters={"Threshold": threshold},
    )


@pytest.fixture
def pipeline(server: Running, name: str) -> str:
    """A pipeline whose Judge finds an accuracy of 0.95."""
    body = json.dumps({"accuracy": 0.95}).encode()
    server.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/report/report.json", Body=body)
    server.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=whole(name), RoleArn=ROLE)
    return name


def config(steps: str, source: str | None = None) -> dict[str, Any]:
    selected: dict[str, Any] = {"SelectedSteps": [{"StepName": step} for step in steps.split()]}
    return selected if source is None else {**selected, "SourcePipelineExecutionArn": source}


def start(server: Running, name: str, selective: dict[str, Any] | None = None, **more: Any) -> str:
    """Run an execution to its end; returns its ARN."""
    given = more if selective is None else {**more, "SelectiveExecutionConfig": selective}
    own = str(server.sagemaker.start_pipeline_execution(PipelineName=name, **given)["PipelineExecutionArn"])
    ended(server, own)
    return own


def steps_of(server: Running, execution: str) -> dict[str, dict[str, Any]]:
    listed = server.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution, MaxResults=100)
    return {item["StepName"]: item for item in listed["PipelineExecutionSteps"]}


def ran(server: Running, execution: str) -> set[str]:
    """The steps that an execution ran itself."""
    return {
        name for name, item in steps_of(server, execution).items() if "SelectiveExecutionResult" not in item
    }


def status(server: Running, execution: str) -> str:
    return str(
        server.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)[
            "PipelineExecutionStatus"
        ]
    )


def failing(server: Running, step: str) -> None:
    """Let the jobs of one step fail."""
    usual = server.jobs.finish

    def finish(kind: str, record: dict[str, Any]) -> dict[str, Any] | None:
        if f"-{step}-" in record[f"{kind}Name"]:
            return {f"{kind}Status": "Failed", "FailureReason": "AlgorithmError: no"}
        return usual(kind, record)

    server.jobs.finish = finish


def test_what_is_selected_runs_with_what_was_made_before(server: Running, pipeline: str) -> None:
    source = start(server, pipeline)
    before = steps_of(server, source)
    own = start(server, pipeline, config("Judge Train", source))
    after = steps_of(server, own)
    assert status(server, own) == "Succeeded"
    assert set(after) == {"Check", "Train", "Judge"}
    assert ran(server, own) == {"Train", "Judge"}
    assert after["Check"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    assert after["Check"]["Metadata"] == before["Check"]["Metadata"]
    assert after["Check"]["StartTime"] == after["Check"]["EndTime"] > before["Check"]["EndTime"]
    assert after["Train"]["Metadata"] != before["Train"]["Metadata"]
    described = server.sagemaker.describe_pipeline_execution(PipelineExecutionArn=own)
    assert described["SelectiveExecutionConfig"] == config("Judge Train", source)


def test_properties_and_files_of_steps_that_did_not_run_again(server: Running, pipeline: str) -> None:
    source = start(server, pipeline)
    own = start(server, pipeline, config("Gate Publish", source))
    assert ran(server, own) == {"Gate", "Publish"}
    job = steps_of(server, own)["Publish"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    model = steps_of(server, source)["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    sent = server.sagemaker.describe_processing_job(ProcessingJobName=job)
    assert sent["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == (
        f"s3://b/out/{model}/output/model.tar.gz"
    )


def test_what_follows_unselected_does_not_run(server: Running, pipeline: str) -> None:
    source = start(server, pipeline)
    own = start(server, pipeline, config("Gate", source))
    assert status(server, own) == "Succeeded"
    assert ran(server, own) == {"Gate"}


def test_a_branch_is_followed_from_a_condition_that_did_not_run_again(server: Running, pipeline: str) -> None:
    source = start(server, pipeline)
    own = start(server, pipeline, config("Publish Announce", source))
    assert ran(server, own) == {"Publish", "Announce"}
    taken = steps_of(server, own)["Gate"]
    assert taken["Metadata"] == {"Condition": {"Outcome": "True"}}


def test_a_condition_that_runs_again_may_choose_otherwise(server: Running, pipeline: str) -> None:
    source = start(server, pipeline)
    threshold = [{"Name": "Threshold", "Value": "0.99"}]
    own = start(
        server, pipeline, config("Gate Publish Announce Reject", source), PipelineParameters=threshold
    )
    assert (status(server, own), ran(server, own)) == ("Failed", {"Gate", "Reject"})


def test_on_from_a_step_that_failed(server: Running, pipeline: str) -> None:
    usual = server.jobs.finish
    failing(server, "Judge")
    source = start(server, pipeline)
    assert status(server, source) == "Failed"
    server.jobs.finish = usual
    own = start(server, pipeline, config("Judge Gate Publish Announce Reject", source))
    assert status(server, own) == "Succeeded"
    assert ran(server, own) == {"Judge", "Gate", "Publish", "Announce"}


def test_a_source_that_was_itself_selective(server: Running, pipeline: str) -> None:
    first = start(server, pipeline)
    second = start(server, pipeline, config("Judge", first))
    third = start(server, pipeline, config("Train Judge", second))
    assert ran(server, third) == {"Train", "Judge"}
    check = steps_of(server, third)["Check"]
    assert check["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": second}
    assert check["Metadata"] == steps_of(server, first)["Check"]["Metadata"]


def test_a_source_of_an_older_version(server: Running, pipeline: str) -> None:
    source = start(server, pipeline)
    server.sagemaker.update_pipeline(PipelineName=pipeline, PipelineDefinition=whole(pipeline, 0.99))
    own = start(server, pipeline, config("Gate Reject", source))
    assert (status(server, own), ran(server, own)) == ("Failed", {"Gate", "Reject"})


def test_no_source_is_needed_for_what_needs_nothing(server: Running, pipeline: str) -> None:
    own = start(server, pipeline, config("Check Train"))
    assert (status(server, own), set(steps_of(server, own))) == ("Succeeded", {"Check", "Train"})


def test_a_step_that_is_not_supported_may_stand_aside(server: Running, sagemaker: Any, name: str) -> None:
    text = definition(
        process("Check"), step("Quality", "QualityCheck", {}, CheckType="DATA_QUALITY", DependsOn=["Check"])
    )
    sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
    assert status(server, start(server, name, config("Check"))) == "Succeeded"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        pytest.param("Chek Train", "Invalid SelectedSteps. The pipeline has no steps [Chek]", id="unknown"),
        pytest.param(
            "Train Gate",
            "Invalid SelectedSteps. The steps [Judge] lie on paths between selected steps and must be "
            "selected too",
            id="a gap",
        ),
        pytest.param(
            "Train Note",
            "Invalid SelectedSteps. The selected steps [Train] and [Note] are not connected in the "
            "pipeline's graph",
            id="two islands",
        ),
        pytest.param(
            "Judge Gate",
            "Invalid SourcePipelineExecutionArn: null. The selected steps [Judge, Gate] have dependencies on "
            "[Train]",
            id="no source",
        ),
    ],
)
def test_selections_that_are_refused(server: Running, pipeline: str, steps: str, message: str) -> None:
    refused = error_of(
        server.sagemaker.start_pipeline_execution,
        PipelineName=pipeline,
        SelectiveExecutionConfig=config(steps),
    )
    assert refused == ("ValidationException", message)
    listed = server.sagemaker.list_pipeline_executions(PipelineName=pipeline)
    assert listed["PipelineExecutionSummaries"] == []


class TestSourcesThatAreRefused:
    def refusal(self, server: Running, pipeline: str, steps: str, source: str) -> tuple[str, str]:
        return error_of(
            server.sagemaker.start_pipeline_execution,
            PipelineName=pipeline,
            SelectiveExecutionConfig=config(steps, source),
        )

    def test_one_that_does_not_exist(self, server: Running, pipeline: str) -> None:
        none = arn("PipelineExecution", f"{pipeline}/{'x' * 12}")
        assert self.refusal(server, pipeline, "Train", none) == (
            "ResourceNotFound",
            f"Pipeline execution with ARN {none} does not exist.",
        )

    def test_one_of_another_pipeline(self, server: Running, pipeline: str) -> None:
        other = f"{pipeline}-2"
        server.sagemaker.create_pipeline(
            PipelineName=other, PipelineDefinition=definition(fail("Stop", "no")), RoleArn=ROLE
        )
        foreign = start(server, other)
        assert self.refusal(server, pipeline, "Train", foreign) == (
            "ValidationException",
            f"Invalid SourcePipelineExecutionArn: {foreign}. It is not an execution of pipeline {pipeline}",
        )

    def test_one_that_runs(self, server: Running, pipeline: str) -> None:
        server.jobs.finish = lambda kind, record: None
        client = server.sagemaker
        running = client.start_pipeline_execution(PipelineName=pipeline)["PipelineExecutionArn"]
        assert self.refusal(server, pipeline, "Train", running)[1] == (
            f"Invalid SourcePipelineExecutionArn: {running}. It is in Executing status and must be in one "
            "of [Succeeded, Failed, Stopped]"
        )
        client.stop_pipeline_execution(PipelineExecutionArn=running)
        ended(server, running)
        assert self.refusal(server, pipeline, "Train", running)[1] == (
            f"Invalid SourcePipelineExecutionArn: {running}. The selected steps [Train] have dependencies on "
            "[Check], which did not succeed in it"
        )

    def test_one_whose_condition_chose_the_other_branch(self, server: Running, pipeline: str) -> None:
        source = start(server, pipeline, PipelineParameters=[{"Name": "Threshold", "Value": "0.99"}])
        assert self.refusal(server, pipeline, "Publish Announce", source)[1] == (
            f"Invalid SourcePipelineExecutionArn: {source}. The selected step [Publish] is in the branch of "
            "[Gate] that was not chosen in it"
        )
