import json
from dataclasses import replace

import pytest

from pipeline.bundle import Bundle
from pipeline.errors import RunError
from pipeline.session import Session
from pipeline.upserting.desired import Desired
from pipeline.upserting.plan import plan
from pipeline.upserting.upsert import upsert

EMPTY = '{"Version": "2020-12-01", "Steps": []}'
STEPS = json.dumps({"Version": "2020-12-01", "Steps": [{"Name": "A", "Type": "Fail", "Arguments": {}}]})


def desired(session: Session, name: str) -> Desired:
    return Desired(
        name=name,
        definition=EMPTY,
        bucket=session.facts.bucket,
        bundles=(Bundle("validate", "a" * 64, b"z" * 1025),),
        group=name,
        role=session.facts.role,
    )


def lines(session: Session, wanted: Desired) -> tuple[list[str], str]:
    found = plan(session, wanted)
    told = [line for line in found.lines() if "bucket" not in line]
    assert found.is_pending == (found.total() != "nothing to do")
    return told, found.total()


def test_a_plan_before_and_after_each_upsert(session: Session) -> None:
    wanted = desired(session, "plan-twice")
    # The bucket may be there: other tests share the account.
    session.client("s3").create_bucket(Bucket=wanted.bucket)
    assert lines(session, wanted) == (
        [
            "+ pipeline plan-twice: create",
            f"    + role: {wanted.role}",
            "+ model package group plan-twice: create",
            "+ validate.pyz: upload (2 KiB)",
        ],
        "2 to create, 1 to upload",
    )
    upsert(session, wanted)
    there = ["  pipeline plan-twice: unchanged", "  model package group plan-twice: exists"]
    assert lines(session, wanted) == (there, "nothing to do")
    changed = replace(wanted, definition=STEPS, role=wanted.role + "-2")
    assert lines(session, changed) == (
        [
            "~ pipeline plan-twice: update",
            "    ~ role:",
            f"          {wanted.role}",
            f"        → {wanted.role}-2",
            "    + step A (Fail)",
            there[1],
        ],
        "1 to update",
    )
    upsert(session, changed)
    assert lines(session, changed) == (there, "nothing to do")


def test_a_plan_changes_nothing(session: Session) -> None:
    wanted = desired(session, "plan-only")
    before = plan(session, wanted)
    assert plan(session, wanted) == before
    assert before.present is None
    assert before.group.action == "create"


def test_code_that_was_deleted_is_to_upload(session: Session) -> None:
    wanted = desired(session, "plan-code")
    upsert(session, wanted)
    session.client("s3").delete_object(Bucket=wanted.bucket, Key=wanted.bundles[0].key("plan-code"))
    assert lines(session, wanted)[1] == "1 to upload"


def test_a_missing_bucket_of_someone_is_an_error(session: Session) -> None:
    with pytest.raises(RunError, match="R202 no-bucket: bucket 'plan-no-such-bucket' does not exist"):
        plan(session, replace(desired(session, "plan-bucket"), bucket="plan-no-such-bucket"))


def test_triggers_stay(session: Session) -> None:
    wanted = desired(session, "plan-triggered")
    arn = upsert(session, wanted).arn
    events = session.client("events")
    events.put_rule(Name="plan-new-images", EventPattern='{"source": ["aws.s3"]}')
    events.put_targets(Rule="plan-new-images", Targets=[{"Id": "1", "Arn": arn, "RoleArn": wanted.role}])
    found = plan(session, wanted)
    assert found.lines()[-1] == "  rule plan-new-images: left as it is"
    assert not found.is_pending


def test_a_plan_is_json_too(session: Session) -> None:
    wanted = desired(session, "plan-json")
    session.client("s3").create_bucket(Bucket=wanted.bucket)
    assert plan(session, wanted).to_json() == {
        "pending": True,
        "engine": "the local SageMaker",
        "account": "123456789012",
        "region": "us-east-1",
        "pipeline": {
            "name": "plan-json",
            "action": "create",
            "settings": [{"key": "role", "old": None, "new": wanted.role}],
            "definition": [],
        },
        "modelPackageGroup": {"name": "plan-json", "action": "create", "settings": []},
        "bucket": {"name": wanted.bucket, "action": "unchanged"},
        "uploads": [wanted.bundles[0].key("plan-json")],
        "triggers": {"rules": [], "schedules": [], "unknown": []},
        "notes": [],
    }
