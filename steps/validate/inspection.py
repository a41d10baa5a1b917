"""Reads, decodes and looks at every image of a split on all cores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

from steps.validate.examination import Examination
from steps.validate.facts import Facts, Flaw
from steps.validate.progress import Progress
from steps.validate.settings import Settings
from steps.validate.source import Entry, Source
from steps.validate.workers import Done, Limits, work

# More would be lost with a worker, and hardly be faster.
_CHUNK = 128

LIMITS = Limits(seconds=30.0, bytes=3 << 30)
"""An image of MAX_PIXELS takes a few seconds, and 1.5 GB where it is a progressive JPEG in four colours."""

_CHUNK_BYTES = 64 << 20
"""A chunk is no longer than this many bytes, as a reader may read all of it at once."""


def inspect(
    source: Source, entries: Iterable[Entry], rules: Settings, jobs: int, progress: Progress
) -> Iterator[tuple[Entry, Facts]]:
    """Reads, decodes and looks at files, in processes of their own even if they are few: input is untrusted.

    A file whose decoding crashes, takes more than LIMITS or is killed costs that file only.

    Args:
        source: Where the files are.
        entries: Those to inspect, files only. Few are taken ahead of those that are done.
        rules: Of them `smallest` and `sample`.
        jobs: How many processes may work at once.
        progress: Is told of every file that is done; the caller begins and ends the task.

    Yields:
        Each entry and what was found, in any order. All processes end with the iterator, however it ends.

    Raises:
        ProgramError: The source cannot be read at all, or the processes cannot be kept alive.
    """
    task = Examination(source, rules.smallest, rules.sample)
    with closing(work(task, _chunks(entries), jobs, LIMITS)) as results:
        for result in results:
            if isinstance(result, Done):
                yield from zip(result.items, result.results, strict=True)
                progress.advance(len(result.items))
            else:
                yield result.item, Facts(flaw=Flaw("unreadable-image", result.reason))
                progress.advance(1)


def _chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    chunk: list[Entry] = []
    size = 0
    for entry in entries:
        if chunk and (len(chunk) == _CHUNK or size + entry.size > _CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += entry.size
    if chunk:
        yield chunk
