from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.retry import retry
from pipeline.cli.target import Target
from pipeline.errors import RunError
from tests.pipeline.starting.definitions import text
from tests.pipeline.stubs import StubClient, stub_session

CONFIG = Path("demo.yaml")
ARN = "arn:aws:sagemaker:us-east-1:1:pipeline/demo/execution/abc"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Service:
    """The service, with one execution."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, status: str) -> None:
        self.statuses = [status, "Succeeded"]
        sagemaker = {
            "describe_pipeline_execution": self._describe,
            "list_pipeline_execution_steps": {"PipelineExecutionSteps": []},
            "describe_pipeline_definition_for_execution": {"PipelineDefinition": text()},
            "retry_pipeline_execution": {"PipelineExecutionArn": ARN},
        }
        session = stub_session(sagemaker=sagemaker, logs={})
        monkeypatch.setattr(Target, "find_execution", lambda *_: (session, ARN))
        self.client: StubClient = session.client("sagemaker")

    def _describe(self, **_: Any) -> dict[str, Any]:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {"PipelineExecutionStatus": status, "CreationTime": BEGIN}

    @property
    def retried(self) -> list[dict[str, Any]]:
        return [request for name, request in self.client.calls if name == "retry_pipeline_execution"]


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_an_execution_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    service = Service(monkeypatch, status)
    retry(config=CONFIG, local=True)
    (request,) = service.retried
    assert request["PipelineExecutionArn"] == ARN
    assert len(request["ClientRequestToken"]) >= 32
    told = capsys.readouterr()
    assert (told.out, told.err) == (f"{ARN}\n", "follow it: imgpipe watch --local -c demo.yaml\n")


def test_it_can_be_followed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    service = Service(monkeypatch, "Failed")
    retry(config=CONFIG, local=True, wait=True)
    assert len(service.retried) == 1
    assert capsys.readouterr().out.endswith("execution abc of demo: Succeeded\n")


def test_for_programs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Service(monkeypatch, "Failed")
    retry(config=CONFIG, local=True, as_json=True)
    assert json.loads(capsys.readouterr().out)["arn"] == ARN


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("Executing", "`imgpipe watch` follows it"),
        ("Succeeded", "`imgpipe start` starts another"),
        ("CompletedWithFailures", "`imgpipe start` starts another"),
    ],
)
def test_what_cannot_be_retried(monkeypatch: pytest.MonkeyPatch, status: str, hint: str) -> None:
    service = Service(monkeypatch, status)
    with pytest.raises(RunError) as caught:
        retry(config=CONFIG, local=True)
    assert str(caught.value) == (
        f"error R113 cannot-retry: execution abc cannot be retried: {status}\n"
        "  why:  only Failed and Stopped executions are\n"
        f"  hint: {hint}"
    )
    assert service.retried == []
