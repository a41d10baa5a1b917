from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import EndpointConnectionError

from pipeline.preflight.survey import QUICK, blocked, survey
from pipeline.session import Session
from tests.pipeline.preflight.conftest import FACTS, ROLE, STS, Load
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import client_error, stub_session

TRUST = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
}


def listing(Prefix: str, Delimiter: str = "", **_: Any) -> dict[str, Any]:
    if Delimiter:
        return {"CommonPrefixes": [{"Prefix": f"{Prefix}cat/"}, {"Prefix": f"{Prefix}dog/"}]}
    return {"Contents": [{"Key": f"{Prefix}{name}/{i}.png"} for name in ("cat", "dog") for i in range(20)]}


def healthy(**services: Any) -> Session:
    """A session on which all is well, but for what is given."""
    answers: dict[str, Any] = {
        "sts": STS,
        "iam": {
            "get_role": {"Role": {"Arn": ROLE, "AssumeRolePolicyDocument": TRUST}},
            "simulate_principal_policy": {"EvaluationResults": []},
        },
        "s3": {"head_bucket": {"BucketRegion": "us-east-1"}, "list_objects_v2": listing},
        "service_quotas": {"list_service_quotas": {"Quotas": []}},
        "sagemaker": {"describe_model_package_group": {}},
    }
    return stub_session(local=False, **{**answers, **services})


def test_the_quick_ones_leave_out_what_takes_long(load: Load) -> None:
    assert [check.name for check in survey(healthy(), load(), QUICK)] == [
        "role",
        "bucket",
        "training images",
        "validation images",
        "quota of validate",
        "quota of train",
        "quota of score",
        "model group",
    ]


def test_what_goes_wrong_in_one_check_stays_there(load: Load) -> None:
    offline = EndpointConnectionError(endpoint_url="https://iam.amazonaws.com")
    session = healthy(
        iam={"get_role": offline, "simulate_principal_policy": client_error("Throttling", "Rate exceeded")},
        s3={"head_bucket": client_error("500", "Internal"), "list_objects_v2": listing},
    )
    lines = told(survey(session, load()))
    assert lines[:4] == [
        'role: unknown: could not be checked: Could not connect to the endpoint URL: "https://iam.amazonaws.com"',
        "permissions: unknown: could not be checked: Operation failed: Rate exceeded (Throttling)",
        "bucket: unknown: could not be checked: Operation failed: Internal (500)",
        f"training images: passed: s3://{FACTS.bucket}/digits/train: 40 images in 2 classes (cat, dog)",
    ]
    assert lines[-1] == "model group: passed: 'digits' is there"


def test_nothing_passes_where_nothing_can_be_asked() -> None:
    assert told(blocked("there are no credentials")) == [
        f"{name}: unknown: could not be checked: there are no credentials"
        for name in ("role", "permissions", "bucket", "data", "quotas", "containers", "model group")
    ]


def test_checks_are_made_one_by_one(load: Load) -> None:
    """Who stops reading asks AWS no further."""
    session = healthy()
    next(survey(session, load()))
    assert session.client("s3").calls == []
    assert json.dumps([check.to_json() for check in survey(session, load())])
