import pytest
from botocore.exceptions import ClientError

from pipeline.upserting.deployed import Deployed, deployed, document
from tests.pipeline.stubs import client_error, stub_session

ARN = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/digits"
DESCRIBED = {"PipelineArn": ARN, "PipelineDefinition": "{}", "RoleArn": "role"}
TAGS = {"Tags": [{"Key": "team", "Value": "vision"}]}


def test_a_pipeline_as_the_service_has_it() -> None:
    limited = {**DESCRIBED, "ParallelismConfiguration": {"MaxParallelExecutionSteps": 4}}
    session = stub_session(sagemaker={"describe_pipeline": limited, "list_tags": TAGS})
    found = deployed(session, "digits", needs_tags=True)
    assert found == Deployed(ARN, "{}", "role", {"team": "vision"}, 4)
    assert Deployed.from_json(found.to_json()) == found


def test_no_pipeline() -> None:
    missing = client_error("ResourceNotFound", "Pipeline does not exist")
    session = stub_session(sagemaker={"describe_pipeline": missing})
    assert deployed(session, "digits", needs_tags=False) is None


def test_tags_that_may_not_be_read_matter_only_to_who_has_tags() -> None:
    denied = client_error("AccessDeniedException", "no sagemaker:ListTags")
    session = stub_session(sagemaker={"describe_pipeline": DESCRIBED, "list_tags": denied})
    assert deployed(session, "digits", needs_tags=False) == Deployed(ARN, "{}", "role", {}, None)
    with pytest.raises(ClientError, match="no sagemaker:ListTags"):
        deployed(session, "digits", needs_tags=True)


@pytest.mark.parametrize("operation", ["describe_pipeline", "list_tags"])
def test_other_refusals_are_the_callers(operation: str) -> None:
    answers = {
        "describe_pipeline": DESCRIBED,
        "list_tags": TAGS,
        operation: client_error("Throttling", "slow"),
    }
    with pytest.raises(ClientError, match="slow"):
        deployed(stub_session(sagemaker=answers), "digits", needs_tags=False)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        pytest.param('{"a": 1}', {"a": 1}, id="object"),
        pytest.param("[1]", {"Text": "[1]"}, id="list"),
        pytest.param("no JSON", {"Text": "no JSON"}, id="no JSON"),
    ],
)
def test_documents(text: str, parsed: object) -> None:
    assert document(text) == parsed
