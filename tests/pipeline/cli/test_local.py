from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import local
from pipeline.local import lifecycle
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
