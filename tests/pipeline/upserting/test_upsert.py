import json
import time
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.bundle import Bundle
from pipeline.errors import RunError
from pipeline.session import Session
from pipeline.upserting.deployed import Deployed
from pipeline.upserting.desired import Desired
from pipeline.upserting.upsert import Upserted, bring_back, upsert
from tests.pipeline.stubs import client_error
from tests.pipeline.upserting.service import ARN, EMPTY, OTHER, ROLE, WANTED, Service


def desired(session: Session, name: str) -> Desired:
    return Desired(
        name=name,
        definition=EMPTY,
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
    assert "model package group upsert-twice" in first.made
    stored = session.client("s3").get_object(Bucket=wanted.bucket, Key=wanted.bundles[0].key("upsert-twice"))
    assert stored["Body"].read() == b"zip"
    groups = session.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert "upsert-twice" in [group["ModelPackageGroupName"] for group in groups]
    second = upsert(session, wanted)
    assert second.to_json() == {
        "arn": first.arn,
        "action": "unchanged",
        "version": None,
        "uploaded": [],
        "made": [],
        "updated": [],
        "changes": {"action": "unchanged", "settings": [], "definition": []},
    }


def test_layout_of_the_json_is_no_change(session: Session) -> None:
    wanted = desired(session, "upsert-layout")
    upsert(session, wanted)
    again = replace(wanted, definition='{"Steps": [],\n "Version": "2020-12-01"}')
    assert upsert(session, again).action == "unchanged"


@pytest.mark.parametrize("part", ["definition", "role", "parallelism", "tags"])
def test_what_changed_is_updated(session: Session, part: str) -> None:
    wanted = desired(session, f"upsert-{part}")
    upsert(session, wanted)
    changed = {
        "definition": replace(wanted, definition=OTHER),
        "role": replace(wanted, role=wanted.role + "-2"),
        "parallelism": replace(wanted, parallelism=3),
        "tags": replace(wanted, tags={"team": "vision"}),
    }[part]
    assert upsert(session, changed).action == "updated"
    client = session.client("sagemaker")
    present = client.describe_pipeline(PipelineName=wanted.name)
    assert present["RoleArn"] == changed.role
    assert json.loads(present["PipelineDefinition"]) == json.loads(changed.definition)
    limit = present.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps")
    assert limit == changed.parallelism
    tags = client.list_tags(ResourceArn=present["PipelineArn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == changed.tags
    assert upsert(session, changed).action == "unchanged"


def test_a_new_pipeline_has_it_all_at_once(session: Session) -> None:
    wanted = replace(desired(session, "upsert-whole"), parallelism=2, tags={"team": "vision"})
    upsert(session, wanted)
    assert upsert(session, wanted).action == "unchanged"


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def test_the_pipeline_comes_last() -> None:
    service = Service()
    upsert(service.session, WANTED)
    assert service.writes == ["put_object", "create_pipeline"]


@pytest.mark.parametrize("place", ["put", "create", "update"])
def test_an_interrupt_leaves_nothing_half_and_doing_it_again_goes_on(place: str) -> None:
    service = Service(OTHER if place == "update" else None)

    def interrupt() -> None:
        raise KeyboardInterrupt

    service.before[place] = [interrupt]
    with pytest.raises(KeyboardInterrupt):
        upsert(service.session, WANTED)
    # What is there refers only to what is there.
    assert service.pipeline is None or service.pipeline["PipelineDefinition"] == OTHER
    done = upsert(service.session, WANTED)
    assert done.action == ("updated" if place == "update" else "created")
    assert service.pipeline is not None
    assert service.pipeline["PipelineDefinition"] == EMPTY


def test_an_answer_that_got_lost_is_no_second_pipeline() -> None:
    service = Service()

    def make_and_lose_the_answer() -> ClientError:
        service.place(EMPTY)
        return client_error("ValidationException", "Pipeline with name (digits) already exists.")

    service.before["create"] = [make_and_lose_the_answer]
    assert upsert(service.session, WANTED).action == "unchanged"


def test_two_at_once_that_want_the_same_make_one_pipeline() -> None:
    service = Service()
    upsert(service.session, WANTED)
    first = service.request("create_pipeline")["ClientRequestToken"]
    again = Service()
    upsert(again.session, WANTED)
    assert again.request("create_pipeline")["ClientRequestToken"] == first
    assert 32 <= len(first) <= 128
    other = Service()
    upsert(other.session, replace(WANTED, definition=OTHER))
    assert other.request("create_pipeline")["ClientRequestToken"] != first


def test_two_at_once_that_differ_end_with_the_later_one() -> None:
    service = Service()

    def someone_is_faster() -> None:
        service.place(OTHER)

    service.before["create"] = [someone_is_faster]
    assert upsert(service.session, WANTED).action == "updated"
    assert service.pipeline is not None
    assert service.pipeline["PipelineDefinition"] == EMPTY


def test_a_token_that_the_service_remembers_of_a_deleted_pipeline_is_no_creation() -> None:
    service = Service()
    upsert(service.session, WANTED)
    service.pipeline = None
    done = upsert(service.session, WANTED)
    assert (done.action, done.arn, done.version) == ("created", ARN, 1)
    assert service.pipeline is not None


@pytest.mark.parametrize("before", [None, OTHER], ids=["new", "there"])
def test_a_large_definition_goes_by_s3(before: str | None) -> None:
    large = json.dumps({"Version": "2020-12-01", "Steps": [], "Metadata": {"note": "ü" * 50 * 1024}})
    wanted = replace(WANTED, definition=json.dumps(json.loads(large), ensure_ascii=False))
    service = Service(before)
    done = upsert(service.session, wanted)
    assert done.uploaded[1].startswith(f"s3://{WANTED.bucket}/digits/definitions/")
    assert service.pipeline is not None
    assert json.loads(service.pipeline["PipelineDefinition"]) == json.loads(large)
    assert upsert(service.session, wanted).to_json()["uploaded"] == []
    assert upsert(service.session, wanted).action == "unchanged"


def test_up_to_100_kib_a_definition_is_part_of_the_request() -> None:
    metadata = '{"Version": "2020-12-01", "Steps": [], "Metadata": {"note": "%s"}}'
    text = metadata % ("x" * (100 * 1024 - 1 - len(metadata % "")))
    for service, definition, way in (
        (Service(), text, "PipelineDefinition"),
        (Service(), text + " ", "PipelineDefinitionS3Location"),
    ):
        upsert(service.session, replace(WANTED, definition=definition))
        assert way in service.request("create_pipeline")


def conflict() -> ClientError:
    return client_error("ConflictException", "There is another update.")


def test_a_conflict_is_tried_again_after_another_look(slept: list[float]) -> None:
    service = Service(OTHER)
    service.before["update"] = [conflict, conflict]
    done = upsert(service.session, WANTED)
    assert (done.action, done.version) == ("updated", 2)
    assert slept == [0.0, 0.5]


def test_a_conflict_with_someone_who_wants_the_same_ends_unchanged() -> None:
    service = Service(OTHER)

    def same() -> ClientError:
        service.place(EMPTY)
        return conflict()

    service.before["update"] = [same]
    assert upsert(service.session, WANTED).action == "unchanged"


def test_endless_conflicts_end() -> None:
    service = Service(OTHER)
    service.before["update"] = [conflict] * 9
    with pytest.raises(RunError) as caught:
        upsert(service.session, WANTED)
    assert str(caught.value) == (
        "error R128 contended: others keep changing pipeline 'digits': 5 attempts to write it met another's\n"
        "  hint: `imgpipe plan` shows what is there now; do it again when they are done"
    )


def test_only_what_changes_is_sent() -> None:
    service = Service(EMPTY)
    role = ROLE + "-2"
    upsert(service.session, replace(WANTED, role=role))
    assert service.request("update_pipeline") == {"PipelineName": "digits", "RoleArn": role}
    assert "update_pipeline_version" not in service.writes


def test_a_new_version_says_what_it_changes() -> None:
    service = Service(EMPTY)
    steps = [{"Name": "A", "Type": "Fail", "Arguments": {}}]
    upsert(service.session, replace(WANTED, definition=json.dumps({"Version": "2020-12-01", "Steps": steps})))
    request = service.request("update_pipeline_version")
    assert request["PipelineVersionId"] == 2
    assert request["PipelineVersionDescription"].startswith("added A; by imgpipe ")


def test_a_version_that_may_not_be_described_is_as_good() -> None:
    service = Service(EMPTY)
    denied = client_error("AccessDeniedException", "no")
    service.session.client("sagemaker")._answers["update_pipeline_version"] = denied
    assert upsert(service.session, replace(WANTED, definition=OTHER)).version == 2


def tagged(**tags: str) -> str:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    step = {"Name": "A", "Type": "Training", "Arguments": {"Tags": listed}}
    return json.dumps({"Version": "2020-12-01", "Steps": [step]})


def test_only_tags_of_its_own_are_deleted_and_before_the_definition_forgets_them() -> None:
    service = Service(tagged(team="vision"))
    service.tags = {"team": "vision", "owner": "ops"}
    service.group_tags = {"team": "vision", "since": "2024"}
    upsert(service.session, replace(WANTED, tags={"stage": "prod"}, definition=tagged(stage="prod")))
    assert service.tags == {"owner": "ops", "stage": "prod"}
    assert service.group_tags == {"since": "2024", "stage": "prod"}
    assert service.writes[-5:-1] == ["delete_tags", "add_tags", "update_pipeline", "update_pipeline_version"]


def test_a_guard_sees_the_pipeline_before_anything_is_written() -> None:
    service = Service(OTHER)

    def refuse(present: Deployed | None) -> None:
        assert present is not None
        raise RuntimeError(present.definition)

    with pytest.raises(RuntimeError, match="Metadata"):
        upsert(service.session, WANTED, refuse)
    assert service.writes == []


def test_a_guard_is_not_asked_where_all_is_done() -> None:
    def refuse(_: Deployed | None) -> None:
        raise RuntimeError

    assert upsert(Service(EMPTY).session, WANTED, refuse).action == "unchanged"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(
            client_error("ValidationException", "Could not assume role r. Please ensure that it exists."),
            "error R127 role-refused: Could not assume role r. Please ensure that it exists.\n"
            f"  role: {ROLE}\n"
            "  hint: the role must exist and its trust policy let sagemaker.amazonaws.com assume it:"
            " `imgpipe doctor`",
            id="trust",
        ),
        pytest.param(
            client_error("AccessDeniedException", "u is not authorized to perform: iam:PassRole on r"),
            "error R134 may-not-pass-role: u is not authorized to perform: iam:PassRole on r\n"
            f"  hint: the caller needs iam:PassRole on {ROLE}; docs/aws-role.md has the policy",
            id="PassRole",
        ),
    ],
)
def test_refusals_that_concern_the_role(error: ClientError, told: str) -> None:
    service = Service()
    service.before["create"] = [lambda: error]
    with pytest.raises(RunError) as caught:
        upsert(service.session, WANTED)
    assert str(caught.value) == told


def test_other_refusals_are_the_callers() -> None:
    service = Service()
    service.before["create"] = [lambda: client_error("ResourceLimitExceeded", "500 pipelines")]
    with pytest.raises(ClientError, match="500 pipelines"):
        upsert(service.session, WANTED)


def test_without_the_right_to_list_what_may_be_there_is_uploaded_again() -> None:
    service = Service(EMPTY)
    service.session.client("s3")._answers["head_object"] = client_error("403", "Forbidden")
    assert len(upsert(service.session, WANTED).uploaded) == 1


def versioned(service: Service, old: str) -> None:
    def describe(**request: Any) -> object:
        if request.get("PipelineVersionId") == 1:
            return {**(service.pipeline or {}), "PipelineDefinition": old}
        return service.describe(**request)

    service.session.client("sagemaker")._answers["describe_pipeline"] = describe


def test_an_earlier_version_comes_back_as_a_new_one() -> None:
    service = Service(OTHER)
    service.tags = {"team": "vision"}
    versioned(service, EMPTY)
    done = bring_back(service.session, "digits", "bucket", 1)
    assert (done.action, done.version) == ("updated", 2)
    assert service.request("update_pipeline") == {"PipelineName": "digits", "PipelineDefinition": EMPTY}
    described = service.request("update_pipeline_version")["PipelineVersionDescription"]
    assert described.startswith("version 1 again; by imgpipe ")
    assert service.tags == {"team": "vision"}


def test_a_version_that_is_what_there_is_changes_nothing() -> None:
    service = Service(EMPTY)
    versioned(service, EMPTY)
    assert bring_back(service.session, "digits", "bucket", 1) == Upserted(
        ARN, "unchanged", (), changes=bring_back(service.session, "digits", "bucket", 1).changes
    )
    assert service.writes == []


def test_no_version_of_no_pipeline_comes_back() -> None:
    with pytest.raises(RunError, match="R101 no-pipeline: the local SageMaker has no pipeline 'digits'"):
        bring_back(Service().session, "digits", "bucket", 1)
