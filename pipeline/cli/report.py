"""report: how good the model is, as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline import executions, reports
from pipeline.cli import console
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, ExecutionArn, Json, Local, Profile, Region
from pipeline.cli.target import Target


def report(
    config: ConfigFile = DEFAULT_CONFIG,
    execution: ExecutionArn = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to; else report-ID.html here.")
    ] = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Fetches the page of the newest execution's evaluation: figures, confusion matrix, worst mistakes."""
    session, arn = Target(config, local, profile, region).find_execution(execution)
    seen = executions.describe(session, arn)
    page = reports.fetch(session, seen)
    # Named by the execution, so that one report never replaces another.
    file = out or Path(f"report-{seen.id}.html")
    file.write_bytes(page)
    if as_json:
        console.result_json({"file": str(file)})
    else:
        console.result(f"wrote {file}")
