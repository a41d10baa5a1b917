"""Decodes every image of a split on all cores."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path

from steps.container import ProgramError
from steps.validate.decode import inspect_image
from steps.validate.examination import Examination
from steps.validate.facts import Facts, Flaw
from steps.validate.progress import Progress
from steps.validate.settings import Settings
from steps.validate.source import Entry, Source
from steps.validate.wording import grouped
from steps.validate.workers import Done, Limits, work

PROGRESS_SECONDS = 5.0
"""Long enough not to flood the log, short enough to show that the job lives."""

_CHUNK = 64
# Below this, starting processes takes longer than decoding.
_WORTH_PROCESSES = 2048

LIMITS = Limits(seconds=30.0, bytes=3 << 30)
"""An image of MAX_PIXELS takes a few seconds, and 1.5 GB where it is a progressive JPEG in four colours."""

_CHUNK_BYTES = 64 << 20
"""A chunk is no longer than this many bytes, as a reader may read all of it at once."""

_log = logging.getLogger(__name__)


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


def inspect_images(
    split: str,
    root: Path,
    files: Sequence[str],
    smallest: tuple[int, int] | None,
    jobs: int,
    clock: Callable[[], float],
) -> dict[str, Flaw]:
    """Decodes files and returns the flaws by path, logging progress with a rate every PROGRESS_SECONDS.

    Args:
        split: Its name, for the log.
        root: The folder that `files` are relative to.
        files: Paths relative to `root`.
        smallest: Least (width, height) in pixels, or None when any size will do.
        jobs: How many processes may decode at once.
        clock: Seconds that only grow, such as time.monotonic.

    Raises:
        ProgramError: A decoding process was killed.
    """
    flaws: dict[str, Flaw] = {}
    started = told = clock()
    done = 0
    for inspected, found in _chunks_inspected(root, files, smallest, jobs):
        flaws.update(found)
        done += inspected
        now = clock()
        if now - told >= PROGRESS_SECONDS:
            told = now
            _log.info("%s: decoded %s of %s", split, grouped(done), _amount(len(files), done, now - started))
    took = clock() - started
    _log.info("%s: decoded %s in %.1f s", split, _amount(done, done, took), took)
    return flaws


def _amount(images: int, done: int, seconds: float) -> str:
    rate = f" ({grouped(round(done / seconds))} images/s)" if seconds > 0 else ""
    return f"{grouped(images)} images{rate}"


def _chunks_inspected(
    root: Path, files: Sequence[str], smallest: tuple[int, int] | None, jobs: int
) -> Iterator[tuple[int, dict[str, Flaw]]]:
    chunks = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
    if jobs == 1 or len(files) < _WORTH_PROCESSES:
        for chunk in chunks:
            yield _inspect_chunk(root, chunk, smallest)
        return
    # Processes, not threads: Pillow holds the interpreter's lock while it reads headers, which caps threads
    # at a few cores. Spawned, because a forked copy of a program with threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(chunks)), mp_context=context) as pool:
        try:
            yield from pool.map(_inspect_chunk, [root] * len(chunks), chunks, [smallest] * len(chunks))
        except BrokenProcessPool as error:
            raise ProgramError(
                f"a process that decodes images under {root} was killed, mostly for want of memory\n"
                "  hint: take a larger validate.instance_type"
            ) from error


def _inspect_chunk(
    root: Path, chunk: Sequence[str], smallest: tuple[int, int] | None
) -> tuple[int, dict[str, Flaw]]:
    found = ((path, inspect_image(root / path, smallest)) for path in chunk)
    return len(chunk), {path: flaw for path, flaw in found if flaw is not None}
