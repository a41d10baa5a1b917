import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pytest
import typer
from botocore.exceptions import NoCredentialsError

from pipeline.cli import define, entry
from pipeline.errors import Finding, RunError
from tests.pipeline.stubs import client_error


def exit_code(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        entry.main(arguments)
    return caught.value.code


def raising(error: BaseException) -> Callable[..., None]:
    def command() -> None:
        """Fails."""
        raise error

    return command


def test_help_lists_every_command_without_importing_any(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    told = capsys.readouterr().out
    for name, command in entry.COMMANDS.items():
        assert f"  {name}" in told
        assert command.help in told


@pytest.mark.parametrize(
    "name",
    [
        f"{group} {name}"
        for group in ("models", "endpoint", "data", "local")
        for name in entry.COMMANDS[group].target
    ]
    + [name for name, command in entry.COMMANDS.items() if isinstance(command.target, str)],
)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(*name.split(), "--help") == 0
    assert f"Usage: imgpipe {name}" in capsys.readouterr().out


def test_what_makes_help_fast_is_that_nothing_slow_is_imported() -> None:
    slow = "{'boto3', 'botocore', 'pydantic', 'yaml', 'rich', 'torch', 'sagemaker', 'moto'}"
    code = f"import sys, pipeline.cli.entry; print(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_makes_validate_fast_is_that_no_sdk_is_imported() -> None:
    slow = "{'boto3', 'botocore', 'torch', 'sagemaker', 'moto', 'numpy'}"
    code = f"import sys, pipeline.cli.define; print(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("arguments", [(), ("data",)])
def test_without_a_command_the_help_is_shown_as_wrong_usage(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*arguments) == 2
    assert "Usage: imgpipe" in "".join(capsys.readouterr())


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("frobnicate") == 2
    assert "No such command 'frobnicate'." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vaildate"], "No such command 'vaildate'. Did you mean 'validate'?"),
        (["local", "dwon"], "No such command 'dwon'. Did you mean 'down'?"),
        (["--vers"], "No such option: --vers"),
    ],
)
def test_a_misspelt_command_is_told_what_it_may_mean(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        pytest.param(RunError(Finding("R1", "x", "m")), 1, "error R1 x: m\n", id="expected"),
        pytest.param(
            client_error("ValidationException", "bad", "CreatePipeline"),
            1,
            "error R001 refused: CreatePipeline failed: bad (ValidationException)\n",
            id="refused by AWS",
        ),
        pytest.param(
            NoCredentialsError(),
            2,
            "error R003 no-credentials: AWS credentials were not found\n"
            "  hint: run `aws configure`, or name a `--profile`; `--local` needs no AWS account\n",
            id="no credentials",
        ),
        pytest.param(KeyboardInterrupt(), 130, "", id="interrupted"),
        pytest.param(
            FileNotFoundError(2, "No such file or directory", "/nope/out.json"),
            1,
            "error R007 file-problem: /nope/out.json: No such file or directory\n"
            "  hint: check the path, its rights and the disk\n",
            id="a file",
        ),
        pytest.param(
            OSError(28, "No space left on device"),
            1,
            "error R007 file-problem: reading or writing: No space left on device\n"
            "  hint: check the path, its rights and the disk\n",
            id="a full disk",
        ),
    ],
)
def test_the_error_boundary(
    error: BaseException,
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(define, "validate", raising(error))
    assert exit_code("validate") == code
    assert capsys.readouterr() == ("", told)


def test_a_bug_leaves_a_crash_log_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("IMGPIPE_HOME", str(tmp_path))
    monkeypatch.setattr(define, "validate", raising(KeyError("lost")))
    assert exit_code("validate") == 3
    [log] = (tmp_path / "crash").iterdir()
    assert capsys.readouterr().err == (
        "error R999 bug: KeyError: 'lost'\n"
        f"  log:  {log}\n"
        "  hint: this is a bug in imgpipe; please report it with the log\n"
    )
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("taken", ["file", "link"])
def test_a_bug_is_told_even_where_the_crash_log_cannot_lie_at_home(
    taken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    if taken == "file":
        home.write_text("")
    else:
        home.symlink_to("/proc/nowhere")
    monkeypatch.setenv("IMGPIPE_HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(define, "validate", raising(KeyError("lost")))
    assert exit_code("validate") == 3
    assert "error R999 bug: KeyError: 'lost'" in capsys.readouterr().err
    [log] = tmp_path.glob("imgpipe-crash-*/*.log")
    assert "Traceback" in log.read_text()


def test_a_failure_is_json_too_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("start", "-p", "Epochs", "--json") == 2
    told = capsys.readouterr()
    [finding] = json.loads(told.out)["error"]
    assert finding["code"] == "R105"
    assert told.err.startswith("error R105 bad-parameter: ")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        pytest.param(["list", "--nope"], 2, "No such option: --nope", id="option"),
        pytest.param(["plan", "--nope"], 1, "No such option: --nope", id="plan, where 2 means changes"),
        pytest.param(["nope"], 2, "No such command 'nope'", id="command"),
        pytest.param(
            ["list", "--limit", "0"],
            2,
            "Invalid value for '--limit': Input should be greater than or equal to 1",
            id="value",
        ),
    ],
)
def test_wrong_usage_is_json_too_where_it_is_asked_for(
    words: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words, "--json") == status
    told = capsys.readouterr()
    [finding] = json.loads(told.out)["error"]
    assert (finding["code"], finding["message"]) == ("R009", message)
    assert f"Error: {message}" in told.err


def test_hints_lead_programs_where_the_command_went_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(
        config: Annotated[str, typer.Option("--config")],
        as_json: Annotated[bool, typer.Option("--json")] = False,
    ) -> None:
        """Fails."""
        raise RunError(Finding("R1", "x", f"{config} {as_json}", hint="`imgpipe plan`"))

    monkeypatch.setattr(define, "validate", command)
    assert exit_code("validate", "--config=a.yaml", "--json") == 1
    assert json.loads(capsys.readouterr().out)["error"][0]["hint"] == "`imgpipe plan --config=a.yaml`"
