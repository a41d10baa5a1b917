from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import executions
from pipeline.account import PLACEHOLDERS
from pipeline.cli import run, upsert
from pipeline.cli import start as start_command
from pipeline.cli.target import Target
from pipeline.config.loader import Loaded, load_config
from pipeline.errors import UsageError
from pipeline.session import Session
from pipeline.upserting.upsert import Upserted
from tests.pipeline.starting.definitions import text
from tests.pipeline.stubs import stub_session

PARAMETERS: list[dict[str, Any]] = [
    {"Name": "TrainData", "Type": "String", "DefaultValue": "s3://bucket/train/"},
    {"Name": "ValidationData", "Type": "String", "DefaultValue": "s3://bucket/validation/"},
]
CONFIG = Path(__file__).parents[3] / "config" / "quickstart.yaml"


def interrupt(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session on which everything up to the start works."""
    session = stub_session(
        s3={"list_objects_v2": {"KeyCount": 1}},
        sagemaker={
            "describe_pipeline": {"PipelineDefinition": text(parameters=PARAMETERS)},
            "list_pipeline_executions": {"PipelineExecutionSummaries": []},
        },
    )

    def load(target: Target, _: Session) -> Loaded:
        return load_config(target.config, facts=PLACEHOLDERS, environ={})

    monkeypatch.setattr(start_command, "_problems", lambda *_: ())
    monkeypatch.setattr(Target, "session", lambda _: session)
    monkeypatch.setattr(Target, "load", load)
    monkeypatch.setattr(upsert, "bring_about", lambda *_: Upserted("arn", "created", ()))
    return session


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("place", "said"),
    [
        pytest.param("upsert", "interrupted; no execution was started", id="before the start"),
        pytest.param(
            "start",
            f"interrupted; an execution may have started: imgpipe status --local -c {CONFIG}",
            id="in the start",
        ),
    ],
)
def test_ctrl_c_before_the_watch(
    place: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if place == "upsert":
        monkeypatch.setattr(upsert, "bring_about", interrupt)
    else:
        monkeypatch.setattr(executions, "start", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run.run(config=CONFIG, local=True)
    assert capsys.readouterr().err.splitlines()[-1] == said


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("command", [run.run, start_command.start])
def test_a_parameter_that_is_no_prefix_is_refused_before_the_start(command: Callable[..., None]) -> None:
    with pytest.raises(UsageError) as caught:
        command(config=CONFIG, local=True, parameter=["ValidationData=x", "TrainData=s3://b_/x"])
    assert str(caught.value) == (
        "error R109 bad-uri: parameter 'TrainData' is 's3://b_/x', which is no S3 prefix\n"
        "  hint: write TrainData=s3://BUCKET/PREFIX\n\n"
        "error R109 bad-uri: parameter 'ValidationData' is 'x', which is no S3 prefix\n"
        "  hint: write ValidationData=s3://BUCKET/PREFIX"
    )


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("command", [run.run, start_command.start])
def test_a_parameter_that_the_pipeline_has_not_is_refused_before_the_start(
    command: Callable[..., None],
) -> None:
    with pytest.raises(
        UsageError, match=r"R140 unknown-parameter: pipeline '.*' has no parameter 'TrianData'"
    ):
        command(config=CONFIG, local=True, parameter=["TrianData=s3://b/x"])
