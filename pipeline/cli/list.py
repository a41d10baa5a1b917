"""list: the executions of a pipeline, or its versions."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline import history, versions
from pipeline.cli import console
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Profile, Region
from pipeline.cli.target import Target
from pipeline.history import Past
from pipeline.versions import Version

_MINUTE, _HOUR = 60, 3600

Limit = Annotated[int, typer.Option(min=1, max=100, help="How many at most.")]
OfVersions = Annotated[bool, typer.Option("--versions", help="List versions of the definition instead.")]


def list_executions(
    config: ConfigFile = DEFAULT_CONFIG,
    show_versions: OfVersions = False,
    limit: Limit = 20,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Lists the newest executions of the pipeline, or with --versions the definitions that it has had."""
    target = Target(config, local, profile, region)
    session = target.session()
    name = target.load(session).config.name
    if show_versions:
        known = versions.versions(session, name)[:limit]
        listed = [version.to_json() for version in known]
        text = _versions(known)
    else:
        past = history.executions(session, name, limit)
        listed = [one.to_json() for one in past]
        text = _executions(past) if past else ""
    if as_json:
        console.result_json(listed)
    elif text:
        console.result(text)
    else:
        console.note(f"pipeline {name} has no executions")


def _executions(past: list[Past]) -> str:
    rows = [
        (one.id, one.status, f"{one.started.astimezone():%Y-%m-%d %H:%M:%S}", _duration(one), one.by)
        for one in past
    ]
    return console.table(rows, ("EXECUTION", "STATUS", "STARTED", "TIME", "BY"))


def _duration(one: Past) -> str:
    seconds = one.seconds
    if seconds >= _HOUR:
        text = f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE):02} min"
    elif seconds >= _MINUTE:
        text = f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE):02} s"
    else:
        text = f"{seconds:.1f} s"
    return text if one.is_over else f"{text} so far"


def _versions(known: list[Version]) -> str:
    rows = [
        (
            f"{version.number}{' *' if version.is_current else ''}",
            f"{version.created.astimezone():%Y-%m-%d %H:%M:%S}",
            version.last_execution or "-",
            version.description,
        )
        for version in known
    ]
    table = console.table(rows, ("VERSION", "CREATED", "LAST EXECUTION", "DESCRIPTION"))
    return f"{table}\n* is what an execution runs now"
