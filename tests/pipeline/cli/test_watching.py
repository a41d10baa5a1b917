from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from pipeline import executions
from pipeline.cli import watching
from pipeline.cli.target import Target
from pipeline.errors import RunError
from pipeline.executions import Execution, Step
from pipeline.session import Session
from tests.pipeline.stubs import stub_session

ARN = "arn:aws:sagemaker:us-east-1:1:pipeline/demo/execution/abc"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = Target(Path("config/quickstart.yaml"), local=True)
JOB = "arn:aws:sagemaker:us-east-1:1:training-job/pipelines-abc-TrainModel"


def execution(status: str, *steps: Step, reason: str | None = None) -> Execution:
    return Execution(ARN, "demo", status, BEGIN, reason, steps)


def done(name: str, kind: str, status: str = "Succeeded", **more: Any) -> Step:
    return Step(name, kind, status, BEGIN, BEGIN + timedelta(seconds=12.4), **more)


def with_log(*lines: str) -> Session:
    return stub_session(
        logs={
            "describe_log_streams": {"logStreams": [{"logStreamName": "x/algo-1-0"}]},
            "get_log_events": {"events": [{"message": line} for line in lines]},
            "filter_log_events": {"events": [{"message": "[now WARNING 1] trained FROM SCRATCH"}]},
        }
    )


def test_summary_is_a_table_of_the_steps() -> None:
    seen = execution(
        "Succeeded",
        done("TrainModel", "Training"),
        done("Gate", "Condition", outcome="True"),
        Step("No", "Fail", "Not run"),
    )
    assert watching.summary(seen) == (
        "   STEP        STATUS     TIME\n"
        "✓  TrainModel  Succeeded  12.4 s\n"
        "✓  Gate        Succeeded  12.4 s  condition is true\n"
        "-  No          Not run\n"
        "execution abc of demo: Succeeded"
    )


def test_a_failed_step_is_told_with_reason_log_and_what_did_not_run() -> None:
    failed = done("TrainModel", "Training", "Failed", reason="AlgorithmError: exit code: 1", job_arn=JOB)
    seen = execution(
        "Failed", failed, Step("CreateModel", "Model", "Not run"), Step("Gate", "Condition", "Not run")
    )
    assert str(watching.failure(with_log("one", "two"), seen, TARGET)) == (
        "error R301 step-failed: TrainModel failed after 12.4 s\n"
        "  reason:  AlgorithmError: exit code: 1\n"
        "  log:     imgpipe logs TrainModel --local -c config/quickstart.yaml   (its last lines)\n"
        "           one\n"
        "           two\n"
        "  not run: CreateModel, Gate\n"
        "  hint:    fix it and start again: imgpipe run --local -c config/quickstart.yaml"
    )


def test_what_the_steps_before_a_failed_one_made_can_be_kept() -> None:
    failed = done("TrainModel", "Training", "Failed", reason="no")
    seen = execution("Failed", done("ValidateImages", "Processing"), failed)
    assert str(watching.failure(stub_session(), seen, TARGET)) == (
        "error R301 step-failed: TrainModel failed after 12.4 s\n"
        "  reason: no\n"
        "  hint:   fix it and start again: imgpipe run --local -c config/quickstart.yaml\n"
        "          or keep what the steps before it made: "
        "imgpipe upsert --local -c config/quickstart.yaml && "
        "imgpipe start --wait --from-step TrainModel --local -c config/quickstart.yaml\n"
        "          or go on as it was, if what was wrong is outside of it: "
        "imgpipe retry --wait --local -c config/quickstart.yaml"
    )


def test_steps_of_another_execution_and_steps_that_were_not_to_run() -> None:
    source = "arn:aws:sagemaker:us-east-1:1:pipeline/demo/execution/before"
    seen = execution(
        "Succeeded",
        done("Gate", "Condition", outcome="True", source=source),
        done("Register", "RegisterModel"),
        Step("Deploy", "Endpoint", "Not selected"),
    )
    assert watching.summary(seen) == (
        "   STEP      STATUS        TIME\n"
        "✓  Gate      Succeeded     12.4 s  taken from execution before\n"
        "✓  Register  Succeeded     12.4 s\n"
        "-  Deploy    Not selected\n"
        "execution abc of demo: Succeeded"
    )


