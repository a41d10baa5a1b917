from __future__ import annotations

from typing import Any

import pytest

from pipeline.config.loader import Loaded
from pipeline.preflight.permissions import CALLER, ROLE, permissions
from pipeline.session import Session
from tests.pipeline.preflight.conftest import ACCOUNT, IDENTITY, Load
from tests.pipeline.preflight.conftest import ROLE as ROLE_ARN
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import StubClient, client_error, stub_session

Json = dict[str, Any]

TRAINING_JOBS = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/pipelines-*"
PASSED_ON, CALLED = 27, 28  # actions of the role and of the caller for the least config
BEYOND = "policies of buckets and keys are not simulated"


def simulation(**decisions: str) -> Any:
    """Allows everything but actions whose last word is named."""

    def simulate(ActionNames: list[str], **_: Any) -> Json:
        return {
            "EvaluationResults": [
                {"EvalActionName": one, "EvalDecision": decisions.get(one.split(":")[1], "allowed")}
                for one in ActionNames
            ]
        }

    return simulate


def answering(
    simulate: Any, caller: str = IDENTITY["Arn"], role: Any = None, *, local: bool = False
) -> Session:
    return stub_session(
        local=local,
        sts={"get_caller_identity": {"Account": ACCOUNT, "Arn": caller}},
        iam={"simulate_principal_policy": simulate, "get_role": role},
    )


def test_all_allowed(load: Load) -> None:
    role, caller = told(permissions(answering(simulation()), load()))
    assert role == f"{ROLE}: passed: {ROLE_ARN} has all {PASSED_ON}; {BEYOND}"
    assert caller == f"{CALLER}: passed: {IDENTITY['Arn']} has all {CALLED}; {BEYOND}"


def test_more_is_asked_for_what_the_config_uses(load: Load) -> None:
    shielded = (
        "deploy: {when: gate}\n"
        "network: {subnets: [subnet-1], security_groups: [sg-1]}\n"
        "encryption: {volume_key: 1234abcd-12ab-34cd-56ef-1234567890ab}\n"
    )
    session = answering(simulation())
    plain, more = _asked(session, load()), _asked(session, load(shielded))
    assert plain < more
    assert {action.split(":")[0] for action in more - plain} == {"ec2", "kms", "sagemaker"}
    assert {action for action in more - plain if action.startswith(("kms", "sagemaker"))} == {
        "kms:CreateGrant",
        "kms:DescribeKey",
        *(f"sagemaker:{verb}Endpoint" for verb in ("Create", "Update", "Describe", "Delete", "Invoke")),
        *(f"sagemaker:{verb}EndpointConfig" for verb in ("Create", "Describe", "Delete")),
    }


def _asked(session: Session, loaded: Loaded) -> set[str]:
    """The actions that a check asks IAM about."""
    client: StubClient = session.client("iam")
    client.calls.clear()
    list(permissions(session, loaded))
    return {action for _, request in client.calls for action in request["ActionNames"]}


def test_what_is_lacking(load: Load) -> None:
    simulate = simulation(CreateTrainingJob="implicitDeny", PutMetricData="explicitDeny")
    assert told(permissions(answering(simulate), load()))[:2] == [
        f"{ROLE}: failed: {ROLE_ARN} lacks 2 permissions",
        (
            f"error R159 missing-permissions: {ROLE_ARN} lacks 2 permissions\n"
            f"  lacks: sagemaker:CreateTrainingJob on {TRAINING_JOBS}\n"
            "         cloudwatch:PutMetricData on * (a policy denies it)\n"
            "  hint:  docs/aws-role.md has the policy"
        ),
    ]


def test_a_long_list_is_cut(load: Load) -> None:
    def nothing(ActionNames: list[str], **_: Any) -> Json:
        results = [{"EvalActionName": one, "EvalDecision": "implicitDeny"} for one in ActionNames]
        return {"EvaluationResults": results}

    _, finding, *_ = told(permissions(answering(nothing), load()))
    assert finding.splitlines()[0].endswith("lacks 34 permissions")
    assert finding.splitlines()[-2] == "         … and 22 more"


