import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.bundle import Bundle
from pipeline.errors import RunError
from pipeline.triggers import Triggers
from pipeline.upserting import plan_file
from pipeline.upserting.changes import compare
from pipeline.upserting.deployed import Deployed
from pipeline.upserting.desired import Desired
from pipeline.upserting.group import GroupChanges
from pipeline.upserting.plan import Plan
from tests.pipeline.stubs import stub_session

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
EMPTY = '{"Version": "2020-12-01", "Steps": []}'
BUNDLE = Bundle("validate", hashlib.sha256(b"zip").hexdigest(), b"zip")
DESIRED = Desired("digits", EMPTY, "bucket", (BUNDLE,), "digits", "role", {"team": "vision"}, 2)
PRESENT = Deployed("arn", EMPTY, "old role", {}, None)


def planned(*, local: bool = True, present: Deployed | None = PRESENT) -> Plan:
    return Plan(
        engine="engine",
        is_local=local,
        account="111122223333",
        region="eu-west-1",
        desired=DESIRED,
        present=present,
        changes=compare(present, DESIRED),
        has_bucket=True,
        group=GroupChanges("digits", "unchanged"),
        uploads=(),
        triggers=Triggers(),
    )


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plan that was written to plan.json in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("plan.json")
    plan_file.write(path, planned(), NOON)
    return path


@pytest.mark.parametrize("present", [None, PRESENT], ids=["new", "there"])
def test_a_plan_goes_through_a_file(present: Deployed | None, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan_file.write(path, planned(present=present), NOON)
    found = plan_file.read(path)
    assert found.desired == DESIRED
    assert found.present == present
    assert (found.made, found.is_local) == ("2026-11-01T12:00:00+00:00", True)
    assert (found.account, found.region) == ("111122223333", "eu-west-1")


def test_a_plan_is_for_its_owner_only_and_leaves_nothing_beside_it(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in Path().iterdir()] == ["plan.json"]


def test_a_plan_takes_the_place_of_a_plan(file: Path) -> None:
    plan_file.write(file, replace(planned(), account="444455556666"), NOON)
    assert plan_file.read(file).account == "444455556666"


def test_a_write_that_fails_leaves_the_plan_that_was_there(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        plan_file.write(file, planned(), NOON)
    assert [path.name for path in Path().iterdir()] == ["plan.json"]
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"version: 1\n", b"[]", b'{"format": "other"}', b"\xff\xfe", b"", b"[" * 100_000]
)
def test_nothing_else_is_written_over_or_read(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    with pytest.raises(RunError) as caught:
        plan_file.write(file, planned(), NOON)
    assert str(caught.value) == (
        "error R126 not-a-plan: plan.json is there and is no plan\n  hint: name another file"
    )
    assert file.read_bytes() == content
    with pytest.raises(RunError) as caught:
        plan_file.read(file)
    assert str(caught.value) == (
        "error R121 no-plan: plan.json is no plan\n"
        "  hint: `imgpipe plan --out FILE` writes one; a YAML file goes after `-c`"
    )


def test_a_folder_is_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="R126 not-a-plan"):
        plan_file.check_replaceable(tmp_path)
    with pytest.raises(IsADirectoryError):
        plan_file.read(tmp_path)
    with pytest.raises(FileNotFoundError):
        plan_file.read(tmp_path / "no.json")


def test_a_folder_that_is_not_there_is_told_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        plan_file.check_replaceable(tmp_path / "no" / "plan.json")
    assert caught.value.filename == str(tmp_path / "no")


def signed(document: dict[str, Any]) -> None:
    """Gives a document a checksum that fits."""
    text = json.dumps(document["content"], sort_keys=True)
    document["sha256"] = hashlib.sha256(text.encode()).hexdigest()


def edit_definition(document: dict[str, Any]) -> None:
    document["content"]["desired"]["definition"] = "{}"


def edit_program(document: dict[str, Any]) -> None:
    document["content"]["desired"]["programs"][0]["content"] = "ZXZpbA=="
    signed(document)


