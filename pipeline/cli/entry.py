"""The command `imgpipe`: its table of commands and its one error boundary."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.cli import console, hints
from pipeline.cli.home import home
from pipeline.cli.lazy import WRONG_USAGE, Entry, build
from pipeline.errors import BugError, ExitCode, Finding, ImgpipeError, RunError

_MAIN, _LOOK, _MODELS, _AROUND = (
    "The pipeline",
    "Look and act",
    "Models and endpoints",
    "Data and the local SageMaker",
)

COMMANDS: Mapping[str, Entry] = {
    "validate": Entry("pipeline.cli.define:validate", "Check the YAML, offline.", _MAIN),
    "compile": Entry(
        "pipeline.cli.define:compile_definition", "Print the pipeline definition, offline.", _MAIN
    ),
    "plan": Entry(
        "pipeline.cli.plan:plan",
        "Show what upsert would do, and do nothing.",
        _MAIN,
        epilog="Exits with 0 if there is nothing to do, 2 if there is, 1 on any error.",
        usage_exit=ExitCode.FAILED,
    ),
    "upsert": Entry("pipeline.cli.upsert:upsert", "Create or update the pipeline.", _MAIN),
    "start": Entry("pipeline.cli.start:start", "Start an execution.", _MAIN),
    "run": Entry("pipeline.cli.run:run", "Upsert, start and watch.", _MAIN),
    "list": Entry("pipeline.cli.list:list_executions", "List executions or versions of the pipeline.", _LOOK),
    "status": Entry("pipeline.cli.look:status", "Show the steps of an execution.", _LOOK),
    "watch": Entry("pipeline.cli.look:watch", "Follow an execution until it ends.", _LOOK),
    "logs": Entry("pipeline.cli.look:logs", "Print the log of a step.", _LOOK),
    "report": Entry("pipeline.cli.report:report", "Fetch the evaluation's page.", _LOOK),
    "stop": Entry("pipeline.cli.look:stop", "Stop an execution.", _LOOK),
    "retry": Entry("pipeline.cli.retry:retry", "Go on with an execution that failed.", _LOOK),
    "models": Entry(
        {"list": Entry("pipeline.cli.models:list_models", "List the registered models.")},
        "The model registry.",
        _MODELS,
    ),
    "endpoint": Entry(
        {
            "status": Entry("pipeline.cli.endpoint:status", "Show what the endpoint serves."),
            "delete": Entry("pipeline.cli.endpoint:delete", "Delete the endpoint; the model stays."),
        },
        "The real-time endpoint.",
        _MODELS,
    ),
    "predict": Entry("pipeline.cli.endpoint:predict", "Send images to the endpoint, print labels.", _MODELS),
    "data": Entry(
        {
            "sample": Entry("pipeline.cli.data:sample", "Lay out a sample data set of real images."),
            "check": Entry("pipeline.cli.data_check:check", "Check images: a folder or a prefix of S3."),
            "split": Entry("pipeline.cli.data_make:split", "Divide images into train and validation."),
            "pack": Entry("pipeline.cli.data_make:pack", "Pack images into RecordIO files."),
            "push": Entry("pipeline.cli.data:push", "Upload a folder to the data prefixes."),
        },
        "Training data.",
        _AROUND,
    ),
    "doctor": Entry("pipeline.cli.doctor:doctor", "Check what the pipeline needs of AWS.", _AROUND),
    "local": Entry(
        {
            "up": Entry("pipeline.cli.local:up", "Start the local SageMaker."),
            "down": Entry("pipeline.cli.local:down", "Stop it; what it holds is kept."),
            "status": Entry("pipeline.cli.local:status", "Show its address and credentials."),
            "events": Entry("pipeline.cli.local:events", "Show what its rules and schedules fired."),
            "gc": Entry(
                "pipeline.cli.local:gc",
                "Remove what is old: executions, jobs, logs.",
                epilog="Never what runs, the registry, endpoints and what they serve. Objects of S3 stay but "
                "for --outputs, and then those that a model, a job or an execution that stays names.",
            ),
            "reset": Entry("pipeline.cli.local:reset", "Delete all that it holds."),
        },
        "The local SageMaker: no AWS, no Docker.",
        _AROUND,
    ),
}

_ROOT = Entry(
    COMMANDS, "Keep an image classifier trained and served on Amazon SageMaker, from one YAML file."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command line and exits with a status of ExitCode.

    Args:
        arguments: By default those of this process, which then does nothing else.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if arguments is None:
        # Imports make objects that stay. Looking through them at each 700 is a fifth of a command's time.
        gc.set_threshold(100_000)
    try:
        # Not standalone: otherwise nothing but a text would tell programs what is wrong with their words.
        status = build(_ROOT, "imgpipe")(words, prog_name="imgpipe", standalone_mode=False)
    except KeyboardInterrupt:
        status = ExitCode.INTERRUPTED
    except WRONG_USAGE as error:
        status = _tell_wrong_usage(error, words)
    except Exception as error:
        told = _explained(error)
        findings = hints.completed(told.findings, words)
        _tell_programs(findings, words)
        console.problems(findings)
        status = _exit_code(told, words)
    sys.exit(status or ExitCode.DONE)


def _tell_programs(findings: Sequence[Finding], words: Sequence[str]) -> None:
    if "--json" in words:
        console.result_json({"error": [finding.to_json() for finding in findings]})


def _tell_wrong_usage(error: Any, words: Sequence[str]) -> int:
    """Tells it in click's own words, which show the usage; returns the exit status."""
    message = error.format_message().rstrip(".") or "no command is given"
    _tell_programs([Finding("R009", "wrong-usage", message)], words)
    error.show()
    return int(error.exit_code)


def _exit_code(error: ImgpipeError, words: Sequence[str]) -> ExitCode:
    command = COMMANDS.get(words[0]) if words else None
    return command.usage_exit if command and error.exit_code is ExitCode.USAGE else error.exit_code


def _explained(error: Exception) -> ImgpipeError:
    """The error of ours that tells what happened; for a bug, after a crash log was written."""
    if isinstance(error, ImgpipeError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        return RunError(_file_problem(error))
    # Imported here because the commands that need no AWS should not pay for botocore.
    from pipeline.aws_errors import AWS_ERRORS, explain

    if isinstance(error, AWS_ERRORS):
        return explain(error)
    return _bug(error, _write_crash_log(error))


def _file_problem(error: OSError) -> Finding:
    what = str(error.filename) if error.filename is not None else "reading or writing"
    return Finding(
        "R007", "file-problem", f"{what}: {error.strerror}", hint="check the path, its rights and the disk"
    )


def _bug(error: Exception, log: Path) -> BugError:
    return BugError(
        Finding(
            "R999",
            "bug",
            f"{type(error).__name__}: {error}",
            details=(("log", str(log)),),
            hint="this is a bug in imgpipe; please report it with the log",
        )
    )


def _write_crash_log(error: Exception) -> Path:
    # Values of variables stay out, but even a message may hold names that are nobody else's business.
    trace = "".join(traceback.format_exception(error))
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.log"
    try:
        folder = home(os.environ) / "crash"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _private(folder / name, trace)
    except OSError:
        return _private(Path(tempfile.mkdtemp(prefix="imgpipe-crash-")) / name, trace)


def _private(file: Path, text: str) -> Path:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:  # noqa: PTH123 Path has no mode
        stream.write(text)
    return file
