"""Work on untrusted input in processes of its own: what crashes or hangs one of them costs one item.

Processes, not threads: a decoder that crashes takes its process along, and Pillow holds the interpreter's
lock while it reads headers.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Generic

from steps.container import ProgramError
from steps.validate.processes.worker import Failure, Item, Result, Task, Worker, start_worker

# One chunk is worked on while the next one waits, so that no worker waits for this process.
_QUEUE = 2
_POLL_SECONDS = 0.5
# From the end of its pipe to the end of a process that ends by itself.
_LAST_SECONDS = 5.0
KILLED = "its decoder was killed"
"""How the reason of an item begins whose worker got SIGKILL: mostly by the system, for want of memory."""

LATE = "not decoded within"
"""How the reason of an item begins that took too long: it may be the machine that was slow."""

# A worker that dies with no item begun did not die of one. So often in a row is no accident.
_MOST_IDLE_DEATHS = 3


@dataclass(frozen=True)
class Limits:
    """What one item may take.

    Attributes:
        seconds: From the mark that the work on it has begun.
        bytes: Of address space of a worker, beyond what it has at its start. Linux only.
    """

    seconds: float
    bytes: int


@dataclass(frozen=True)
class Done(Generic[Item, Result]):
    """A chunk and its results."""

    items: Sequence[Item]
    results: Sequence[Result]


@dataclass(frozen=True)
class Lost(Generic[Item]):
    """An item that took its worker down twice, the second time with nothing else in its chunk, and how."""

    item: Item
    reason: str


def cores() -> int:
    """Cores that this process may use, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work(
    task: Task[Item, Result], chunks: Iterator[Sequence[Item]], jobs: int, limits: Limits
) -> Generator[Done[Item, Result] | Lost[Item], None, None]:
    """Works on chunks in at most `jobs` processes and yields what comes of them, in any order.

    Takes no more chunks than are worked on or wait for it: two a worker. All workers end with the iterator,
    however it ends, and soon after this process if it is killed. Chunks that shared a worker with a lost item
    are worked on again, and so is the item itself, once: a machine short of memory kills whom it likes.

    Raises:
        ProgramError: A worker said so, or workers cannot be kept alive.
        RuntimeError: A worker had a bug; the text is its traceback.
    """
    crew = _Crew(task, chunks, jobs, limits)
    try:
        yield from crew.run()
    finally:
        crew.dismiss()


class _Crew(Generic[Item, Result]):
    def __init__(
        self, task: Task[Item, Result], chunks: Iterator[Sequence[Item]], jobs: int, limits: Limits
    ) -> None:
        self._task, self._chunks, self._limits = task, chunks, limits
        self._jobs = jobs
        self._workers: list[Worker[Item]] = []
        self._again: deque[Sequence[Item]] = deque()
        self._suspects: list[Sequence[Item]] = []
        self._idle_deaths = 0

    def run(self) -> Iterator[Done[Item, Result] | Lost[Item]]:
        self._hire()
        while self._workers:
            heard = wait([worker.pipe for worker in self._workers], _POLL_SECONDS)
            for worker in [each for each in self._workers if each.pipe in heard]:
                yield from self._hear(worker)
            now = time.monotonic()
            for worker in [each for each in self._workers if each.is_late(now, self._limits.seconds)]:
                worker.end()
                yield from self._bury(worker, f"{LATE} {self._limits.seconds:g} s")
            self._hire()

    def dismiss(self) -> None:
        while self._workers:
            self._workers.pop().end()

    def _hire(self) -> None:
        """Starts workers as long as there are chunks for them, and lets those go that have none."""
        while len(self._workers) < self._jobs and (chunk := self._next()) is not None:
            worker: Worker[Item] = start_worker(self._task, self._limits.bytes)
            self._workers.append(worker)
            worker.give(chunk)
        for worker in [each for each in self._workers if not each.queue]:
            self._workers.remove(worker)
            worker.end()

    def _next(self) -> Sequence[Item] | None:
        return self._again.popleft() if self._again else next(self._chunks, None)

    def _hear(self, worker: Worker[Item]) -> Iterator[Done[Item, Result] | Lost[Item]]:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            exit_code = worker.end(_LAST_SECONDS)
            yield from self._bury(worker, _cause(exit_code))
            return
        if isinstance(message, Failure):
            raise RuntimeError(message.text) if message.ours else ProgramError(message.text)
        if not worker.ready:
            worker.ready = True
            self._fill(worker)
            return
        self._idle_deaths = 0
        chunk = worker.queue.popleft()
        self._clear(chunk)
        worker.finished += len(chunk)
        self._fill(worker)
        yield Done(chunk, message)

    def _fill(self, worker: Worker[Item]) -> None:
        while len(worker.queue) < _QUEUE and (chunk := self._next()) is not None:
            worker.give(chunk)

    def _bury(self, worker: Worker[Item], reason: str) -> Iterator[Lost[Item]]:
        """Forgets a worker that has ended; its chunks are worked on again, but an item lost twice."""
        self._workers.remove(worker)
        begun = worker.mark.begun - worker.finished
        if begun < 1:
            self._idle_deaths += 1
            if self._idle_deaths > _MOST_IDLE_DEATHS:
                raise ProgramError(
                    f"the processes that decode images end at once: {reason}\n"
                    "  hint: take a machine with more memory, such as by a larger validate.instance_type"
                )
        else:
            chunk = worker.queue.popleft()
            rest = [*chunk[: begun - 1], *chunk[begun:]]
            if rest:
                self._again.append(rest)
            if self._clear(chunk):
                yield Lost(chunk[begun - 1], reason)
            else:
                suspect = [chunk[begun - 1]]
                self._suspects.append(suspect)
                self._again.append(suspect)
        self._again.extend(worker.queue)

    def _clear(self, chunk: Sequence[Item]) -> bool:
        """Forgets that a chunk is a second attempt; returns whether it was one."""
        # Chunks of equal items are not the same.
        place = next((place for place, each in enumerate(self._suspects) if each is chunk), None)
        if place is not None:
            del self._suspects[place]
        return place is not None


def _cause(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"its decoder ended with status {exit_code}"
    name = signal.Signals(-exit_code).name
    if name == "SIGKILL":
        return f"{KILLED}, mostly for want of memory"
    return f"its decoder crashed ({name})"
