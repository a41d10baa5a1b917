"""plan: what an upsert would do, before it does."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import console, hints, watching
from pipeline.cli.building import build
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Profile, Region
from pipeline.cli.target import Target
from pipeline.cli.upsert import Job, desired
from pipeline.errors import Finding
from pipeline.preflight.check import Check, Outcome
from pipeline.preflight.survey import QUICK, survey
from pipeline.pricing import estimate
from pipeline.upserting import plan as planning
from pipeline.upserting import plan_file

_PENDING = 2
_SIGNS = {Outcome.FAILED: "✗", Outcome.UNKNOWN: "?"}

Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Write the plan to a file, for `imgpipe upsert FILE`.")
]


def plan(
    config: ConfigFile = DEFAULT_CONFIG,
    out: Out = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Shows what an upsert would do, what it would cost to run, and what stands in the way."""
    if out is not None:
        plan_file.check_replaceable(out)
    target = Target(config, local, profile, region)
    job = Job.of(target)
    definition = build(job.loaded, local=job.session.is_local)
    found = planning.plan(job.session, desired(job.loaded, definition))
    checks = list(survey(job.session, job.loaded, QUICK))
    costs = estimate.costs(job.session, job.loaded, definition)
    if as_json:
        checked = [check.to_json() for check in checks]
        console.result_json({**found.to_json(), "checks": checked, "costs": costs.to_json()})
    else:
        console.result(_text(found, checks, list(costs.lines())))
        _tell_findings([one for check in checks for one in check.problems], target)
    if out is not None:
        plan_file.write(out, found, datetime.now(UTC))
        more = watching.options(replace(target, config=DEFAULT_CONFIG, region=None))
        console.note(f"wrote {out}; apply it by `imgpipe upsert {out}{more}`")
    if found.is_pending:
        raise typer.Exit(_PENDING)


def _tell_findings(findings: list[Finding], target: Target) -> None:
    if findings:
        console.problems(hints.completed(findings, shlex.split(watching.options(target))))


def _text(found: planning.Plan, checks: list[Check], costs: list[str]) -> str:
    blocks = [
        [f"pipeline {found.desired.name} on {found.engine}, account {found.account}"],
        [*found.lines(), found.total()],
        _checks(checks),
        costs,
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _checks(checks: list[Check]) -> list[str]:
    """Those that did not pass, and how many did."""
    passed = sum(check.outcome is Outcome.PASSED for check in checks)
    open_ones = [
        f"{_SIGNS[check.outcome]} {check.name}: {check.text}" for check in checks if check.outcome in _SIGNS
    ]
    return [*open_ones, f"{passed} checks passed"] if passed or open_ones else []
