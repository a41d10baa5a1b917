from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.account import PLACEHOLDERS
from pipeline.cli import start as command
from pipeline.cli import watching
from pipeline.cli.target import Target
from pipeline.config.loader import load_config
from pipeline.errors import RunError, UsageError
from pipeline.executions import request_token
from pipeline.language.problem import Problem
from pipeline.session import Session
from tests.pipeline.starting.definitions import text
from tests.pipeline.stubs import client_error, stub_session

CONFIG = Path(__file__).parents[3] / "config" / "quickstart.yaml"
PIPELINE = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/quickstart/execution"
NEW, OLD, RUNNING = (f"{PIPELINE}/{name}" for name in ("new000000000", "old000000000", "run000000000"))


class Service:
    """The service, with a pipeline and an execution of it that failed in Evaluate."""

    def __init__(self) -> None:
        steps = [{"StepName": name, "StepStatus": "Succeeded"} for name in ("Validate", "Train")]
        self.steps = steps
        self.executions = [{"PipelineExecutionArn": OLD, "PipelineExecutionStatus": "Failed"}]
        self.answers: dict[str, Any] = {
            "describe_pipeline": {"PipelineDefinition": text()},
            "list_pipeline_executions": {"PipelineExecutionSummaries": self.executions},
            "start_pipeline_execution": {"PipelineExecutionArn": NEW},
            "describe_pipeline_execution": {"PipelineExecutionStatus": "Failed"},
            "list_pipeline_execution_steps": {"PipelineExecutionSteps": steps},
            "list_pipeline_parameters_for_execution": {
                "PipelineParameters": [
                    {"Name": "Epochs", "Value": "10"},
                    {"Name": "Threshold", "Value": "0.5"},
                    {"Name": "TrainData", "Value": "s3://bucket/other/"},
                ]
            },
            "describe_pipeline_definition_for_execution": {"PipelineDefinition": text()},
        }
        self.listed: list[str] = []
        caller = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me"}
        self.session = stub_session(
            s3={"list_objects_v2": self._list},
            sts={"get_caller_identity": caller},
            sagemaker=self.answers,
        )

    def _list(self, Bucket: str, Prefix: str, **_: Any) -> dict[str, int]:
        self.listed.append(f"s3://{Bucket}/{Prefix}")
        return {"KeyCount": 1}

    @property
    def started(self) -> dict[str, Any]:
        """The only request that started something."""
        calls = self.session.client("sagemaker").calls
        (request,) = [request for name, request in calls if name == "start_pipeline_execution"]
        return dict(request)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    service = Service()

    def load(target: Target, _: Session) -> Any:
        return load_config(target.config, facts=PLACEHOLDERS, environ={})

    monkeypatch.setattr(Target, "session", lambda _: service.session)
    monkeypatch.setattr(Target, "load", load)
    monkeypatch.setattr(command, "_problems", lambda *_: ())
    return service


def start(**options: Any) -> None:
    command.start(config=CONFIG, local=True, **options)


def given(service: Service) -> dict[str, str]:
    return {item["Name"]: item["Value"] for item in service.started["PipelineParameters"]}


