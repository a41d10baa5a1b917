import json
from dataclasses import replace

import pytest

from pipeline.bundle import Bundle
from pipeline.session import Session
from pipeline.upsert import Desired, upsert


def desired(session: Session, name: str) -> Desired:
    return Desired(
        name=name,
        definition=json.dumps({"Version": "2020-12-01", "Steps": []}),
        bucket=session.facts.bucket,
        bundles=(Bundle("validate", "a" * 64, b"zip"),),
        group=name,
        role=session.facts.role,
    )


def test_the_first_upsert_makes_everything_and_the_second_nothing(session: Session) -> None:
    wanted = desired(session, "upsert-twice")
    first = upsert(session, wanted)
    assert first.action == "created"
    [uri] = first.uploaded
    assert uri == f"s3://{wanted.bucket}/{wanted.bundles[0].key('upsert-twice')}"
    stored = session.client("s3").get_object(Bucket=wanted.bucket, Key=wanted.bundles[0].key("upsert-twice"))
    assert stored["Body"].read() == b"zip"
    groups = session.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert "upsert-twice" in [group["ModelPackageGroupName"] for group in groups]
    second = upsert(session, wanted)
    assert second.to_json() == {"arn": first.arn, "action": "unchanged", "uploaded": []}


def test_layout_of_the_json_is_no_change(session: Session) -> None:
    wanted = desired(session, "upsert-layout")
    upsert(session, wanted)
    again = replace(wanted, definition='{"Steps": [],\n "Version": "2020-12-01"}')
    assert upsert(session, again).action == "unchanged"


@pytest.mark.parametrize("part", ["definition", "role"])
def test_what_changed_is_updated(session: Session, part: str) -> None:
    wanted = desired(session, f"upsert-{part}")
    upsert(session, wanted)
    changed = {
        "definition": replace(wanted, definition='{"Version": "2020-12-01", "Steps": [], "Metadata": {}}'),
        "role": replace(wanted, role=wanted.role + "-2"),
    }[part]
    assert upsert(session, changed).action == "updated"
    present = session.client("sagemaker").describe_pipeline(PipelineName=wanted.name)
    assert present["RoleArn"] == changed.role
    assert json.loads(present["PipelineDefinition"]) == json.loads(changed.definition)
