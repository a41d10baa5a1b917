"""What moto does not answer: the requests, and the answers that are read, by botocore's own shapes."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from pipeline.permissions.statements import Statement
from pipeline.preflight.permissions import _lacks
from pipeline.preflight.quotas import without_quota
from pipeline.pricing.price_list import price
from pipeline.session import Session
from tests.pipeline.preflight.conftest import ROLE, Load


class Answering(Session):
    """A session with a real client of one service, which answers from memory."""

    def __init__(self, service: str, *answers: tuple[str, Any, Any]) -> None:
        boto = boto3.Session(
            aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="s", region_name="us-east-1"
        )
        super().__init__(boto)
        made: Any = super().client(service)
        stubber = Stubber(made)
        for operation, answer, request in answers:
            stubber.add_response(operation, answer, request)
        stubber.activate()

    __hash__ = Session.__hash__


def test_simulation() -> None:
    result = {
        "EvalActionName": "iam:PassRole",
        "EvalDecision": "implicitDeny",
        "MissingContextValues": ["aws:x"],
    }
    more = {"EvaluationResults": [], "IsTruncated": True, "Marker": "next"}
    request = {
        "PolicySourceArn": ROLE,
        "ActionNames": ["iam:PassRole"],
        "ResourceArns": [ROLE],
        "ContextEntries": ANY,
    }
    session = Answering(
        "iam",
        ("simulate_principal_policy", more, request),
        ("simulate_principal_policy", {"EvaluationResults": [result]}, {**request, "Marker": "next"}),
    )
    statement = Statement("S", ("iam:PassRole",), (ROLE,), "StringEquals", "iam:PassedToService", ("s",))
    assert [str(lack) for lack in _lacks(session, ROLE, statement)] == [f"iam:PassRole on {ROLE}"]


def test_quotas(load: Load) -> None:
    quota = {"QuotaName": "ml.g5.xlarge for training job usage", "Value": 0.0, "QuotaCode": "L-1"}
    request = {"ServiceCode": "sagemaker", "MaxResults": 100}
    session = Answering(
        "service-quotas",
        ("list_service_quotas", {"Quotas": [], "NextToken": "next"}, request),
        ("list_service_quotas", {"Quotas": [quota]}, {**request, "NextToken": "next"}),
    )
    loaded = load("train: {instance_type: ml.g5.xlarge}\n")
    assert without_quota(session, loaded.config).without == {("training", "ml.g5.xlarge")}


def test_prices() -> None:
    request = {"ServiceCode": "AmazonSageMaker", "Filters": ANY}
    session = Answering("pricing", ("get_products", {"FormatVersion": "aws_v1", "PriceList": []}, request))
    found = price(session, "us-east-1", "training", "ml.g5.xlarge")
    assert found.unknown == "AWS's price list has no hourly price for Train:ml.g5.xlarge in us-east-1"
