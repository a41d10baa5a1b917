from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from pipeline.cli import local
from pipeline.errors import RunError, UsageError
from pipeline.local import lifecycle
from pipeline.local.gc import request
from pipeline.local.gc.policy import Found, Policy
from pipeline.local.home import Home
from pipeline.local.records import Records


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The homes whose server was stopped; one of them runs, with two executions that have not ended."""
    stopped: list[Path] = []
    at = Home(tmp_path)
    at.make()
    records = Records(at.records)
    for name, status in {"p/a": "Executing", "p/b": "Failed", "q/c": "Stopping"}.items():
        records.create("PipelineExecution", name, {"PipelineExecutionStatus": status})
    records.close()
    monkeypatch.setenv("IMGPIPE_HOME", str(tmp_path))
    monkeypatch.setattr(lifecycle, "status", lambda _: object())
    monkeypatch.setattr(lifecycle, "stop", stopped.append)
    return stopped


def test_down_says_which_executions_it_ends(
    stopped: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local.down()
    assert stopped == [tmp_path]
    told = capsys.readouterr()
    assert told.err == "this ends 2 executions: p/a, q/c\n"
    assert told.out == "the local SageMaker is down\n"


def test_down_for_programs(stopped: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    local.down(as_json=True)
    told: Any = json.loads(capsys.readouterr().out)
    assert (told, len(stopped)) == ({"stopped": True, "ended": ["p/a", "q/c"]}, 1)


def test_down_when_it_was_not_up(
    stopped: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lifecycle, "status", lambda _: None)
    local.down()
    told = capsys.readouterr()
    assert (told.out, told.err) == ("the local SageMaker was not up\n", "")
    assert stopped


@pytest.fixture
def fired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which a rule has fired twice and a schedule once."""
    at = Home(tmp_path)
    at.make()
    records = Records(at.records)
    arn = "arn:aws:events:us-east-1:123456789012:rule/new-images"
    upload = {
        "detail-type": "Object Created",
        "resources": ["arn:aws:s3:::b"],
        "detail": {"object": {"key": "train/_READY"}},
    }
    schedule = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/weekly"
    moment = {"detail-type": "Scheduled Event", "resources": [schedule], "detail": {}}
    made: list[dict[str, Any]] = [
        {"Source": arn, "Event": upload, "Status": "Delivered", "Result": "arn:one"},
        {"Source": arn, "Event": upload, "Status": "Failed", "Reason": "ValidationException: no"},
        {"Source": schedule, "Event": moment, "Status": "Pending"},
    ]
    for number, firing in enumerate(made):
        records.create("EventFiring", str(number), {**firing, "CreationTime": 60.0 * number, "Target": {}})
    records.close()
    monkeypatch.setenv("IMGPIPE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("fired")
def test_events_shows_what_fired(capsys: pytest.CaptureFixture[str]) -> None:
    local.events()
    assert capsys.readouterr().out == (
        "TIME                  FIRED BY                 EVENT                        OUTCOME\n"
        "1970-01-01T00:00:00Z  rule new-images          Object Created train/_READY  arn:one\n"
        "1970-01-01T00:01:00Z  rule new-images          Object Created train/_READY  "
        "failed: ValidationException: no\n"
        "1970-01-01T00:02:00Z  schedule default/weekly  Scheduled Event              to be delivered\n"
    )


@pytest.mark.usefixtures("fired")
def test_events_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    local.events(last=2, as_json=True)
    told: Any = json.loads(capsys.readouterr().out)
    assert [(each["Status"], each["CreationTime"]) for each in told] == [
        ("Failed", "1970-01-01T00:01:00Z"),
        ("Pending", "1970-01-01T00:02:00Z"),
    ]
    assert "Target" not in told[0]


def test_events_when_nothing_has_fired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMGPIPE_HOME", str(tmp_path))
    local.events()
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "nothing has fired yet\n")


def test_events_of_damaged_records(fired: Path) -> None:
    Home(fired).records.write_bytes(b"no database" * 100)
    with pytest.raises(RunError) as caught:
        local.events()
    assert [finding.code for finding in caught.value.findings] == ["L007"]


@pytest.fixture
def swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Policy]:
    """The policies that were asked for."""
    asked: list[Policy] = []

    def sweep(_: Path, policy: Policy) -> list[Found]:
        asked.append(policy)
        return [Found("executions", 1200, 3_400_000), Found("steps", 0, 0)]

    monkeypatch.setenv("IMGPIPE_HOME", str(tmp_path))
    monkeypatch.setattr(request, "sweep", sweep)
    return asked


FOUND = "WHAT        COUNT  MB\nexecutions  1,200  3.4\n"


def test_gc_shows_what_would_go_and_removes_nothing_unasked(
    swept: list[Policy], capsys: pytest.CaptureFixture[str]
) -> None:
    local.gc(dry_run=True)
    assert capsys.readouterr().out == FOUND
    with pytest.raises(typer.Exit):
        local.gc()
    told = capsys.readouterr()
    assert told.err == FOUND + "nothing was removed; `--yes` removes without asking\n"
    assert (told.out, swept) == ("", [Policy(), Policy()])


def test_gc_removes(swept: list[Policy], capsys: pytest.CaptureFixture[str]) -> None:
    local.gc(keep_executions=5, outputs=True, damaged=True, yes=True, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "removed": True,
        "bytes": 3_400_000,
        "found": [{"what": "executions", "count": 1200, "size": 3_400_000}],
    }
    assert swept[-1] == Policy(30, 5, outputs=True, damaged=True, dry_run=False)


def test_gc_takes_one_policy() -> None:
    with pytest.raises(UsageError, match="--keep and --keep-executions exclude each other"):
        local.gc(keep=3, keep_executions=5)
