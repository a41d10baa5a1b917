"""The check of a data set on this machine: the program of the step ValidateImages, without a job."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.data.dataset import DataSet
from pipeline.errors import Finding, RunError, UsageError
from steps.container import ProgramError
from steps.validate.library import FolderSource, Judgement, Ledger, Progress, Settings, judge, survey, unite


@dataclass(frozen=True)
class Workspace:
    """Where a check keeps what it finds out.

    Attributes:
        ledger: The file that a later check goes on with.
        out: Gets report/ and, if the images can be used, datasets/.
    """

    ledger: Path
    out: Path

    @property
    def report(self) -> Path:
        """The folder of the report."""
        return self.out / "report"


def workspace(home: Path, data: DataSet, out: Path | None) -> Workspace:
    """The place of what is known of a data set: one each below imgpipe's home.

    Args:
        home: Imgpipe's home.
        data: The data set.
        out: Where reports and lists are wanted; None for the same place.

    Raises:
        UsageError: Reports would lie among the images.
    """
    if out is not None and any(_is_inside(out, source) for source in data.sources.values()):
        raise UsageError(_among_images(out))
    own = home / "data-check" / data.key
    own.mkdir(parents=True, exist_ok=True)
    return Workspace(own / "images.ledger", (out or own).resolve())


@contextmanager
def opened(place: Workspace, data: DataSet, settings: Settings, *, fresh: bool = False) -> Iterator[Ledger]:
    """The ledger of a data set, with what is known of it, locked until the block ends.

    Args:
        place: Where it is.
        data: The data set.
        settings: The rules.
        fresh: Forget what is known.

    Raises:
        RunError: It cannot be opened, or a step that uses it failed.
    """
    try:
        with Ledger(place.ledger, data.uris, settings.inspection) as ledger:
            # Only now that it is locked: another run may have been at work in it.
            if fresh:
                ledger.change("DELETE FROM files")
            yield ledger
    except ProgramError as error:
        raise RunError(_failed(error)) from error


def check(
    ledger: Ledger, data: DataSet, settings: Settings, place: Workspace, jobs: int, progress: Progress
) -> Judgement:
    """Lists a data set, looks at what is new or changed, and writes reports and lists.

    Args:
        ledger: What is known.
        data: The data set.
        settings: The rules.
        place: Where to write.
        jobs: How many processes may decode at once.
        progress: Is told how far it is.

    Raises:
        ProgramError: The images cannot be listed or read at all.
    """
    look(ledger, data, settings, jobs, progress)
    if place.out == place.ledger.parent.resolve():
        # Lists of what the images once were would pile up here.
        shutil.rmtree(place.out / "datasets", ignore_errors=True)
    return judge(ledger, settings, place.out, data.sources)


def look(ledger: Ledger, data: DataSet, settings: Settings, jobs: int, progress: Progress) -> None:
    """Lists a data set and looks at what is new or changed."""
    if settings.validation_share is not None:
        # What an earlier check kept as validation images is not looked at again.
        unite(ledger)
    survey(ledger, data.sources, settings, jobs, progress)


def _is_inside(out: Path, source: object) -> bool:
    return isinstance(source, FolderSource) and out.resolve().is_relative_to(source.root)


def _among_images(out: Path) -> Finding:
    return Finding(
        "R213",
        "out-among-images",
        f"{out} lies among the images, where the next check would take it for some",
        hint="name another folder by --out",
    )


def _failed(error: ProgramError) -> Finding:
    message, _, hint = str(error).partition("\n  hint: ")
    return Finding("R214", "check-failed", message, hint=hint or None)