def test_a_condition_that_only_a_request_fulfils(load: Load) -> None:
    def simulate(ActionNames: list[str], **_: Any) -> Json:
        result = {"EvalDecision": "implicitDeny", "MissingContextValues": ["aws:RequestTag/team"]}
        found = [{"EvalActionName": one, **result} for one in ActionNames if one.endswith("CreateModel")]
        return {"EvaluationResults": found}

    assert told(permissions(answering(simulate), load()))[0] == (
        f"{ROLE}: unknown: could not be checked: sagemaker:CreateModel on "
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:"
        "model/pipelines-* depends on aws:RequestTag/team, which only a real request has"
    )


def test_conditions_get_what_a_request_would_hold(load: Load) -> None:
    session = answering(simulation())
    list(permissions(session, load()))
    client: StubClient = session.client("iam")
    contexts = {
        tuple(request["ActionNames"]): request["ContextEntries"]
        for operation, request in client.calls
        if operation == "simulate_principal_policy" and request["ContextEntries"]
    }
    assert contexts == {
        ("iam:PassRole",): [
            {
                "ContextKeyName": "iam:PassedToService",
                "ContextKeyType": "string",
                "ContextKeyValues": ["sagemaker.amazonaws.com"],
            }
        ],
        ("s3:ListBucket",): [
            {"ContextKeyName": "s3:prefix", "ContextKeyType": "string", "ContextKeyValues": ["digits"]}
        ],
    }


def test_the_caller_may_not_simulate(load: Load) -> None:
    denied = client_error("AccessDenied", "not authorized to perform: iam:SimulatePrincipalPolicy")
    why = "unknown: could not be checked: the caller may not iam:SimulatePrincipalPolicy"
    assert told(permissions(answering(denied), load())) == [f"{ROLE}: {why}", f"{CALLER}: {why}"]


def test_the_role_is_not_there(load: Load) -> None:
    missing = client_error("NoSuchEntity", "cannot be found")
    assert told(permissions(answering(missing), load()))[0] == (
        f"{ROLE}: unknown: could not be checked: IAM finds no {ROLE_ARN}"
    )


def test_no_alias_is_simulated(load: Load) -> None:
    loaded = load("encryption: {output_key: alias/mine}\n")
    assert told(permissions(answering(simulation()), loaded))[1] == (
        "permission for the output key: unknown: could not be checked: IAM simulates no aliases, and "
        "alias/mine "
        "is one"
    )


ASSUMED = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Dev_1/ann@example.com"
BEHIND = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_1"


@pytest.mark.parametrize(
    ("caller", "role", "said"),
    [
        pytest.param(
            ASSUMED, {"Role": {"Arn": BEHIND}}, f"passed: {BEHIND} has all {CALLED}; {BEYOND}", id="role"
        ),
        pytest.param(
            ASSUMED,
            client_error("AccessDenied", "not authorized to perform: iam:GetRole"),
            f"passed: arn:aws:iam::{ACCOUNT}:role/AWSReservedSSO_Dev_1 has all {CALLED}; {BEYOND}",
            id="role whose path is hidden",
        ),
        pytest.param(
            f"arn:aws:iam::{ACCOUNT}:root",
            None,
            "unknown: could not be checked: IAM does not simulate the account's root user, who may do nearly "
            "everything",
            id="root",
        ),
        pytest.param(
            f"arn:aws:sts::{ACCOUNT}:federated-user/ann",
            None,
            f"unknown: could not be checked: IAM does not simulate arn:aws:sts::{ACCOUNT}:federated-user/ann",
            id="federated",
        ),
    ],
)
def test_who_the_caller_is(caller: str, role: Any, said: str, load: Load) -> None:
    assert told(permissions(answering(simulation(), caller, role), load()))[1] == f"{CALLER}: {said}"


def test_the_local_sagemaker_asks_for_none(load: Load) -> None:
    why = "not needed: not needed on the local SageMaker, which asks for no permission"
    assert told(permissions(answering(simulation(), local=True), load())) == [
        f"{ROLE}: {why}",
        f"{CALLER}: {why}",
    ]
