"""Fills a ledger: lists the files of all splits and inspects those of which nothing is known yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from steps.validate.facts import Facts
from steps.validate.inspection import inspect
from steps.validate.ledger import Ledger
from steps.validate.progress import Progress
from steps.validate.settings import Settings
from steps.validate.source import Entry, Source

_KEPT_AT_ONCE = 512


def survey(
    ledger: Ledger, sources: Mapping[str, Source], settings: Settings, jobs: int, progress: Progress
) -> None:
    """Lists and inspects. What was kept before it ends early is not done again by the next one.

    Args:
        ledger: Where to keep what is found out.
        sources: Where the files are, by split.
        settings: The rules.
        jobs: How many processes may work at once.
        progress: Is told of every file that is inspected.

    Raises:
        ProgramError: A source cannot be read at all, or the processes cannot be kept alive.
    """
    for split, source in sources.items():
        ledger.list_entries(split, source.entries())
        progress.begin(f"{split} images", sum(1 for _ in ledger.uninspected(split)))
        inspected = inspect(source, ledger.uninspected(split), settings, jobs, progress)
        for batch in _batches(inspected):
            ledger.keep(split, batch)
        progress.end()


def _batches(inspected: Iterator[tuple[Entry, Facts]]) -> Iterator[list[tuple[Entry, Facts]]]:
    while batch := list(islice(inspected, _KEPT_AT_ONCE)):
        yield batch
