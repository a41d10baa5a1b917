"""retry: what takes an execution up again where it ended."""

from __future__ import annotations

from pipeline import executions
from pipeline.cli import console, watching
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, ExecutionArn, Json, Local, Profile, Region
from pipeline.cli.start import Wait
from pipeline.cli.target import Target
from pipeline.errors import Finding, RunError


def retry(
    config: ConfigFile = DEFAULT_CONFIG,
    execution: ExecutionArn = None,
    wait: Wait = False,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Runs the steps again that failed or were stopped, and those after them; what succeeded is kept.

    It is the same execution, with the definition and the parameters that it was started with. After a change
    of the YAML or of a program, `imgpipe upsert` and `imgpipe start --from-step` are what helps.
    """
    target = Target(config, local, profile, region)
    session, arn = target.find_execution(execution)
    seen = executions.describe(session, arn)
    if seen.status not in executions.CAN_BE_RETRIED:
        raise RunError(_not_failed(seen))
    executions.retry(session, arn)
    if wait:
        watching.follow(session, arn, target, as_json=as_json)
    elif as_json:
        console.result_json(executions.describe(session, arn).to_json())
    else:
        console.result(arn)
        console.note(f"follow it: imgpipe watch{watching.options(target)}")


def _not_failed(seen: executions.Execution) -> Finding:
    hint = "`imgpipe start` starts another" if seen.is_over else "`imgpipe watch` follows it"
    return Finding(
        "R113",
        "cannot-retry",
        f"execution {seen.id} cannot be retried: {seen.status}",
        details=(("why", f"only {' and '.join(executions.CAN_BE_RETRIED)} executions are"),),
        hint=hint,
    )
