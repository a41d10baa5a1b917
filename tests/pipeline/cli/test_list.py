import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.account import PLACEHOLDERS
from pipeline.cli.list import list_executions
from pipeline.cli.target import Target
from pipeline.config.loader import load_config
from tests.pipeline.stubs import stub_session

CONFIG = Path(__file__).parents[3] / "config" / "quickstart.yaml"
ARN = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/quickstart/execution/"
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def connect(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> None:
    session = stub_session(sagemaker=answers)
    monkeypatch.setattr(Target, "session", lambda _: session)
    monkeypatch.setattr(
        Target, "load", lambda target, _: load_config(target.config, facts=PLACEHOLDERS, environ={})
    )


def test_executions(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    took = {"a" * 12: (3725, "ada"), "b" * 12: (61, "Admin/bob"), "c" * 12: (2.5, "")}

    def describe(PipelineExecutionArn: str) -> dict[str, Any]:
        seconds, who = took[PipelineExecutionArn[-12:]]
        return {
            "PipelineExecutionArn": PipelineExecutionArn,
            "PipelineExecutionStatus": "Succeeded",
            "CreationTime": NOON,
            "LastModifiedTime": NOON + timedelta(seconds=seconds),
            "CreatedBy": {"UserProfileName": who},
        }

    connect(
        monkeypatch,
        list_pipeline_executions={
            "PipelineExecutionSummaries": [{"PipelineExecutionArn": ARN + name} for name in took]
        },
        describe_pipeline_execution=describe,
    )
    list_executions(config=CONFIG)
    assert capsys.readouterr().out == (
        "EXECUTION     STATUS     STARTED              TIME        BY\n"
        "aaaaaaaaaaaa  Succeeded  2026-11-01 12:00:00  1 h 02 min  ada\n"
        "bbbbbbbbbbbb  Succeeded  2026-11-01 12:00:00  1 min 01 s  Admin/bob\n"
        "cccccccccccc  Succeeded  2026-11-01 12:00:00  2.5 s\n"
    )
    list_executions(config=CONFIG, limit=1)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_one_that_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    described = {
        "PipelineExecutionArn": ARN + "a",
        "PipelineExecutionStatus": "Executing",
        "CreationTime": datetime.now(UTC) - timedelta(seconds=3600 * 5 + 90),
    }
    connect(
        monkeypatch,
        list_pipeline_executions={"PipelineExecutionSummaries": [{"PipelineExecutionArn": ARN + "a"}]},
        describe_pipeline_execution=described,
    )
    list_executions(config=CONFIG)
    assert "  5 h 01 min so far\n" in capsys.readouterr().out


def test_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    connect(monkeypatch, list_pipeline_executions={"PipelineExecutionSummaries": []})
    list_executions(config=CONFIG)
    assert capsys.readouterr() == ("", "pipeline quickstart has no executions\n")
    list_executions(config=CONFIG, as_json=True)
    assert capsys.readouterr() == ("[]\n", "")


def test_versions(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    connect(
        monkeypatch,
        list_pipeline_versions={
            "PipelineVersionSummaries": [
                {"PipelineVersionId": 1, "CreationTime": NOON},
                {
                    "PipelineVersionId": 2,
                    "CreationTime": NOON,
                    "PipelineVersionDescription": "changed TrainModel",
                    "LastExecutionPipelineExecutionArn": ARN + "a" * 12,
                },
            ]
        },
    )
    list_executions(config=CONFIG, show_versions=True)
    assert capsys.readouterr().out == (
        "VERSION  CREATED              LAST EXECUTION  DESCRIPTION\n"
        "2 *      2026-11-01 12:00:00  aaaaaaaaaaaa    changed TrainModel\n"
        "1        2026-11-01 12:00:00  -\n"
        "* is what an execution runs now\n"
    )
