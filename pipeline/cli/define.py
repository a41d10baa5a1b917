"""validate and compile: what needs no AWS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import console
from pipeline.cli.building import build
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json
from pipeline.config.loader import load_config
from pipeline.errors import ConfigError


def validate(config: ConfigFile = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Checks the YAML and tells every problem at once, with its place, reason and fix."""
    try:
        loaded = load_config(config, facts=None, environ=os.environ)
    except ConfigError as error:
        if as_json:
            findings = [finding.to_json() for finding in error.findings]
            console.result_json({"valid": False, "findings": findings})
            raise typer.Exit(error.exit_code) from error
        raise
    if as_json:
        warnings = [warning.to_json() for warning in loaded.warnings]
        console.result_json({"valid": True, "findings": warnings})
        return
    for warning in loaded.warnings:
        console.note(str(warning))
    count = len(loaded.warnings)
    suffix = f", {count} warning{'s' if count > 1 else ''}" if count else ""
    console.result(f"{config}: valid{suffix}")


def compile_definition(
    config: ConfigFile = DEFAULT_CONFIG,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file, not to stdout.")] = None,
) -> None:
    """Prints the pipeline definition (JSON, schema 2020-12-01) that the YAML describes.

    Facts of an account that nobody has named yet stand as placeholders; upsert asks AWS for them.
    """
    loaded = load_config(config, facts=None, environ=os.environ)
    if loaded.stand_ins:
        names = ", ".join(loaded.stand_ins)
        console.note(f"note: placeholders stand for {names} of the account; upsert asks AWS for them")
    definition = build(loaded)
    if out is None:
        console.result(definition.text)
        return
    out.write_text(definition.text + "\n")
    console.note(f"wrote {out}")
