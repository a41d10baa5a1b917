import json
import time
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from pipeline.account import AccountFacts
from pipeline.errors import UsageError
from pipeline.session import Session, connect_aws, connect_local


def test_facts_come_from_sts_with_sagemakers_default_bucket(session: Session) -> None:
    assert session.facts == AccountFacts(
        account="123456789012",
        region="us-east-1",
        partition="aws",
        bucket="sagemaker-us-east-1-123456789012",
        role="arn:aws:iam::123456789012:role/imgpipe-execution",
    )


@pytest.mark.parametrize("role", ["trainer", "arn:aws:iam::123456789012:role/trainer"])
def test_a_role_is_given_by_name_or_arn(session: Session, role: str) -> None:
    named = Session(session.boto, session.endpoint_url, role)
    assert named.facts.role == "arn:aws:iam::123456789012:role/trainer"


def test_one_client_a_service(session: Session) -> None:
    assert session.client("s3") is session.client("s3")


def test_aws_needs_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(UsageError) as caught:
        connect_aws(None, None, {})
    assert str(caught.value) == (
        "error R002 no-region: no AWS region is set\n"
        "  looked: --region, AWS_REGION, AWS_DEFAULT_REGION, the profile in ~/.aws/config\n"
        "  hint:   add `--region us-east-1`, or `--local` to need no AWS account"
    )


def test_an_exported_address_is_what_answers() -> None:
    exported = connect_aws(None, "us-east-1", {"AWS_ENDPOINT_URL": "http://127.0.0.1:5333"})
    assert exported.is_local
    assert exported.engine == "the local SageMaker"
    assert exported.client("s3").meta.endpoint_url == "http://127.0.0.1:5333"


def test_engines_have_names() -> None:
    assert connect_aws(None, "eu-west-1", {"IMGPIPE_ROLE": "r"}).engine == "Amazon SageMaker in eu-west-1"
    assert connect_local("http://127.0.0.1:1", "a", "b", "us-east-1").engine == "the local SageMaker"


class Answers:
    """Answers the requests of a client in place of the network: throttled as often as wanted, then well."""

    def __init__(self, client: Any, throttled: int, code: str = "ThrottlingException") -> None:
        self.count = 0
        self._throttled = throttled
        self._code = code
        client.meta.events.register("before-send", self.answer)

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        self.count += 1
        status, body = 200, {"PipelineArn": "arn"}
        if self.count <= self._throttled:
            status, body = 400, {"__type": self._code, "message": "Rate exceeded"}
        content = BytesIO(json.dumps(body).encode())
        raw = SimpleNamespace(stream=lambda *_, **__: iter([content.read()]))
        return AWSResponse(request.url, status, HTTPHeaders(), raw)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long botocore waited before each repetition, which here takes no time."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def aws(monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    return connect_aws(None, "us-east-1", {})


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException"])
def test_throttling_is_waited_out(code: str, monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    client = aws(monkeypatch).client("sagemaker")
    answers = Answers(client, throttled=7, code=code)
    assert client.describe_pipeline(PipelineName="digits")["PipelineArn"] == "arn"
    assert answers.count == 8
    assert len(pauses) == 7
    assert all(pause <= 2**number for number, pause in enumerate(pauses))


def test_throttling_without_end_is_told(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    client = aws(monkeypatch).client("sagemaker")
    answers = Answers(client, throttled=99)
    with pytest.raises(ClientError, match=r"Rate exceeded"):
        client.update_pipeline(PipelineName="digits", PipelineDefinition="{}")
    assert answers.count == 8
    assert sum(pauses) <= 100


def test_a_refusal_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = aws(monkeypatch).client("sagemaker")
    answers = Answers(client, throttled=99, code="ValidationException")
    with pytest.raises(ClientError):
        client.describe_pipeline(PipelineName="digits")
    assert answers.count == 1
