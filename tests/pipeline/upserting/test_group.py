from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from pipeline.bundle import Bundle
from pipeline.session import Session
from pipeline.upserting.desired import Desired
from pipeline.upserting.group import GroupChanges, change_group, compare_group
from pipeline.upserting.plan import plan
from pipeline.upserting.upsert import upsert
from tests.pipeline.stubs import client_error, stub_session

ARN = "arn:aws:sagemaker:us-east-1:111122223333:model-package-group/digits"
STEP = '{"Name": "A", "Type": "Model", "Arguments": {"Tags": [{"Key": "team", "Value": "vision"}]}}'


def tags_of(session: Session, name: str) -> dict[str, str]:
    client = session.client("sagemaker")
    arn = client.describe_model_package_group(ModelPackageGroupName=name)["ModelPackageGroupArn"]
    return {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}


def desired(session: Session, name: str, tags: Mapping[str, str]) -> Desired:
    return Desired(
        name=name,
        definition=f'{{"Version": "2020-12-01", "Steps": [{STEP if tags else ""}]}}',
        bucket=session.facts.bucket,
        bundles=(Bundle("validate", "a" * 64, b"zip"),),
        group=name,
        role=session.facts.role,
        tags=tags,
    )


def test_a_group_is_made_once(session: Session) -> None:
    missing = compare_group(session, "made-once", {}, {})
    assert missing == GroupChanges("made-once", "create")
    assert change_group(session, missing)
    there = compare_group(session, "made-once", {}, {})
    assert there == GroupChanges("made-once", "unchanged")
    assert not change_group(session, there)


@pytest.mark.parametrize("code", ["ValidationException", "ConflictException"])
def test_two_that_make_a_group_at_once_make_one(code: str) -> None:
    taken = client_error(code, "Model Package Group already exists: g")
    session = stub_session(sagemaker={"create_model_package_group": taken})
    assert not change_group(session, GroupChanges("g", "create"))


def test_a_group_that_may_not_be_made_is_an_error() -> None:
    denied = client_error("AccessDeniedException", "no")
    session = stub_session(sagemaker={"create_model_package_group": denied})
    with pytest.raises(ClientError, match="no"):
        change_group(session, GroupChanges("g", "create"))


@pytest.mark.parametrize(
    ("present", "wanted", "old", "told"),
    [
        pytest.param({"a": "1"}, {"a": "1"}, {}, [], id="as it is"),
        pytest.param({"of": "others"}, {"a": "1"}, {}, ["+ tags[a]: 1"], id="new, beside another's"),
        pytest.param({"a": "0"}, {"a": "1"}, {}, ["~ tags[a]: 0 → 1"], id="another value"),
        pytest.param({"a": "1", "b": "2"}, {"b": "2"}, {"a": "1"}, ["- tags[a]: 1"], id="old"),
        pytest.param({"a": "theirs"}, {}, {"a": "1"}, [], id="old, but since given by someone else"),
        pytest.param({}, {}, {"a": "1"}, [], id="old, and gone"),
    ],
)
def test_tags_that_change(
    present: dict[str, str], wanted: dict[str, str], old: dict[str, str], told: list[str]
) -> None:
    listed = {"Tags": [{"Key": key, "Value": value} for key, value in present.items()]}
    answers = {"describe_model_package_group": {"ModelPackageGroupArn": ARN}, "list_tags": listed}
    found = compare_group(stub_session(sagemaker=answers), "digits", wanted, old)
    assert [line for setting in found.settings for line in setting.lines()] == told
    assert found.action == ("update" if told else "unchanged")


def test_who_has_no_tags_needs_no_permission_to_read_them() -> None:
    session = stub_session(sagemaker={"describe_model_package_group": {"ModelPackageGroupArn": ARN}})
    assert compare_group(session, "digits", {}, {}).action == "unchanged"


def test_tags_of_the_config_come_to_the_group_and_go_again(session: Session) -> None:
    name = "group-tags"
    wanted = desired(session, name, {"team": "vision"})
    assert "    + tags[team]: vision" in plan(session, wanted).group_lines()
    upsert(session, wanted)
    assert tags_of(session, name) == {"team": "vision"}
    assert not plan(session, wanted).is_pending

    more = replace(wanted, tags={"team": "vision", "cost": "12"})
    assert plan(session, more).group_lines() == [
        f"~ model package group {name}: update",
        "    + tags[cost]: 12",
    ]
    assert upsert(session, more).updated == (f"model package group {name}",)
    assert not plan(session, more).is_pending

    none = desired(session, name, {})
    assert plan(session, none).to_json()["modelPackageGroup"] == {
        "name": name,
        "action": "update",
        "settings": [{"key": "tags[team]", "old": "vision", "new": None}],
    }
    assert upsert(session, none).updated == (f"model package group {name}",)
    # Nothing tells any more that this one was the config's.
    assert tags_of(session, name) == {"cost": "12"}
    assert upsert(session, none).updated == ()
    assert not plan(session, none).is_pending
