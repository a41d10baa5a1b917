from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.local.activity import running_executions
from pipeline.local.home import Home
from pipeline.local.records import Records


@pytest.fixture
def home(tmp_path: Path) -> Home:
    at = Home(tmp_path)
    at.make()
    return at


def test_what_has_not_ended_is_named(home: Home) -> None:
    records = Records(home.records)
    statuses = {"p/a": "Succeeded", "p/c": "Executing", "p/b": "Stopping", "q/d": "Failed", "q/e": "Stopped"}
    for name, status in statuses.items():
        records.create("PipelineExecution", name, {"PipelineExecutionStatus": status})
    records.create("TrainingJob", "j", {"TrainingJobStatus": "InProgress"})
    # The server still has its records open.
    assert running_executions(home.path) == ("p/c", "p/b")
    records.close()


def test_no_records(home: Home, tmp_path: Path) -> None:
    assert running_executions(home.path) == ()
    assert running_executions(tmp_path / "nowhere") == ()


def test_damaged_records_keep_nobody_from_stopping_the_server(home: Home) -> None:
    home.records.write_bytes(b"no database" * 100)
    assert running_executions(home.path) == ()
