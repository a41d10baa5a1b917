from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import Session

from pipeline.account import PLACEHOLDERS
from pipeline.permissions import page
from pipeline.permissions.statements import MORE_INSIGHT, Scope, Statement, caller_statements, role_statements
from tests.definitions import config

SOURCES = Path(__file__).parents[3] / "pipeline"
BUCKET = PLACEHOLDERS.bucket


def scope(**sections: object) -> Scope:
    inside = {"train": f"s3://{BUCKET}/digits/train", "validation": f"s3://{BUCKET}/digits/validation"}
    return Scope.of(config(**{"data": inside, **sections}), PLACEHOLDERS)


def role(*sids: str, **sections: object) -> list[dict[str, object]]:
    """The statements of these names that the role needs."""
    found = {one.sid: one.to_json() for one in role_statements(scope(**sections))}
    return [found[sid] for sid in sids]


def sids(**sections: object) -> set[str]:
    return {one.sid for one in role_statements(scope(**sections))}


def test_the_page_is_made_from_them() -> None:
    assert page.FILE.read_text(encoding="utf-8") == page.page()


def test_results_and_images_below_the_prefix_of_the_pipeline() -> None:
    assert role("Results", "Listing") == [
        {
            "Sid": "Results",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": f"arn:aws:s3:::{BUCKET}/digits/*",
        },
        {
            "Sid": "Listing",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
            "Condition": {"StringLike": {"s3:prefix": ["digits", "digits/*"]}},
        },
    ]


def test_images_and_models_elsewhere_are_only_read() -> None:
    found = role(
        "Data",
        "DataMyImages",
        "ListingMyImages",
        data={"train": "s3://my-images/a/", "validation": "s3://my-images/b"},
        train={"initial_model": f"s3://{BUCKET}/older/model.tar.gz"},
    )
    assert found == [
        {
            "Sid": "Data",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/older/model.tar.gz",
        },
        {
            "Sid": "DataMyImages",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": ["arn:aws:s3:::my-images/a/*", "arn:aws:s3:::my-images/b/*"],
        },
        {
            "Sid": "ListingMyImages",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::my-images",
            "Condition": {"StringLike": {"s3:prefix": ["a", "a/*", "b", "b/*"]}},
        },
    ]


@pytest.mark.parametrize(
    ("sections", "sid"),
    [
        ({"deploy": {"when": "gate"}}, "Endpoint"),
        ({"network": {"subnets": ["subnet-1"], "security_groups": ["sg-1"]}}, "Network"),
        ({"encryption": {"volume_key": "1234abcd-12ab-34cd-56ef-1234567890ab"}}, "VolumeKey"),
        ({"encryption": {"output_key": "alias/mine"}}, "OutputKey"),
    ],
)
def test_what_only_some_configs_need(sections: dict[str, object], sid: str) -> None:
    assert sid not in sids()
    assert sid in sids(**sections)


@pytest.mark.parametrize(
    ("key", "arn"),
    [
        ("alias/mine", "arn:aws:kms:us-east-1:111122223333:alias/mine"),
        ("key/mrk-1", "arn:aws:kms:us-east-1:111122223333:key/mrk-1"),
        ("mrk-1", "arn:aws:kms:us-east-1:111122223333:key/mrk-1"),
        ("arn:aws:kms:us-east-1:444455556666:key/k", "arn:aws:kms:us-east-1:444455556666:key/k"),
    ],
)
def test_key_arn(key: str, arn: str) -> None:
    assert scope().key_arn(key) == arn


@pytest.mark.parametrize("statements", [role_statements, caller_statements])
def test_iam_takes_every_statement(statements: object) -> None:
    assert callable(statements)
    made: tuple[Statement, ...] = statements(
        scope(deploy={"when": "gate"}, data={"train": "s3://my-images/a", "validation": "s3://my.other/b"})
    )
    assert len({one.sid for one in made}) == len(made)
    for one in made:
        assert re.fullmatch("[A-Za-z0-9]+", one.sid)
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z]+", action) for action in one.actions)
        assert all(text == "*" or text.startswith("arn:aws:") for text in one.resources)


UNDER_OTHER_NAMES = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:CopyObject": "s3:PutObject",  # and s3:GetObject on what is copied
}
NOT_NEEDED = {
    "sts:GetCallerIdentity",  # everyone may
    "s3:CreateBucket",  # once, and the page says so
}


def calls(sources: Path) -> set[str]:
    """The operations that the driver calls, as IAM names them."""
    known = {
        xform_name(operation): f"{prefix}:{operation}"
        for service, prefix in SERVICES.items()
        for operation in Session().get_service_model(service).operation_names
    }
    found = set()
    for file in sources.rglob("*.py"):
        if "local" in file.relative_to(sources).parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            # re.Pattern.search is no call of SageMaker's Search.
            if isinstance(node, ast.Attribute) and node.attr != "search":
                found.add(known.get(node.attr, ""))
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(known.get(node.value, ""))
    return found - {""}


SERVICES = {
    "sagemaker": "sagemaker",
    "sagemaker-runtime": "sagemaker",
    "s3": "s3",
    "iam": "iam",
    "logs": "logs",
    "sts": "sts",
    "service-quotas": "servicequotas",
    "pricing": "pricing",
}


def test_the_caller_is_allowed_all_that_the_driver_calls() -> None:
    called = {UNDER_OTHER_NAMES.get(one, one) for one in calls(SOURCES)} - NOT_NEEDED
    everything = (*caller_statements(scope(deploy={"when": "gate"})), MORE_INSIGHT)
    allowed = {action for statement in everything for action in statement.actions}
    assert called <= allowed
    # obstore puts and deletes the images; a role is passed, which is no call.
    assert allowed - called <= {"s3:PutObject", "s3:DeleteObject", "iam:PassRole"}


def test_only_what_takes_no_resource_is_allowed_on_all() -> None:
    """Least privilege: IAM knows no resources of these actions."""
    everywhere = {
        action for one in role_statements(scope()) if "*" in one.resources for action in one.actions
    }
    assert everywhere == {"cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"}
