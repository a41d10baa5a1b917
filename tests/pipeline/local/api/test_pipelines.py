from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.local.arns import arn
from tests.pipeline.local.api.requests import ROLE, error_of
from tests.pipeline.local.definitions import BUCKET, definition, fail, get, step, train
from tests.pipeline.local.fakes import Running

SIMPLE = definition(fail("Stop", "no"))


def request(name: str, text: str = SIMPLE, **more: Any) -> dict[str, Any]:
    return {"PipelineName": name, "PipelineDefinition": text, "RoleArn": ROLE, **more}


def test_a_pipeline_from_create_to_delete(sagemaker: Any, name: str) -> None:
    own = arn("Pipeline", name)
    tags = [{"Key": "a", "Value": "b"}]
    created = sagemaker.create_pipeline(**request(name, PipelineDescription="text", Tags=tags))
    assert created["PipelineArn"] == own
    assert sagemaker.list_tags(ResourceArn=own)["Tags"] == tags
    for known_as in (name, own):
        described = sagemaker.describe_pipeline(PipelineName=known_as)
        assert (described["PipelineStatus"], described["PipelineDescription"]) == ("Active", "text")
        assert json.loads(described["PipelineDefinition"]) == json.loads(SIMPLE)
    listed = sagemaker.list_pipelines(PipelineNamePrefix=name)["PipelineSummaries"]
    assert [item["PipelineArn"] for item in listed] == [own]

    other = definition(fail("Stop", "other"))
    updated = sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=other)
    assert (updated["PipelineArn"], updated["PipelineVersionId"]) == (own, 2)
    after = sagemaker.describe_pipeline(PipelineName=name)
    assert (after["PipelineDefinition"], after["PipelineDescription"]) == (other, "text")
    assert sagemaker.update_pipeline(PipelineName=name, PipelineDescription="new")["PipelineVersionId"] == 2

    assert sagemaker.delete_pipeline(PipelineName=name)["PipelineArn"] == own
    missing = ("ResourceNotFound", f"Pipeline '{own}' does not exist.")
    assert error_of(sagemaker.describe_pipeline, PipelineName=name) == missing
    assert error_of(sagemaker.update_pipeline, PipelineName=name) == missing
    assert error_of(sagemaker.delete_pipeline, PipelineName=name) == missing
    assert error_of(sagemaker.start_pipeline_execution, PipelineName=name) == missing


def test_a_name_that_is_taken(sagemaker: Any, name: str) -> None:
    """The SDK's upsert reads this text to know that it must update."""
    sagemaker.create_pipeline(**request(name))
    code, message = error_of(sagemaker.create_pipeline, **request(name))
    assert code == "ValidationException"
    assert message == (
        "Pipeline names must be unique within an AWS account and region. "
        f"Pipeline with name ({name}) already exists."
    )


def test_a_request_that_is_repeated_with_its_token(sagemaker: Any, name: str) -> None:
    own = request(name, ClientRequestToken="t" * 32)
    assert sagemaker.create_pipeline(**own) | {"ResponseMetadata": 0} == sagemaker.create_pipeline(**own) | {
        "ResponseMetadata": 0
    }


def test_a_definition_in_s3(sagemaker: Any, s3: Any, name: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"{name}.json", Body=SIMPLE.encode())
    location = {"Bucket": BUCKET, "ObjectKey": f"{name}.json"}
    sagemaker.create_pipeline(PipelineName=name, RoleArn=ROLE, PipelineDefinitionS3Location=location)
    assert sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"] == SIMPLE
    gone = {"Bucket": BUCKET, "ObjectKey": "gone.json"}
    code, message = error_of(sagemaker.update_pipeline, PipelineName=name, PipelineDefinitionS3Location=gone)
    assert code == "ValidationException"
    assert message == (
        f"Cannot read the pipeline definition s3://{BUCKET}/gone.json: NoSuchKey: The specified key does not "
        f"exist: s3://{BUCKET}/gone.json"
    )
    assert error_of(sagemaker.create_pipeline, PipelineName=f"{name}-2", RoleArn=ROLE) == (
        "ValidationException",
        "Exactly one of PipelineDefinition and PipelineDefinitionS3Location must be given.",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            definition(step("A", "Paint", {})),
            "step 'A' has type Paint, which does not exist; there are AutoML, Callback, ClarifyCheck, "
            "Cleanup, Condition, EMR, EMRServerless, Endpoint, EndpointConfig, Fail, ForEach, "
            "InferenceComponent, Job, Lambda, Lineage, Model, Processing, QualityCheck, RegisterModel, "
            "Training, Transform, Tuning",
            id="unknown type",
        ),
        pytest.param(
            definition(fail("A", get("Parameters.Message"))),
            "step 'A': there is no parameter 'Message'; there are none",
            id="undeclared parameter",
        ),
        pytest.param(
            definition(step("A", "Training", {"RoleArn": ROLE, "RolArn": ROLE, "OutputDataConfig": {}})),
            "step 'A': 2 validation errors detected: Unknown parameter in input: 'RolArn', must be one of:",
            id="arguments that no training job has",
        ),
        pytest.param(
            definition(fail("A", "x", DependsOn=["B"]), fail("B", "x", DependsOn=["A"])),
            "these steps wait for each other: A → B → A",
            id="cycle",
        ),
    ],
)
def test_definitions_that_are_refused(sagemaker: Any, name: str, text: str, problem: str) -> None:
    code, message = error_of(sagemaker.create_pipeline, **request(name, text))
    assert (code, message.startswith(f"Unable to parse pipeline definition. {problem}")) == (
        "ValidationException",
        True,
    ), message


def test_all_problems_are_named_at_once(sagemaker: Any, name: str) -> None:
    text = definition(fail("A", get("Parameters.P")), fail("A", get("Steps.B.X")))
    assert error_of(sagemaker.create_pipeline, **request(name, text))[1] == (
        "Unable to parse pipeline definition. there are two steps named 'A'; "
        "step 'A': there is no parameter 'P'; there are none; "
        "step 'A': it refers to 'B', which is not a step"
    )


def test_a_pipeline_that_runs_cannot_be_deleted(server: Running, sagemaker: Any, name: str) -> None:
    server.jobs.finish = lambda kind, record: None
    sagemaker.create_pipeline(**request(name, definition(train("Train"))))
    own = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    code, message = error_of(sagemaker.delete_pipeline, PipelineName=name)
    assert (code, message) == (
        "ConflictException",
        f"Pipeline {arn('Pipeline', name)} has running executions: {own}",
    )
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=own)
    server.wait_for("PipelineExecution", f"{name}/{own[-12:]}", PipelineExecutionStatus="Stopped")
    sagemaker.delete_pipeline(PipelineName=name)
    assert error_of(sagemaker.describe_pipeline_execution, PipelineExecutionArn=own)[0] == "ResourceNotFound"
