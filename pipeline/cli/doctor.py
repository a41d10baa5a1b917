"""doctor: looks for what would keep the pipeline from running, before it costs anything."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence

import typer
from botocore.exceptions import BotoCoreError

from pipeline.cli import console, hints, watching
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Profile, Region
from pipeline.cli.target import Target
from pipeline.config.loader import load_config
from pipeline.errors import ExitCode, UsageError
from pipeline.preflight import credentials
from pipeline.preflight import region as region_check
from pipeline.preflight.check import Check, Outcome, failed, unknown
from pipeline.preflight.survey import blocked, survey

_SIGNS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "FAILED",
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_NEEDED: "-",
}


def doctor(
    config: ConfigFile = DEFAULT_CONFIG,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Checks credentials, role, permissions, buckets, data and quotas; changes nothing.

    Each check passes, fails with the way to mend it, or could not be made and says why. Exits with 1 if one
    failed.
    """
    # A config that cannot be read says nothing about what to check.
    load_config(config, facts=None, environ=os.environ)
    target = Target(config, local, profile, region)
    checks = list(examine(target))
    healthy = all(check.outcome is not Outcome.FAILED for check in checks)
    if as_json:
        console.result_json({"passed": healthy, "checks": [check.to_json() for check in checks]})
    else:
        _tell(checks, target)
    if not healthy:
        raise typer.Exit(ExitCode.FAILED)


def examine(target: Target) -> Iterator[Check]:
    """All checks of a target. What stands in the way of the others is a failed check itself."""
    try:
        session = target.session()
    except BotoCoreError as error:
        yield unknown(region_check.NAME, "the credentials do not do")
        yield failed(credentials.NAME, credentials.reason(error))
        yield from blocked("the credentials do not do")
        return
    except UsageError as error:
        if error.findings[0].code != "R002":
            raise
        yield failed(region_check.NAME, *error.findings)
        yield unknown(credentials.NAME, "no region is set")
        yield from blocked("no region is set")
        return
    yield from region_check.region(session)
    known = list(credentials.credentials(session))
    yield from known
    if known[0].outcome is Outcome.PASSED:
        yield from survey(session, target.load(session))
    else:
        yield from blocked("the credentials do not do")


def _tell(checks: Sequence[Check], target: Target) -> None:
    rows = [(check.name, _SIGNS[check.outcome], check.text) for check in checks]
    console.result(console.table(rows, ("CHECK", "OUTCOME", "")))
    problems = [problem for check in checks for problem in check.problems]
    if problems:
        console.note("")
        words = ["doctor", *shlex.split(watching.options(target))]
        console.problems(hints.completed(problems, words))
