"""validate and compile: what needs no AWS."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import console, definition_file
from pipeline.cli.building import build, build_and_check
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json
from pipeline.config.loader import load_config
from pipeline.errors import ConfigError, ExitCode, Finding


def validate(
    config: ConfigFile = DEFAULT_CONFIG,
    definition: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Check this pipeline definition (JSON), not the YAML; - is stdin."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Checks the YAML, or any pipeline definition, and tells every problem at once: place, reason and fix."""
    if definition is not None:
        _validate_definition(definition, as_json)
        return
    try:
        loaded = load_config(config, facts=None, environ=os.environ)
        _, warnings = build_and_check(loaded)
    except ConfigError as error:
        if as_json:
            findings = [finding.to_json() for finding in error.findings]
            console.result_json({"valid": False, "findings": findings})
            raise typer.Exit(error.exit_code) from error
        raise
    if as_json:
        console.result_json({"valid": True, "findings": [warning.to_json() for warning in warnings]})
        return
    _tell_valid(str(config), warnings)


def _validate_definition(file: str, as_json: bool) -> None:
    checked = definition_file.check(file)
    is_valid = all(finding.severity != "error" for finding in checked.findings)
    if as_json:
        found = [finding.to_json() for finding in checked.findings]
        console.result_json({"valid": is_valid, "findings": found})
        if not is_valid:
            raise typer.Exit(ExitCode.USAGE)
    elif is_valid:
        _tell_valid(checked.name, checked.findings)
    else:
        raise ConfigError(*checked.findings)


def _tell_valid(name: str, warnings: Sequence[Finding]) -> None:
    if warnings:
        console.problems(warnings)
    count = len(warnings)
    suffix = f", {count} warning{'s' if count > 1 else ''}" if count else ""
    console.result(f"{name}: valid{suffix}")


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
