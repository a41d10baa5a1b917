"""How an execution looks on a terminal, in a log file and when it has failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from pipeline import executions, logs
from pipeline.cli import console
from pipeline.cli.options import DEFAULT_CONFIG
from pipeline.errors import ExitCode, Finding, RunError
from pipeline.executions import Execution, Step

if TYPE_CHECKING:
    from pipeline.cli.target import Target
    from pipeline.session import Session

MARKS = {
    "Succeeded": "✓",
    "Failed": "✗",
    "Executing": "▶",
    "Starting": "▶",
    "Stopping": "▶",
    "Stopped": "■",
    "Not run": "-",
    "Not selected": "-",
    "Waiting": "·",
}
_LOG_TAIL = 10
_REMARK = 100
_WARNINGS = 20


def follow(session: Session, arn: str, target: Target, *, as_json: bool) -> None:
    """Shows an execution until it ends.

    Raises:
        RunError: It did not succeed.
        KeyboardInterrupt: The user turned away; the execution goes on.
    """
    console.note(f"execution {arn}")
    last = None
    warned: set[str] = set()
    try:
        with _view(session) as show:
            for last in executions.watch(session, arn):
                _tell_warnings(session, last, warned)
                show(last)
    except KeyboardInterrupt:
        more = options(target)
        console.note(f"\nno longer watching; the execution goes on\n  follow it  imgpipe watch{more}")
        console.note(f"  stop it    imgpipe stop{more}")
        raise
    assert last is not None, "a watch yields at least once"
    if as_json:
        console.result_json(last.to_json())
    else:
        console.result(summary(last))
    if last.status != "Succeeded":
        if as_json:
            raise typer.Exit(ExitCode.FAILED)
        raise failure(session, last, target)


def summary(execution: Execution) -> str:
    """The execution and its steps as a table."""
    rows = [
        (MARKS.get(step.status, " "), step.name, step.status, _duration(step), _remark(step))
        for step in execution.steps
    ]
    table = console.table(rows, (" ", "STEP", "STATUS", "TIME", ""))
    return f"{table}\nexecution {execution.id} of {execution.pipeline}: {execution.status}"


def failure(session: Session, execution: Execution, target: Target) -> RunError:
    """What failed in an execution that did not succeed, why, and how to look further."""
    failed = [step for step in execution.steps if step.status == "Failed"]
    if not failed:
        reason, is_stopped = execution.reason or "no step failed", execution.status == "Stopped"
        message = f"execution {execution.id} ended as {execution.status}"
        hint = f"go on where it was stopped: imgpipe retry{options(target)}" if is_stopped else None
        return RunError(Finding("R303", "not-succeeded", message, details=(("reason", reason),), hint=hint))
    not_run = ", ".join(step.name for step in execution.steps if step.status == "Not run")
    kept = execution.status == "Failed" and any(step.status == "Succeeded" for step in execution.steps)
    return RunError(*(_step_failed(session, step, not_run, target, kept=kept) for step in failed))


def options(target: Target) -> str:
    """The options that make another command go where this one went, with a leading space."""
    words = []
    if target.local:
        words.append("--local")
    if target.profile:
        words.append(f"--profile {target.profile}")
    if target.region:
        words.append(f"--region {target.region}")
    if target.config != DEFAULT_CONFIG:
        words.append(f"-c {target.config}")
    return "".join(f" {word}" for word in words)


def _step_failed(session: Session, step: Step, not_run: str, target: Target, *, kept: bool) -> Finding:
    took = f" after {step.seconds:.1f} s" if step.seconds is not None else ""
    details = [("reason", step.reason or "SageMaker gave none")]
    stream = logs.LogStream.of(step)
    tail = logs.last_lines(session, stream, _LOG_TAIL) if stream else []
    # A program's own reason is also the end of its log; once is enough.
    if tail and not _is_told(step.reason, tail):
        details.append(("log", f"imgpipe logs {step.name}{options(target)}   (its last lines)"))
        details += [("", line) for line in tail]
    if not_run:
        details.append(("not run", not_run))
    if step.type == "Fail":
        return Finding("R302", "rejected", f"{step.name} ended the execution", details=tuple(details))
    more = options(target)
    hint = f"fix it and start again: imgpipe run{more}"
    if kept:
        again = f"imgpipe upsert{more} && imgpipe start --wait --from-step {step.name}{more}"
        hint += f"\nor keep what the steps before it made: {again}"
        hint += f"\nor go on as it was, if what was wrong is outside of it: imgpipe retry --wait{more}"
    return Finding("R301", "step-failed", f"{step.name} failed{took}", details=tuple(details), hint=hint)


def _tell_warnings(session: Session, execution: Execution, told: set[str]) -> None:
    """Passes on what the programs of finished steps warn of; `told` keeps the names of those steps."""
    for step in execution.steps:
        stream = logs.LogStream.of(step)
        # What was taken from another execution was told there.
        if stream is None or step.ended is None or step.source is not None or step.name in told:
            continue
        told.add(step.name)
        for line in logs.warnings(session, stream, _WARNINGS):
            console.note(f"warning from {step.name}: {line}")


def _is_told(reason: str | None, tail: Sequence[str]) -> bool:
    last = tail[-1].strip()
    return bool(last) and last in (reason or "")


@contextmanager
def _view(session: Session) -> Iterator[Any]:
    if not console.is_terminal():
        yield _Lines(session).show
        return
    from pipeline.cli.live import live_view

    with live_view(session) as show:
        yield show


class _Lines:
    """One line for each change, for log files and CI."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: dict[str, tuple[str, str]] = {}

    def show(self, execution: Execution) -> None:
        for step in execution.steps:
            if step.started is None:
                continue
            now = (step.status, progress_line(self._session, step))
            if self._seen.get(step.name) != now:
                self._seen[step.name] = now
                took = _taken(step) or (_duration(step) if step.ended else "")
                console.note("  ".join(word for word in (step.name, *now, took) if word))


def progress_line(session: Session, step: Step) -> str:
    """The newest line of a running training job, which tells how far it is; empty for any other step."""
    if step.type != "Training" or step.ended is not None:
        return ""
    stream = logs.LogStream.of(step)
    newest = logs.last_lines(session, stream, 1) if stream else []
    return logs.text_of(newest[0]) if newest else ""


def _duration(step: Step) -> str:
    return f"{step.seconds:.1f} s" if step.seconds is not None else ""


def _remark(step: Step) -> str:
    if taken := _taken(step):
        return taken
    if step.outcome is not None:
        return f"condition is {step.outcome.lower()}"
    # A long reason follows the table, whole.
    return step.reason.splitlines()[0][:_REMARK] if step.reason else ""


def _taken(step: Step) -> str:
    return f"taken from execution {step.source.rsplit('/', 1)[-1]}" if step.source else ""
