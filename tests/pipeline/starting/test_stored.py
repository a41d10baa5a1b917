from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import RunError
from pipeline.starting.stored import load
from tests.pipeline.starting.definitions import text
from tests.pipeline.stubs import client_error, stub_session

MISSING = client_error("ResourceNotFound", "Pipeline 'demo' does not exist.")
NO_PIPELINE = (
    "error R101 no-pipeline: the local SageMaker has no pipeline 'demo'\n"
    "  hint: `imgpipe upsert` makes it; `imgpipe run` makes and starts it"
)


@pytest.mark.parametrize(
    ("version", "request_"),
    [(None, {"PipelineName": "demo"}), (2, {"PipelineName": "demo", "PipelineVersionId": 2})],
)
def test_a_pipeline_is_read_in_one_call(version: int | None, request_: dict[str, Any]) -> None:
    session = stub_session(sagemaker={"describe_pipeline": {"PipelineDefinition": text()}})
    found = load(session, "demo", version)
    assert session.client("sagemaker").calls == [("describe_pipeline", request_)]
    assert (found.name, found.text, found.version) == ("demo", text(), version)
    assert list(found.definition.steps) == [
        "Validate",
        "Train",
        "Evaluate",
        "Gate",
        "Register",
        "Reject",
        "Report",
    ]


@pytest.mark.parametrize(
    ("version", "listed", "expected"),
    [
        pytest.param(None, MISSING, NO_PIPELINE, id="no pipeline"),
        pytest.param(7, MISSING, NO_PIPELINE, id="no pipeline, and a version is asked for"),
        pytest.param(
            7,
            {"PipelineVersionSummaries": [{"PipelineVersionId": 3, "CreationTime": None}]},
            "error R131 no-version: pipeline 'demo' has no version 7\n"
            "  there are: 3\n"
            "  hint:      `imgpipe list --versions` tells what each is",
            id="no version",
        ),
    ],
)
def test_what_does_not_exist(version: int | None, listed: Any, expected: str) -> None:
    session = stub_session(sagemaker={"describe_pipeline": MISSING, "list_pipeline_versions": listed})
    with pytest.raises(RunError) as caught:
        load(session, "demo", version)
    assert str(caught.value) == expected


def test_other_refusals_pass_through() -> None:
    denied = client_error("AccessDeniedException", "no")
    with pytest.raises(type(denied), match="AccessDenied"):
        load(stub_session(sagemaker={"describe_pipeline": denied}), "demo")