def leave_out_role(document: dict[str, Any]) -> None:
    del document["content"]["desired"]["role"]
    signed(document)


def leave_out_content(document: dict[str, Any]) -> None:
    del document["content"]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        pytest.param(edit_definition, "its checksum is that of another content", id="definition"),
        pytest.param(edit_program, "program validate has another hash than it says", id="program"),
        pytest.param(leave_out_role, "'role'", id="no role"),
        pytest.param(leave_out_content, "its checksum is that of another content", id="no content"),
    ],
)
def test_an_edited_plan_is_refused(edit: Callable[[dict[str, Any]], None], reason: str, file: Path) -> None:
    document = json.loads(file.read_bytes())
    edit(document)
    file.write_text(json.dumps(document))
    with pytest.raises(RunError) as caught:
        plan_file.read(file)
    assert str(caught.value) == (
        "error R122 plan-damaged: plan.json is damaged\n"
        f"  reason: {reason}\n"
        "  hint:   a plan is not edited: change the YAML and plan again"
    )


def test_a_plan_of_another_version(file: Path) -> None:
    document = json.loads(file.read_bytes())
    file.write_text(json.dumps({**document, "version": 2}))
    with pytest.raises(RunError) as caught:
        plan_file.read(file)
    assert str(caught.value) == (
        "error R123 plan-version: plan.json has version 2 of the format; this imgpipe knows 1\n"
        "  hint: plan again with this imgpipe"
    )


@pytest.mark.parametrize(
    ("planned_local", "local", "region", "told"),
    [
        pytest.param(True, True, None, None, id="local"),
        pytest.param(False, False, None, None, id="AWS"),
        pytest.param(False, False, "eu-west-1", None, id="its region"),
        pytest.param(True, False, None, "for the local SageMaker\n  hint: add `--local`", id="not local"),
        pytest.param(False, True, None, "for Amazon SageMaker\n  hint: leave out `--local`", id="not AWS"),
        pytest.param(
            False,
            False,
            "us-east-1",
            "for region eu-west-1, not us-east-1\n  hint: leave out `--region`",
            id="another region",
        ),
    ],
)
def test_a_plan_is_for_one_engine(
    planned_local: bool, local: bool, region: str | None, told: str | None, file: Path
) -> None:
    plan_file.write(file, planned(local=planned_local), NOON)
    found = plan_file.read(file)
    if told is None:
        found.check_engine(local=local, region=region)
        return
    with pytest.raises(RunError) as caught:
        found.check_engine(local=local, region=region)
    assert str(caught.value) == f"error R124 other-target: plan.json is a plan {told}"


def test_a_plan_is_for_one_account(file: Path) -> None:
    def session(account: str) -> Any:
        identity = {"Account": account, "Arn": f"arn:aws:iam::{account}:user/u"}
        return stub_session(sts={"get_caller_identity": identity})

    found = plan_file.read(file)
    found.check_account(session("111122223333"))
    with pytest.raises(RunError) as caught:
        found.check_account(session("444455556666"))
    assert str(caught.value) == (
        "error R124 other-target: plan.json is a plan for account 111122223333, and the credentials are of"
        " 444455556666\n"
        "  hint: name the `--profile` of that account, or plan again with this one"
    )


def test_a_plan_is_for_the_pipeline_as_it_was(file: Path) -> None:
    found = plan_file.read(file)
    found.guard(PRESENT)
    with pytest.raises(RunError) as caught:
        found.guard(replace(PRESENT, role="another", parallelism=7))
    assert str(caught.value) == (
        "error R125 plan-outdated: pipeline 'digits' has changed since plan.json was made"
        " (2026-11-01T12:00:00+00:00)\n"
        "  since: ~ role: old role → another\n"
        "         ~ parallelism: no limit → 7\n"
        "  hint:  `imgpipe plan` shows what an upsert would do now"
    )
    with pytest.raises(RunError, match="since: it was deleted"):
        found.guard(None)
