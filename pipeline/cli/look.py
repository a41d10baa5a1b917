"""status, watch, logs and stop: an execution and what it says."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline import executions
from pipeline import logs as job_logs
from pipeline.cli import console, watching
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, ExecutionArn, Json, Local, Profile, Region
from pipeline.cli.target import Target
from pipeline.errors import Finding, RunError


def status(
    config: ConfigFile = DEFAULT_CONFIG,
    execution: ExecutionArn = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Shows the steps of the newest execution, or of the one that is named."""
    target = Target(config, local, profile, region)
    session, arn = target.find_execution(execution)
    seen = executions.describe(session, arn)
    if as_json:
        console.result_json(seen.to_json())
        return
    console.result(watching.summary(seen))
    if seen.status == "Failed":
        console.problems(watching.failure(session, seen, target).findings)


def watch(
    config: ConfigFile = DEFAULT_CONFIG,
    execution: ExecutionArn = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Follows an execution until it ends; exits with 1 unless it succeeds. Ctrl-C leaves it running."""
    target = Target(config, local, profile, region)
    session, arn = target.find_execution(execution)
    watching.follow(session, arn, target, as_json=as_json)


def logs(
    step: Annotated[str, typer.Argument(help="Name of a step, such as TrainModel.")],
    config: ConfigFile = DEFAULT_CONFIG,
    execution: ExecutionArn = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Prints what the job of a step wrote."""
    session, arn = Target(config, local, profile, region).find_execution(execution)
    found = executions.describe(session, arn).step(step)
    stream = job_logs.LogStream.of(found)
    if stream is None:
        raise RunError(_no_log(found))
    if as_json:
        console.result_json(list(job_logs.lines(session, stream)))
        return
    wrote = False
    for line in job_logs.lines(session, stream):
        wrote = True
        console.result(line)
    if not wrote:
        console.note(
            f"{step} wrote nothing; it is at '{found.status}'" + (f": {found.reason}" if found.reason else "")
        )


def stop(
    config: ConfigFile = DEFAULT_CONFIG,
    execution: ExecutionArn = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Stops the newest execution, or the one that is named. Its running jobs are stopped."""
    session, arn = Target(config, local, profile, region).find_execution(execution)
    seen = executions.describe(session, arn)
    if seen.is_over:
        hint = "`imgpipe status` shows its steps; `imgpipe start` starts another"
        raise RunError(
            Finding("R108", "already-over", f"execution {seen.id} is over: {seen.status}", hint=hint)
        )
    executions.stop(session, arn)
    stopping = executions.describe(session, arn)
    if as_json:
        console.result_json(stopping.to_json())
    else:
        console.result(f"execution {stopping.id}: {stopping.status}")


def _no_log(step: executions.Step) -> Finding:
    reason = "it has not begun" if step.started is None else f"a {step.type} step runs no job that writes one"
    return Finding("R106", "no-log", f"step '{step.name}' has no log", details=(("reason", reason),))
