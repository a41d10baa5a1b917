from __future__ import annotations

from typing import Any

import pytest

from pipeline.preflight.trust import Asking, Verdict, judge

ASKING = Asking(
    "sagemaker.amazonaws.com",
    "111122223333",
    {
        "the pipeline": "arn:aws:sagemaker:us-east-1:111122223333:pipeline/digits/execution/0",
        "its training jobs": "arn:aws:sagemaker:us-east-1:111122223333:training-job/pipelines-0",
    },
)
ALLOWED = Verdict(True)


def allow(**keys: Any) -> dict[str, Any]:
    plain = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {**plain, **keys}


def on_source(operator: str, *values: str) -> dict[str, Any]:
    return allow(Condition={operator: {"aws:SourceArn": list(values)}})


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(allow(), id="plain"),
        pytest.param(allow(Action=["sts:TagSession", "sts:Assume*"]), id="wildcard action"),
        pytest.param(allow(Action="STS:assumerole"), id="IAM ignores the case of actions"),
        pytest.param(
            allow(Principal={"Service": ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]}), id="list"
        ),
        pytest.param(allow(Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}}), id="account"),
        pytest.param(
            allow(Condition={"StringLike": {"AWS:SourceAccount": ["4*", "1*3"]}}), id="pattern of accounts"
        ),
        pytest.param(on_source("ArnLike", "arn:aws:sagemaker:*:111122223333:*"), id="source"),
        pytest.param(
            on_source(
                "ArnLike",
                "arn:aws:sagemaker:us-east-1:111122223333:pipeline/digits/*",
                "arn:aws:sagemaker:us-east-1:111122223333:training-job/*",
            ),
            id="sources",
        ),
    ],
)
def test_allowed(statement: dict[str, Any]) -> None:
    assert judge({"Statement": statement}, ASKING) == ALLOWED
    assert judge({"Statement": [allow(Principal={"AWS": "*"}), statement]}, ASKING) == ALLOWED


NOBODY = "no statement of it names sagemaker.amazonaws.com"


@pytest.mark.parametrize(
    ("statement", "reasons"),
    [
        pytest.param(allow(Principal={"Service": "ec2.amazonaws.com"}), (NOBODY,), id="another service"),
        pytest.param(allow(Principal="*"), (NOBODY,), id="everyone but services"),
        pytest.param(allow(Action="sts:TagSession"), (NOBODY,), id="another action"),
        pytest.param(
            allow(Effect="Deny"), ("a statement of it denies sagemaker.amazonaws.com",), id="denied"
        ),
        pytest.param(
            allow(Condition={"StringEquals": {"aws:SourceAccount": "444455556666"}}),
            ("its condition on aws:SourceAccount excludes this account: 111122223333 is not 444455556666",),
            id="another account",
        ),
        pytest.param(
            on_source("ArnLike", "arn:aws:sagemaker:us-east-1:111122223333:training-job/*"),
            (
                (
                    "its condition on aws:SourceArn excludes the pipeline: "
                    "arn:aws:sagemaker:us-east-1:111122223333:"
                    "pipeline/digits/execution/0 is not "
                    "arn:aws:sagemaker:us-east-1:111122223333:training-job/*"
                ),
            ),
            id="only some sources",
        ),
        pytest.param(
            on_source("StringEquals", "arn:aws:sagemaker:*"),
            (
                (
                    "its condition on aws:SourceArn excludes the pipeline: "
                    "arn:aws:sagemaker:us-east-1:111122223333:"
                    "pipeline/digits/execution/0 is not arn:aws:sagemaker:*"
                ),
                (
                    "its condition on aws:SourceArn excludes its training jobs: arn:aws:sagemaker:us-east-1:"
                    "111122223333:training-job/pipelines-0 is not arn:aws:sagemaker:*"
                ),
            ),
            id="a pattern where a text is compared",
        ),
    ],
)
def test_refused(statement: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert judge({"Statement": [statement]}, ASKING) == Verdict(False, reasons)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        pytest.param(
            allow(Condition={"StringEquals": {"sts:ExternalId": "x"}}),
            "its condition StringEquals on sts:ExternalId cannot be judged from here",
            id="another key",
        ),
        pytest.param(
            allow(Condition={"StringNotEquals": {"aws:SourceAccount": "x"}}),
            "its condition StringNotEquals on aws:SourceAccount cannot be judged from here",
            id="another operator",
        ),
        pytest.param(
            allow(Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}),
            "a statement of it denies sagemaker.amazonaws.com under conditions",
            id="denied at times",
        ),
    ],
)
def test_not_to_be_told(statement: dict[str, Any], reason: str) -> None:
    assert judge({"Statement": [statement]}, ASKING) == Verdict(None, (reason,))


def test_one_statement_that_allows_is_enough() -> None:
    other = allow(Condition={"StringEquals": {"aws:SourceAccount": "444455556666"}})
    unclear = allow(Condition={"StringEquals": {"sts:ExternalId": "x"}})
    assert judge({"Statement": [other, unclear, allow()]}, ASKING) == ALLOWED
    assert judge({"Statement": [other, unclear]}, ASKING).allowed is None


def test_an_empty_policy() -> None:
    assert judge({}, ASKING) == Verdict(False, (NOBODY,))
