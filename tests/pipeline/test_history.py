from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.errors import RunError
from pipeline.history import executions
from tests.pipeline.stubs import client_error, stub_session

ARN = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/digits/execution/"
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def described(**more: Any) -> dict[str, Any]:
    return {
        "PipelineExecutionArn": ARN + "a",
        "PipelineExecutionStatus": "Succeeded",
        "CreationTime": NOON,
        "LastModifiedTime": NOON + timedelta(seconds=90),
        "CreatedBy": {"UserProfileName": "ada"},
        **more,
    }


def past(**more: Any) -> Any:
    listed = {"PipelineExecutionSummaries": [{"PipelineExecutionArn": ARN + "a"}]}
    answers = {"list_pipeline_executions": listed, "describe_pipeline_execution": described(**more)}
    [one] = executions(stub_session(sagemaker=answers), "digits", 5)
    return one


def test_an_execution_that_is_over() -> None:
    one = past()
    assert one.is_over
    assert one.to_json() == {
        "id": "a",
        "arn": ARN + "a",
        "status": "Succeeded",
        "started": "2026-11-01T12:00:00+00:00",
        "seconds": 90.0,
        "by": "ada",
        "reason": None,
    }


def test_an_execution_that_goes_on_has_taken_some_time_so_far() -> None:
    one = past(PipelineExecutionStatus="Executing", CreationTime=datetime.now(UTC) - timedelta(seconds=7))
    assert not one.is_over
    assert 7 <= one.seconds < 60


@pytest.mark.parametrize(
    ("user", "name"),
    [
        pytest.param({"UserProfileName": "ada", "IamIdentity": {"Arn": "x"}}, "ada", id="Studio"),
        pytest.param(
            {"IamIdentity": {"Arn": "arn:aws:sts::1:assumed-role/Admin/ada"}}, "Admin/ada", id="role"
        ),
        pytest.param({"IamIdentity": {"Arn": "arn:aws:iam::1:user/ada"}}, "ada", id="user"),
        pytest.param({"IamIdentity": {"Arn": "arn:aws:iam::1:root"}}, "arn:aws:iam::1:root", id="root"),
        pytest.param({}, "", id="nobody"),
    ],
)
def test_who_started_it(user: dict[str, Any], name: str) -> None:
    assert past(CreatedBy=user).by == name


def test_no_more_than_asked_for() -> None:
    listed = {"PipelineExecutionSummaries": [{"PipelineExecutionArn": ARN + letter} for letter in "abc"]}
    session = stub_session(
        sagemaker={
            "list_pipeline_executions": listed,
            "describe_pipeline_execution": described,
        }
    )
    assert [one.id for one in executions(session, "digits", 2)] == ["a", "b"]


def test_no_pipeline() -> None:
    missing = client_error("ResourceNotFound", "Pipeline does not exist")
    with pytest.raises(RunError, match="R101 no-pipeline"):
        executions(stub_session(sagemaker={"list_pipeline_executions": missing}), "digits", 2)