def test_a_reason_that_ends_the_log_is_told_once() -> None:
    reason = "AlgorithmError: error V001 dataset-invalid: 1 check failed\n  hint: delete it"
    failed = done("TrainModel", "Training", "Failed", reason=reason, job_arn=JOB)
    seen = execution("Failed", failed)
    assert str(watching.failure(with_log("[now ERROR 1] one", "  hint: delete it"), seen, TARGET)) == (
        "error R301 step-failed: TrainModel failed after 12.4 s\n"
        "  reason: AlgorithmError: error V001 dataset-invalid: 1 check failed\n"
        "            hint: delete it\n"
        "  hint:   fix it and start again: imgpipe run --local -c config/quickstart.yaml"
    )
    assert "hint: delete it" not in watching.summary(seen)


def test_a_gate_that_closed_is_told_with_its_figures() -> None:
    rejected = done("RejectModel", "Fail", "Failed", reason="accuracy 0.81 is below 0.9")
    seen = execution("Failed", rejected, Step("RegisterModel", "RegisterModel", "Not run"))
    assert str(watching.failure(stub_session(), seen, TARGET)) == (
        "error R302 rejected: RejectModel ended the execution\n"
        "  reason:  accuracy 0.81 is below 0.9\n"
        "  not run: RegisterModel"
    )


def test_an_execution_that_was_stopped_says_so() -> None:
    seen = execution("Stopped", Step("TrainModel", "Training", "Stopped"))
    assert str(watching.failure(stub_session(), seen, TARGET)) == (
        "error R303 not-succeeded: execution abc ended as Stopped\n"
        "  reason: no step failed\n"
        "  hint:   go on where it was stopped: imgpipe retry --local -c config/quickstart.yaml"
    )


def test_options_lead_another_command_to_the_same_place() -> None:
    target = Target(Path("my.yaml"), local=False, profile="p", region="eu-west-1")
    assert watching.options(target) == " --profile p --region eu-west-1 -c my.yaml"
    assert watching.options(Target(Path("config/pipeline.yaml"), local=False)) == ""


def looks(monkeypatch: pytest.MonkeyPatch, *seen: Execution) -> None:
    monkeypatch.setattr(executions, "watch", lambda session, arn: iter(seen))


def test_follow_prints_each_change_once_and_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    running = Step("TrainModel", "Training", "Executing", BEGIN, job_arn=JOB)
    looks(
        monkeypatch,
        execution("Executing", running),
        execution("Executing", running),
        execution("Succeeded", done("TrainModel", "Training", job_arn=JOB)),
    )
    watching.follow(with_log("Epoch[0] Validation-accuracy=0.9"), ARN, TARGET, as_json=False)
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        f"execution {ARN}",
        "TrainModel  Executing  Epoch[0] Validation-accuracy=0.9",
        "warning from TrainModel: trained FROM SCRATCH",
        "TrainModel  Succeeded  12.4 s",
    ]
    assert told.out.endswith("execution abc of demo: Succeeded\n")


def test_follow_tells_what_was_taken_but_not_again_what_it_warned_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "arn:aws:sagemaker:us-east-1:1:pipeline/demo/execution/before"
    looks(monkeypatch, execution("Succeeded", done("TrainModel", "Training", job_arn=JOB, source=source)))
    watching.follow(with_log("Epoch[0] Validation-accuracy=0.9"), ARN, TARGET, as_json=False)
    assert capsys.readouterr().err.splitlines() == [
        f"execution {ARN}",
        "TrainModel  Succeeded  taken from execution before",
    ]


def test_follow_fails_with_the_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    looks(monkeypatch, execution("Failed", done("RejectModel", "Fail", "Failed", reason="too low")))
    with pytest.raises(RunError, match="R302 rejected"):
        watching.follow(stub_session(), ARN, TARGET, as_json=False)


def test_follow_for_programs_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks(monkeypatch, execution("Failed", done("RejectModel", "Fail", "Failed", reason="too low")))
    with pytest.raises(typer.Exit) as caught:
        watching.follow(stub_session(), ARN, TARGET, as_json=True)
    assert caught.value.exit_code == 1
    assert '"reason": "too low"' in capsys.readouterr().out


def test_ctrl_c_leaves_the_execution_running_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(session: Session, arn: str) -> Any:
        yield execution("Executing", Step("TrainModel", "Training", "Waiting"))
        raise KeyboardInterrupt

    monkeypatch.setattr(executions, "watch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        watching.follow(stub_session(), ARN, TARGET, as_json=False)
    assert capsys.readouterr().err == (
        f"execution {ARN}\n"
        "\nno longer watching; the execution goes on\n"
        "  follow it  imgpipe watch --local -c config/quickstart.yaml\n"
        "  stop it    imgpipe stop --local -c config/quickstart.yaml\n"
    )
