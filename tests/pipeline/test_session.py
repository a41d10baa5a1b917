import pytest

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
