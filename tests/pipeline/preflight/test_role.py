from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from pipeline.preflight.role import role
from pipeline.session import Session
from tests.pipeline.preflight.conftest import FACTS, ROLE, STS, Load
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import client_error, stub_session

PAGE = "docs/aws-role.md shows its policies"


def policy(service: str = "sagemaker.amazonaws.com", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [{**statement, **condition}]}


def answering(answer: Any, *, local: bool = False) -> Session:
    return stub_session(local=local, sts=STS, iam={"get_role": answer})


def found(document: Any, arn: str = ROLE) -> dict[str, Any]:
    return {"Role": {"Arn": arn, "AssumeRolePolicyDocument": document}}


@pytest.mark.parametrize(
    "document", [pytest.param(policy(), id="boto3"), pytest.param(quote(json.dumps(policy())), id="as sent")]
)
def test_it_is_there_and_trusts(document: Any, load: Load) -> None:
    assert told(role(answering(found(document)), load())) == [
        f"role: passed: {ROLE}; SageMaker may take it on"
    ]


def test_it_does_not_trust(load: Load) -> None:
    condition = {"StringEquals": {"aws:SourceAccount": "444455556666"}}
    assert told(role(answering(found(policy(Condition=condition))), load())) == [
        f"role: failed: sagemaker.amazonaws.com may not take on {ROLE}",
        (
            f"error R153 untrusting-role: sagemaker.amazonaws.com may not take on {ROLE}\n"
            "  why:  its condition on aws:SourceAccount excludes this account: 111122223333 is not "
            "444455556666\n"
            f"  hint: correct the role's trust policy; {PAGE}"
        ),
    ]


def test_each_source_that_is_excluded_is_named(load: Load) -> None:
    only = {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:us-east-1:111122223333:pipeline/digits/*"}}
    loaded = load("deploy: {when: gate}\n")
    *_, finding = told(role(answering(found(policy(Condition=only))), loaded))
    excluded = [
        line.split("excludes ")[1].split(":")[0] for line in finding.splitlines() if "excludes" in line
    ]
    assert excluded == [
        "its processing jobs",
        "its training jobs",
        "its transform jobs",
        "its models",
        "its endpoint",
    ]


def test_its_trust_cannot_be_told(load: Load) -> None:
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    assert told(role(answering(found(policy(Condition=condition))), load())) == [
        (
            f"role: unknown: could not be checked: {ROLE} is there, but whether SageMaker may take it on: "
            "its "
            "condition Bool on aws:SecureTransport cannot be judged from here"
        )
    ]


def test_it_is_not_there(load: Load) -> None:
    answer = client_error("NoSuchEntity", "The role with name imgpipe-execution cannot be found.")
    assert told(role(answering(answer), load())) == [
        f"role: failed: there is no role {ROLE}",
        (
            f"error R152 no-role: there is no role {ROLE}\n"
            f"  hint: make it, or write the ARN of another as `role`; {PAGE}"
        ),
    ]


def test_its_path_was_left_out(load: Load) -> None:
    real = "arn:aws:iam::111122223333:role/teams/vision/imgpipe-execution"
    assert told(role(answering(found(policy(), real)), load(f"role: {ROLE}\n"))) == [
        f"role: failed: there is no role {ROLE}; the one of that name is {real}",
        (
            f"c.yaml:7:7: error R152 no-role: there is no role {ROLE}; the one of that name is {real}\n"
            f"  hint: write role: {real}"
        ),
    ]


def test_the_caller_may_not_look(load: Load) -> None:
    answer = client_error("AccessDenied", "User is not authorized to perform: iam:GetRole")
    assert told(role(answering(answer), load())) == [
        f"role: unknown: could not be checked: the caller may not iam:GetRole {ROLE}"
    ]


OTHER = "arn:aws:iam::444455556666:role/theirs"


def test_it_is_of_another_account(load: Load) -> None:
    assert told(role(answering({}), load(f"role: {OTHER}\n"))) == [
        f"role: failed: {OTHER} belongs to account 444455556666, and the credentials to account 111122223333",
        (
            f"c.yaml:7:7: error R154 foreign-role: {OTHER} belongs to account 444455556666, and the "
            "credentials to "
            "account 111122223333\n"
            "  why:  a role can be passed to SageMaker only within its account\n"
            "  hint: use credentials of account 444455556666 (`--profile`), or a role of account 111122223333"
        ),
    ]


def test_the_local_sagemaker_takes_roles_of_other_accounts(load: Load) -> None:
    assert told(role(answering({}, local=True), load(f"role: {OTHER}\n"))) == [
        f"role: not needed: not needed on the local SageMaker: {OTHER} is of another account"
    ]


def test_against_moto(session: Session, load: Load) -> None:
    """moto answers as IAM does, trust policy decoded."""
    iam = session.client("iam")
    trusted = iam.create_role(RoleName="preflight-role", AssumeRolePolicyDocument=json.dumps(policy()))
    loaded = load(f"role: {trusted['Role']['Arn']}\n", facts=FACTS)
    assert [check.outcome for check in role(session, loaded)] == ["passed"]
    missing = load(f"role: {trusted['Role']['Arn']}-2\n")
    assert [check.outcome for check in role(session, missing)] == ["failed"]