def test_the_arn_is_the_result(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    start()
    told = capsys.readouterr()
    assert told.out == f"{NEW}\n"
    assert told.err == f"follow it: imgpipe watch --local -c {CONFIG}\n"
    assert service.started == {
        "PipelineName": "quickstart",
        "PipelineParameters": [],
        "ClientRequestToken": service.started["ClientRequestToken"],
    }


def test_a_prefix_given_as_a_parameter_is_that_folder_only(service: Service) -> None:
    start(parameter=["TrainData=s3://bucket/train", "Epochs=3"])
    assert given(service) == {"TrainData": "s3://bucket/train/", "Epochs": "3"}
    assert "s3://bucket/train/" in service.listed


def test_the_data_of_the_pipeline_is_looked_for_not_that_of_the_yaml(service: Service) -> None:
    start()
    assert service.listed[0] == "s3://bucket/train/"


@pytest.mark.parametrize("status", ["Executing", "Stopped"])
def test_one_token_is_one_start(service: Service, capsys: pytest.CaptureFixture[str], status: str) -> None:
    service.executions.insert(0, {"PipelineExecutionArn": NEW, "PipelineExecutionStatus": status})
    start(token="job 7")
    assert service.started["ClientRequestToken"] == request_token("quickstart", "job 7")
    assert capsys.readouterr().err.splitlines()[0] == (
        f"note: new000000000 was started with this token before, and is {status}; nothing new was started"
    )


@pytest.mark.parametrize("token", ["", " "])
def test_the_token_of_an_unset_variable_is_refused(service: Service, token: str) -> None:
    with pytest.raises(UsageError, match="R112 empty-token: --token is empty"):
        start(token=token)


def test_what_runs_already_is_told(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.executions.insert(0, {"PipelineExecutionArn": RUNNING, "PipelineExecutionStatus": "Executing"})
    start()
    assert capsys.readouterr().err.splitlines()[:3] == [
        "note: execution run000000000 is running too",
        f"  watch it  imgpipe watch --execution run000000000 --local -c {CONFIG}",
        f"  stop it   imgpipe stop --execution run000000000 --local -c {CONFIG}",
    ]


def test_a_version_is_read_and_started(service: Service) -> None:
    start(version=2)
    calls = service.session.client("sagemaker").calls
    assert ("describe_pipeline", {"PipelineName": "quickstart", "PipelineVersionId": 2}) in calls
    assert service.started["PipelineVersionId"] == 2


class TestSomeSteps:
    def test_from_a_step_on(self, service: Service, capsys: pytest.CaptureFixture[str]) -> None:
        start(from_step="Evaluate", parameter=["Epochs=3"])
        assert service.started["SelectiveExecutionConfig"] == {
            "SelectedSteps": [{"StepName": name} for name in ("Evaluate", "Gate", "Register", "Reject")],
            "SourcePipelineExecutionArn": OLD,
        }
        assert given(service) == {"Threshold": "0.5", "TrainData": "s3://bucket/other/", "Epochs": "3"}
        assert capsys.readouterr().err.splitlines()[:2] == [
            "taken from execution old000000000: Validate, Train",
            "with its parameters: Threshold=0.5, TrainData=s3://bucket/other/",
        ]

    def test_data_that_no_selected_step_reads_is_not_looked_for(self, service: Service) -> None:
        start(from_step="Evaluate")
        assert service.listed == []
        service.answers["describe_pipeline"]["PipelineDefinition"] = text(reads="TrainData")
        start(only=["Train"])
        assert service.listed == ["s3://bucket/other/"]

    def test_named_steps_and_their_source(self, service: Service, capsys: pytest.CaptureFixture[str]) -> None:
        start(only=["Train,Evaluate", "Validate"], source="old000000000", as_json=True)
        told = json.loads(capsys.readouterr().out)
        assert told == {
            "arn": NEW,
            "parameters": {"Threshold": "0.5", "TrainData": "s3://bucket/other/"},
            "steps": ["Validate", "Train", "Evaluate"],
            "source": OLD,
        }

    def test_what_is_wrong_with_steps_that_do_not_run_is_no_matter_of_the_start(
        self, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        train = Problem("C104", ("Steps", 1, "Arguments"), "epochs are too many")
        register = Problem("C104", ("Steps", 3, "Arguments", "IfSteps", 0, "Name"), "it cannot be registered")
        gate = Problem("C104", ("Steps", 3, "Arguments", "Conditions"), "it cannot be compared")
        found = [train, register, gate]
        monkeypatch.setattr(command, "_problems", lambda _, values: found if values else [])
        start(only=["Evaluate"], parameter=["Epochs=3"])
        assert service.started
        service.steps.append({"StepName": "Evaluate", "StepStatus": "Succeeded"})
        with pytest.raises(UsageError, match="it cannot be compared") as caught:
            start(only=["Gate"], source=OLD, parameter=["Epochs=3"])
        assert len(caught.value.findings) == 1

    def test_the_beginning_needs_no_source(self, service: Service) -> None:
        start(only=["Validate"])
        assert service.started["SelectiveExecutionConfig"] == {"SelectedSteps": [{"StepName": "Validate"}]}
        assert given(service) == {}

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            pytest.param(
                {"source": "old000000000"},
                "error R147 bad-selection: --source is given, but no steps\n"
                "  hint: add --from-step STEP or --only STEP",
                id="a source alone",
            ),
            pytest.param(
                {"only": [","]},
                "error R147 bad-selection: --only names no step\n  hint: add --from-step STEP or --only STEP",
                id="no step",
            ),
            pytest.param(
                {"only": ["Train"], "parameter": ["Epohcs=1"]},
                "error R140 unknown-parameter: pipeline 'quickstart' has no parameter 'Epohcs'\n"
                "  it has: Epochs, Instance, Shuffle, Threshold, TrainData\n"
                "  hint:   did you mean 'Epochs'?",
                id="a bad parameter before the look for a source",
            ),
        ],
    )
    def test_refused_before_anything_is_asked_for(
        self, service: Service, options: dict[str, Any], expected: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            start(**options)
        assert str(caught.value) == expected
        assert [name for name, _ in service.session.client("sagemaker").calls] == ["describe_pipeline"]

    def test_an_id_that_is_none(self, service: Service) -> None:
        with pytest.raises(RunError, match="R103 no-execution: there is no execution 'abc'"):
            start(only=["Train"], source="abc")


def test_wait_follows_it(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[tuple[str, bool]] = []
    monkeypatch.setattr(watching, "follow", lambda _, arn, __, as_json: followed.append((arn, as_json)))
    start(wait=True, as_json=True)
    assert followed == [(NEW, True)]
    assert service.started


def test_a_pipeline_that_was_never_upserted(service: Service) -> None:
    missing = client_error("ResourceNotFound", "does not exist")
    service.answers |= {"describe_pipeline": missing, "list_pipeline_versions": missing}
    with pytest.raises(RunError, match="R101 no-pipeline: the local SageMaker has no pipeline 'quickstart'"):
        start(version=3)


def test_a_definition_that_cannot_be_read_leaves_parameters_to_the_service(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.answers["describe_pipeline"]["PipelineDefinition"] = "{"
    start(parameter=["Any=1"])
    assert given(service) == {"Any": "1"}
    assert capsys.readouterr().err.startswith("note: parameters are left to the service")


def test_warnings_are_told(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    retired = Problem("C251", ("Steps",), "the family is retired", severity="warning")
    monkeypatch.setattr(command, "_problems", lambda _, values: [retired] if values else [])
    start(parameter=["Epochs=3"])
    assert service.started
    assert capsys.readouterr().err.startswith("warning C251 retired-instance: the family is retired")


def test_what_makes_start_fast_is_that_no_sdk_is_imported() -> None:
    slow = "{'torch', 'sagemaker', 'moto', 'numpy', 'pipeline.checks.engine'}"
    code = f"import sys, pipeline.cli.start; print(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
