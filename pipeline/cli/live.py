"""The steps of an execution, live on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from pipeline.cli.watching import MARKS, progress_line
from pipeline.executions import Execution, Step
from pipeline.session import Session

_STYLES = {
    "Succeeded": "green",
    "Failed": "bold red",
    "Stopped": "yellow",
    "Not run": "dim",
    "Not selected": "dim",
    "Waiting": "dim",
}


@contextmanager
def live_view(session: Session) -> Iterator[Callable[[Execution], None]]:
    """A table that is drawn anew with every look and removed at the end."""
    spinner = Spinner("dots")
    with Live(console=Console(stderr=True), refresh_per_second=8, transient=True) as live:
        yield lambda execution: live.update(picture(session, execution, spinner))


def picture(session: Session, execution: Execution, spinner: Spinner) -> Group:
    """The steps, each with its state, and the newest line of a running training job."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for step in execution.steps:
        running = step.started is not None and step.ended is None
        mark = spinner if running else Text(MARKS.get(step.status, " "))
        table.add_row(mark, step.name, step.status, _clock(step), style=_STYLES.get(step.status))
    progress = [line for step in execution.steps if (line := progress_line(session, step))]
    return Group(table, *(Text(line, style="dim", overflow="ellipsis", no_wrap=True) for line in progress))


def _clock(step: Step) -> str:
    return f"{step.seconds:.0f} s" if step.seconds is not None else ""
