"""Fills a ledger: lists the files of all splits and inspects those of which nothing is known yet."""

from __future__ import annotations

from collections.abc import Mapping

from steps.validate.images.sampling import forget_unmeasured, sample_below
from steps.validate.inspection import Inspection, inspect
from steps.validate.ledger.ledger import Ledger
from steps.validate.progress import Progress
from steps.validate.settings import Settings
from steps.validate.sources.source import Source


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
    sample = sample_below(ledger)
    forget_unmeasured(ledger, sample)
    progress.begin("images", sum(ledger.count_uninspected(split) for split in sources))
    # All splits together: starting the processes takes a while.
    files = ((split, entry) for split in sources for entry in ledger.uninspected(split))
    task = Inspection(sources, settings.smallest, sample)
    for split, found in inspect(task, files, jobs, progress):
        ledger.keep(split, found)
    progress.end()
