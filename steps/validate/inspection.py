"""Reads, decodes and looks at every image of all splits on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from steps.validate.images.facts import Facts, Flaw
from steps.validate.processes.worker import Mark
from steps.validate.processes.workers import Done, Limits, work
from steps.validate.progress import Progress
from steps.validate.sources.source import Entry, Source

# More would be lost with a worker, and hardly be faster.
_CHUNK = 128

LIMITS = Limits(seconds=30.0, bytes=3 << 30)
"""An image of MAX_PIXELS takes a few seconds, and 1.5 GB where it is a progressive JPEG in four colours."""

_CHUNK_BYTES = 64 << 20
"""A chunk is no longer than this many bytes, as a reader may read all of it at once."""

File = tuple[str, Entry]
"""A file and the split that it is of."""


@dataclass(frozen=True)
class Inspection:
    """The task of the workers: files of some sources in, one Facts a file out. A chunk is of one split.

    Attributes:
        sources: Where the files are, by split.
        smallest: Least (width, height) of an image, or None when any size will do.
        sample: Measure the colours of training images whose digest is less: see
            `steps.validate.images.sampling`.
    """

    sources: Mapping[str, Source]
    smallest: tuple[int, int] | None
    sample: bytes

    def start(self, mark: Mark) -> Callable[[Sequence[File]], Sequence[Facts]]:
        """See Task."""
        # NumPy reads it once, when it is loaded. Its threads would only take time from the other workers.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # In the workers only: decoders take long to load, and the process that watches needs none.
        from steps.validate.images.examination import Examination

        examine = {
            split: Examination(source, self.smallest, self.sample if split == "train" else b"").start(mark)
            for split, source in self.sources.items()
        }
        return lambda chunk: examine[chunk[0][0]]([entry for _, entry in chunk])


def inspect(
    task: Inspection, wanted: Iterable[File], jobs: int, progress: Progress
) -> Iterator[tuple[str, list[tuple[Entry, Facts]]]]:
    """Reads, decodes and looks at files, in processes of their own even if they are few: input is untrusted.

    A file whose decoding crashes, takes more than LIMITS or is killed, twice, costs that file only.

    Args:
        task: What to look for, and where.
        wanted: Those to inspect, files only. Few are taken ahead of those that are done.
        jobs: How many processes may work at once.
        progress: Is told of every file that is done; the caller begins and ends the task.

    Yields:
        A split and some of its files, each with what was found, in any order. All processes end with the
        iterator, however it ends.

    Raises:
        ProgramError: A source cannot be read at all, or the processes cannot be kept alive.
    """
    with closing(work(task, _chunks(wanted), jobs, LIMITS)) as results:
        for result in results:
            if isinstance(result, Done):
                files, found = result.items, result.results
            else:
                files, found = [result.item], [Facts(flaw=Flaw("unreadable-image", result.reason))]
            yield files[0][0], [(entry, facts) for (_, entry), facts in zip(files, found, strict=True)]
            progress.advance(len(files))


def _chunks(files: Iterable[File]) -> Iterator[list[File]]:
    chunk: list[File] = []
    size = 0
    for file in files:
        split, entry = file
        full = len(chunk) == _CHUNK or size + entry.size > _CHUNK_BYTES
        if chunk and (full or chunk[0][0] != split):
            yield chunk
            chunk, size = [], 0
        chunk.append(file)
        size += entry.size
    if chunk:
        yield chunk
