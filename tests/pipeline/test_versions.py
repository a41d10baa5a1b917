from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RunError
from pipeline.versions import Version, definition_of, versions
from tests.pipeline.stubs import client_error, stub_session

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/digits"
CODE = f"s3://bucket/digits/code/{'a' * 64}/validate.pyz"


def summary(number: int, **more: Any) -> dict[str, Any]:
    return {"PipelineVersionId": number, "CreationTime": NOON, "PipelineArn": ARN, **more}


LISTED = {
    "PipelineVersionSummaries": [
        summary(9, PipelineVersionDescription="changed TrainModel"),
        summary(10, LastExecutionPipelineExecutionArn=f"{ARN}/execution/abcdefghijkl"),
        summary(1),
    ]
}


def test_versions_newest_first() -> None:
    session = stub_session(sagemaker={"list_pipeline_versions": LISTED})
    assert versions(session, "digits") == [
        Version(10, NOON, "", "abcdefghijkl", is_current=True),
        Version(9, NOON, "changed TrainModel", None, is_current=False),
        Version(1, NOON, "", None, is_current=False),
    ]
    assert versions(session, "digits")[1].to_json() == {
        "version": 9,
        "created": "2026-11-01T12:00:00+00:00",
        "description": "changed TrainModel",
        "lastExecution": None,
        "current": False,
    }


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        pytest.param(
            "ResourceNotFound",
            "Pipeline does not exist",
            "error R101 no-pipeline: the local SageMaker has no pipeline 'digits'\n"
            "  hint: `imgpipe upsert` makes it; `imgpipe run` makes and starts it",
            id="no pipeline",
        ),
        pytest.param(
            "UnknownOperationException",
            "",
            "error R130 no-versions: the local SageMaker does not keep versions of pipelines\n"
            "  hint: a local SageMaker that is older than this imgpipe learns it by `imgpipe local down`",
            id="no such call",
        ),
        pytest.param(
            "500",
            "<!doctype html>",
            "error R130 no-versions: the local SageMaker does not keep versions of pipelines\n"
            "  hint: a local SageMaker that is older than this imgpipe learns it by `imgpipe local down`",
            id="moto",
        ),
    ],
)
def test_no_versions(code: str, message: str, told: str) -> None:
    with pytest.raises(RunError) as caught:
        versions(stub_session(sagemaker={"list_pipeline_versions": client_error(code, message)}), "digits")
    assert str(caught.value) == told


def session_with(text: str, head: object) -> Any:
    def describe(**request: Any) -> object:
        assert request == {"PipelineName": "digits", "PipelineVersionId": 9}
        return {"PipelineDefinition": text}

    return stub_session(
        sagemaker={"list_pipeline_versions": LISTED, "describe_pipeline": describe}, s3={"head_object": head}
    )


def test_the_definition_of_a_version() -> None:
    text = f'{{"S3Uri": "{CODE}"}}'
    assert definition_of(session_with(text, {}), "digits", 9) == text


def test_a_version_that_is_not_there() -> None:
    with pytest.raises(RunError) as caught:
        definition_of(session_with("", {}), "digits", 2)
    assert str(caught.value) == (
        "error R131 no-version: pipeline 'digits' has no version 2\n"
        "  there are: 10, 9, 1\n"
        "  hint:      `imgpipe list --versions` tells what each is"
    )


def test_a_version_whose_program_is_gone() -> None:
    text = f'{{"S3Uri": "{CODE}", "again": "{CODE}"}}'
    with pytest.raises(RunError) as caught:
        definition_of(session_with(text, client_error("404", "Not Found")), "digits", 9)
    assert str(caught.value) == (
        f"error R132 code-gone: a program of version 9 is gone: {CODE}\n"
        "  hint: go back in the YAML and in imgpipe instead, then `imgpipe upsert`"
    )
