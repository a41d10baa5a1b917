"""local: the local SageMaker's life."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated

import typer

from pipeline.cli import console
from pipeline.cli.home import home
from pipeline.cli.options import Json
from pipeline.errors import ExitCode, Finding, RunError, UsageError
from pipeline.local import lifecycle
from pipeline.local.activity import running_executions
from pipeline.local.events import history
from pipeline.local.gc import request
from pipeline.local.gc.policy import DAYS, Found, Policy
from pipeline.local.lifecycle import LocalEndpoint
from pipeline.source import printable


def up(as_json: Json = False) -> None:
    """Starts the local SageMaker on 127.0.0.1, if it is not up yet."""
    _show(lifecycle.ensure_running(home(os.environ)), as_json)


def down(as_json: Json = False) -> None:
    """Stops the local SageMaker with its jobs and endpoints. What it holds is there again after `up`."""
    was_up = lifecycle.status(home(os.environ)) is not None
    ended = running_executions(home(os.environ)) if was_up else ()
    if ended:
        count = f"{len(ended)} execution{'s' if len(ended) > 1 else ''}"
        console.note(f"this ends {count}: {', '.join(ended)}")
    lifecycle.stop(home(os.environ))
    if as_json:
        console.result_json({"stopped": was_up, "ended": ended})
    else:
        console.result("the local SageMaker is down" if was_up else "the local SageMaker was not up")


def status(as_json: Json = False) -> None:
    """Shows the address and the credentials, ready for the AWS CLI. Exits with 1 if it is down."""
    at = lifecycle.status(home(os.environ))
    if at is None:
        if as_json:
            console.result_json({"up": False})
            raise typer.Exit(ExitCode.FAILED)
        raise RunError(Finding("L002", "not-up", "the local SageMaker is not up", hint="imgpipe local up"))
    _show(at, as_json)


def events(
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many, the newest at the end.")] = 20,
    as_json: Json = False,
) -> None:
    """Shows what rules and schedules of EventBridge fired, and what came of it."""
    try:
        found = history.firings(home(os.environ), last)
    except sqlite3.Error as error:
        raise RunError(
            Finding("L007", "records-unreadable", f"the local SageMaker's records cannot be read: {error}")
        ) from error
    if as_json:
        console.result_json(found)
    elif not found:
        console.note("nothing has fired yet")
    else:
        rows = [[printable(cell) for cell in history.row(each)] for each in found]
        console.result(console.table(rows, ("TIME", "FIRED BY", "EVENT", "OUTCOME")))


def gc(
    keep: Annotated[
        float | None, typer.Option("--keep", metavar="DAYS", min=0, help="Days that are kept. [default: 30]")
    ] = None,
    keep_executions: Annotated[
        int | None,
        typer.Option("--keep-executions", metavar="N", min=0, help="Instead: the newest of each pipeline."),
    ] = None,
    outputs: Annotated[
        bool, typer.Option("--outputs", help="S3 objects below executions/<id>/ of these executions, too.")
    ] = False,
    damaged: Annotated[
        bool, typer.Option("--damaged", help="Files that were damaged and put aside at a start, too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Removes ended executions of before with their steps, jobs and logs, and what nothing uses any more.

    Never what runs, the registry, endpoints and the models that they serve. Objects of S3 stay, but for
    --outputs: then those below executions/<id>/ go too, unless a model, a job or an execution that stays
    names them.
    """
    if keep is not None and keep_executions is not None:
        raise UsageError(Finding("L008", "two-policies", "--keep and --keep-executions exclude each other"))
    policy = Policy(DAYS if keep is None else keep, keep_executions, outputs, damaged)
    found = [each for each in request.sweep(home(os.environ), policy) if each.count]
    if not dry_run and found and not yes:
        console.note(_found(found))
        if not console.confirm("Remove all of this?"):
            console.note("nothing was removed; `--yes` removes without asking")
            raise typer.Exit(ExitCode.FAILED)
    if not dry_run:
        found = [
            each for each in request.sweep(home(os.environ), replace(policy, dry_run=False)) if each.count
        ]
    if as_json:
        total = sum(each.size for each in found)
        console.result_json({"removed": not dry_run, "bytes": total, "found": [asdict(e) for e in found]})
    else:
        console.result(_found(found) if found else "there is nothing to remove")


def _found(found: Sequence[Found]) -> str:
    rows = [(each.what, f"{each.count:,}", f"{each.size / 1e6:,.1f}") for each in found]
    return console.table(rows, ("WHAT", "COUNT", "MB"))


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Stops the local SageMaker and deletes its data, jobs, models and endpoints."""
    folder = home(os.environ) / "local"
    if not yes and not console.confirm(f"Delete everything in {folder}?"):
        console.note("nothing was deleted; `--yes` deletes without asking")
        raise typer.Exit(ExitCode.FAILED)
    lifecycle.reset(home(os.environ))
    if as_json:
        console.result_json({"deleted": str(folder)})
    else:
        console.result(f"deleted {folder}")


def _show(at: LocalEndpoint, as_json: bool) -> None:
    for warning in at.warnings:
        console.note(f"warning: {warning}")
    environment = {
        "AWS_ENDPOINT_URL": at.url,
        "AWS_ACCESS_KEY_ID": at.access_key,
        "AWS_SECRET_ACCESS_KEY": at.secret_key,
        "AWS_DEFAULT_REGION": at.region,
    }
    if as_json:
        console.result_json({"up": True, "pid": at.pid, "account": at.account, **environment})
        return
    console.note(f"the local SageMaker is up: {at.url} (pid {at.pid}); for the AWS CLI and boto3:")
    console.result("\n".join(f"export {name}={value}" for name, value in environment.items()))
