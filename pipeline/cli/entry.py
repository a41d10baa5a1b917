"""The command `imgpipe`: its table of commands and its one error boundary."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipeline.cli import console
from pipeline.cli.lazy import Entry, build
from pipeline.errors import ExitCode, ImgpipeError

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
    "upsert": Entry("pipeline.cli.run:upsert", "Create or update the pipeline.", _MAIN),
    "start": Entry("pipeline.cli.run:start", "Start an execution.", _MAIN),
    "run": Entry("pipeline.cli.run:run", "Upsert, start and watch.", _MAIN),
    "status": Entry("pipeline.cli.look:status", "Show the steps of an execution.", _LOOK),
    "watch": Entry("pipeline.cli.look:watch", "Follow an execution until it ends.", _LOOK),
    "logs": Entry("pipeline.cli.look:logs", "Print the log of a step.", _LOOK),
    "report": Entry("pipeline.cli.report:report", "Fetch the evaluation's page.", _LOOK),
    "stop": Entry("pipeline.cli.look:stop", "Stop an execution.", _LOOK),
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
            "push": Entry("pipeline.cli.data:push", "Upload a folder to the data prefixes."),
        },
        "Training data.",
        _AROUND,
    ),
    "local": Entry(
        {
            "up": Entry("pipeline.cli.local:up", "Start the local SageMaker."),
            "down": Entry("pipeline.cli.local:down", "Stop it; what it holds is kept."),
            "status": Entry("pipeline.cli.local:status", "Show its address and credentials."),
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
    """Runs a command line and exits with a status of ExitCode."""
    try:
        build(_ROOT, "imgpipe")(arguments, prog_name="imgpipe")
    except ImgpipeError as error:
        console.problem(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:
        sys.exit(_unexpected(error))


def _unexpected(error: Exception) -> ExitCode:
    # Imported here because the commands that need no AWS should not pay for botocore.
    from botocore.exceptions import BotoCoreError, ClientError

    from pipeline.aws_errors import explain

    if isinstance(error, BotoCoreError | ClientError):
        told = explain(error)
        console.problem(told)
        return told.exit_code
    log = _write_crash_log(error)
    console.note(
        f"error R999 bug: {type(error).__name__}: {error}\n  this is a bug in imgpipe; details are in {log}"
    )
    return ExitCode.BUG


def _write_crash_log(error: Exception) -> Path:
    home = Path(os.environ.get("IMGPIPE_HOME") or Path.home() / ".imgpipe")
    log = home / "crash" / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # Values of variables stay out: they may hold secrets.
    log.write_text("".join(traceback.format_exception(error)))
    return log
