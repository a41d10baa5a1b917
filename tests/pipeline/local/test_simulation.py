"""The answer to SimulatePrincipalPolicy, and the internals of moto that it leans on."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse

from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.fakes import Running


@pytest.mark.parametrize(
    ("resources", "judged"),
    [
        pytest.param({}, ["*", "*"], id="all resources"),
        pytest.param({"ResourceArns": ["arn:aws:s3:::b"]}, ["arn:aws:s3:::b"] * 2, id="one resource"),
    ],
)
def test_every_action_is_allowed(server: Running, resources: dict[str, list[str]], judged: list[str]) -> None:
    actions = ["ecr:GetAuthorizationToken", "s3:GetObject"]
    pages = server.client("iam").get_paginator("simulate_principal_policy")
    found = [
        result
        for page in pages.paginate(PolicySourceArn=ROLE, ActionNames=actions, **resources)
        for result in page["EvaluationResults"]
    ]
    assert [(each["EvalActionName"], each["EvalDecision"]) for each in found] == [
        (action, "allowed") for action in actions
    ]
    assert [each["EvalResourceName"] for each in found] == judged


def test_a_role_that_is_not_there(server: Running) -> None:
    with pytest.raises(ClientError, match=r"\(NoSuchEntity\).*Role .*:role/other not found"):
        server.client("iam").simulate_principal_policy(
            PolicySourceArn=ROLE.replace("imgpipe-execution", "other"), ActionNames=["s3:GetObject"]
        )


@pytest.mark.parametrize(
    ("where", "name"),
    [(IamResponse, "_get_param"), (IamResponse, "backend"), (IAMBackend, "get_role_by_arn")],
)
def test_names(where: object, name: str) -> None:
    assert hasattr(where, name)
