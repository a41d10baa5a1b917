"""data check: whether images can be trained on, and what to do where they cannot."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.data_place import Asked, find
from pipeline.cli.data_table import show
from pipeline.cli.home import home
from pipeline.cli.meter import Meter, metered
from pipeline.cli.options import Json, Local, Profile, Region
from pipeline.errors import ExitCode, Finding, RunError, UsageError

if TYPE_CHECKING:
    from pipeline.data.check import Workspace
    from pipeline.data.dataset import DataSet
    from pipeline.data.quarantine import Moved, Quarantine
    from steps.validate.library import Judgement, Ledger, Settings

_SHOWN_MOVES = 10


def check(
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIR|s3://…]",
            help="Holds train/CLASS/… and validation/CLASS/…, or CLASS/… only; else the config's prefixes.",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The YAML file with the rules.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where report and lists go; else imgpipe's home.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="List what to do; deletes nothing.")] = False,
    quarantine: Annotated[
        str | None,
        typer.Option(metavar="DIR|s3://…", help="With --fix: move what cannot stay to this place."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Move without asking.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Look at all images again.")] = False,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Decodes every image and compares it with all others, as the step ValidateImages does.

    Ctrl-C loses nothing: the next check goes on. A check that was made before looks at new and changed images
    only. Exits with 1 if errors are found.
    """
    from pipeline.data.check import opened, workspace

    if quarantine is not None and not fix:
        raise UsageError(Finding("R217", "no-fix", "--quarantine needs --fix", hint="add --fix"))
    data, settings = find(Asked(place, config, local, profile, region))
    mover = _mover(data, quarantine, Asked(place, config, local, profile, region))
    at = workspace(home(os.environ), data, out)
    with (
        _telling_if_interrupted(fresh=fresh),
        opened(at, data, settings, fresh=fresh) as ledger,
        metered() as meter,
    ):
        task = _Task(ledger, data, settings, at, meter)
        judgement = task.check()
        if fix:
            _list(at)
            if mover and _move(task, mover, quarantine or "", yes=yes):
                judgement = task.check()
    if as_json:
        console.result_json(json.loads((at.report / "report.json").read_bytes()))
    else:
        show(judgement)
    console.note(f"report: {at.report / 'report.html'}")
    if not judgement.passed:
        raise typer.Exit(ExitCode.FAILED)


@contextmanager
def _telling_if_interrupted(*, fresh: bool) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        same = "the same command without --fresh" if fresh else "the same command"
        console.note(f"\ninterrupted; what was checked is kept, and {same} goes on from there")
        raise


@dataclass(frozen=True)
class _Task:
    ledger: Ledger
    data: DataSet
    settings: Settings
    at: Workspace
    meter: Meter

    def check(self) -> Judgement:
        from pipeline.data.check import check
        from steps.validate.library import cores

        return check(self.ledger, self.data, self.settings, self.at, cores(), self.meter)


def _mover(data: DataSet, quarantine: str | None, asked: Asked) -> Quarantine | None:
    """Before the check, so that a wrong place is told at once."""
    if quarantine is None:
        return None
    if quarantine.startswith("s3://"):
        from pipeline.data.s3_quarantine import s3_quarantine

        return s3_quarantine(asked.session(), data, quarantine)
    from pipeline.data.quarantine import folder_quarantine

    return folder_quarantine(data, Path(quarantine))


def _list(at: Workspace) -> None:
    from pipeline.data.removal import write_list

    file = at.report / "fix.tsv"
    count = write_list(at.report / "problems.jsonl", file)
    console.note(f"what to do about {count:,} problem{'s' * (count != 1)}: {file}")


def _move(task: _Task, mover: Quarantine, to: str, *, yes: bool) -> bool:
    """Moves what cannot stay; returns whether anything was moved."""
    from pipeline.data.quarantine import count_moved, taken
    from pipeline.data.removal import going, plan
    from steps.validate.library import visible

    count = plan(task.at.report / "problems.jsonl", task.ledger)
    if not count:
        console.note("no file has to go")
        return False
    console.note(f"{count:,} file{'s' * (count != 1)} would move to {to}:")
    for number, file in enumerate(going(task.ledger)):
        if number == _SHOWN_MOVES:
            console.note(f"  … and {count - _SHOWN_MOVES:,} more: see {task.at.report / 'fix.tsv'}")
            break
        console.note(f"  {visible(f'{file.split}/{file.path}')}")
    if not yes and not console.confirm("Move them?"):
        console.note("nothing was moved; --yes moves without asking")
        return False
    moved = count_moved(console.progress(taken(mover, going(task.ledger)), count, "moving"))
    if moved.moved:
        console.note(f"moved {moved.moved:,}; to put them back: {mover.way_back()}")
    if moved.left:
        raise RunError(_left(moved))
    return True


def _left(moved: Moved) -> Finding:
    lines = [*moved.reasons, *([f"… and {more:,} more"] if (more := moved.left - len(moved.reasons)) else [])]
    again = "then run it again" if moved.remedies else "run it again"
    return Finding(
        "R218",
        "not-moved",
        f"{moved.left:,} of {moved.moved + moved.left:,} files stayed where they were",
        details=tuple(("files" if number == 0 else "", line) for number, line in enumerate(lines)),
        hint=f"{'; '.join((*moved.remedies, again))} to go on with the rest",
    )
