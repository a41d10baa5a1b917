"""Work on untrusted input in processes of its own: what kills or hangs one of them costs one item.

Processes, not threads: a decoder that crashes takes its process along, and Pillow holds the interpreter's
lock while it reads headers. Spawned, because a forked copy of a program with threads may hang.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from steps.container import ProgramError

Item = TypeVar("Item")
Result = TypeVar("Result")
_Taken_contra = TypeVar("_Taken_contra", contravariant=True)
_Given_co = TypeVar("_Given_co", covariant=True)

_CONTEXT = multiprocessing.get_context("spawn")
# One chunk is worked on while the next one waits, so that no worker waits for this process.
_QUEUE = 2
_POLL_SECONDS = 0.5
# A worker that dies with no item begun did not die of one. So often that is bad luck.
_MOST_IDLE_DEATHS = 3


@dataclass(frozen=True)
class Limits:
    """What one item may take.

    Attributes:
        seconds: From the mark that its work has begun to the next item.
        bytes: Of address space of a worker, beyond what it has at its start. Linux only.
    """

    seconds: float
    bytes: int


class Mark:
    """Where a worker says how far it is, for the process that watches it."""

    def __init__(self) -> None:
        """Makes it in memory that both processes see."""
        self._begun = _CONTEXT.RawValue("q", 0)

    def fetching(self) -> None:
        """The next item is fetched: it may crash, and take its time."""
        self._begun.value = (self._begun.value | 1) + 1

    def working(self) -> None:
        """The work on the item begins, which has a time limit."""
        self._begun.value |= 1

    @property
    def count(self) -> int:
        """Items begun so far."""
        return int(self._begun.value) // 2

    @property
    def state(self) -> int:
        """Odd during work; another one for every item."""
        return int(self._begun.value)


class Task(Protocol[_Taken_contra, _Given_co]):
    """What is done in the workers. It is pickled into them."""

    def start(self, mark: Mark) -> Callable[[Sequence[_Taken_contra]], Sequence[_Given_co]]:
        """What works on one chunk after the other and returns one result an item.

        It calls `mark.fetching` before each item and `mark.working` once it has it. A ProgramError ends all.
        """


@dataclass(frozen=True)
class Done(Generic[Item, Result]):
    """A chunk and its results."""

    items: Sequence[Item]
    results: Sequence[Result]


@dataclass(frozen=True)
class Lost(Generic[Item]):
    """An item that took its worker down, and how."""

    item: Item
    reason: str


@dataclass(frozen=True)
class _Failure:
    """An error that is no item's, told by a worker: a message for users, or the traceback of our bug."""

    text: str
    ours: bool


def cores() -> int:
    """Cores that this process may use, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work(
    task: Task[Item, Result], chunks: Iterator[Sequence[Item]], jobs: int, limits: Limits
) -> Generator[Done[Item, Result] | Lost[Item], None, None]:
    """Works on chunks in at most `jobs` processes and yields what comes of them, in any order.

    Takes no more chunks than are worked on or wait for it: two a worker. All workers end with the iterator,
    however it ends. Chunks that shared a worker with a lost item are worked on again.

    Raises:
        ProgramError: A worker said so, or workers cannot be kept alive.
        RuntimeError: A worker had a bug; the text is its traceback.
    """
    crew = _Crew(task, chunks, jobs, limits)
    try:
        yield from crew.run()
    finally:
        crew.dismiss()


@dataclass
class _Worker(Generic[Item]):
    """One process, from the outside."""

    process: Any
    pipe: Connection
    mark: Mark
    queue: deque[Sequence[Item]] = field(default_factory=deque)
    ready: bool = False
    finished: int = 0
    state: int = 0
    since: float = 0.0

    def is_late(self, now: float, seconds: float) -> bool:
        """Whether it has worked on one item for longer than that."""
        state = self.mark.state
        if state != self.state:
            self.state, self.since = state, now
        return state % 2 == 1 and now - self.since > seconds

    def end(self) -> None:
        """Kills it, if it lives still."""
        self.process.kill()
        self.process.join()
        self.process.close()
        self.pipe.close()


class _Crew(Generic[Item, Result]):
    def __init__(
        self, task: Task[Item, Result], chunks: Iterator[Sequence[Item]], jobs: int, limits: Limits
    ) -> None:
        self._task, self._chunks, self._limits = task, chunks, limits
        self._jobs = jobs
        self._workers: list[_Worker[Item]] = []
        self._again: deque[Sequence[Item]] = deque()
        self._idle_deaths = 0

    def run(self) -> Iterator[Done[Item, Result] | Lost[Item]]:
        self._hire()
        while self._workers:
            heard = wait([worker.pipe for worker in self._workers], _POLL_SECONDS)
            for worker in [each for each in self._workers if each.pipe in heard]:
                yield from self._hear(worker)
            now = time.monotonic()
            for worker in [each for each in self._workers if each.is_late(now, self._limits.seconds)]:
                yield from self._bury(worker, f"not decoded within {self._limits.seconds:g} s")
            self._hire()

    def dismiss(self) -> None:
        while self._workers:
            self._workers.pop().end()

    def _hire(self) -> None:
        """Starts workers as long as there are chunks for them, and lets those go that have none."""
        while len(self._workers) < self._jobs and (chunk := self._next()) is not None:
            self._workers.append(self._start())
            self._give(self._workers[-1], chunk)
        for worker in [each for each in self._workers if not each.queue]:
            self._workers.remove(worker)
            worker.end()

    def _start(self) -> _Worker[Item]:
        here, there = _CONTEXT.Pipe()
        mark = Mark()
        process = _CONTEXT.Process(
            target=_serve, args=(there, self._task, mark, self._limits.bytes), daemon=True
        )
        process.start()
        # So that the pipe ends with the process.
        there.close()
        return _Worker(process, here, mark)

    def _next(self) -> Sequence[Item] | None:
        return self._again.popleft() if self._again else next(self._chunks, None)

    def _give(self, worker: _Worker[Item], chunk: Sequence[Item]) -> None:
        worker.queue.append(chunk)
        # A dead worker's pipe is heard of next, and its chunks are worked on again.
        with suppress(OSError):
            worker.pipe.send(chunk)

    def _hear(self, worker: _Worker[Item]) -> Iterator[Done[Item, Result] | Lost[Item]]:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._bury(worker)
            return
        if isinstance(message, _Failure):
            raise RuntimeError(message.text) if message.ours else ProgramError(message.text)
        if not worker.ready:
            worker.ready = True
        else:
            chunk = worker.queue.popleft()
            worker.finished += len(chunk)
            self._fill(worker)
            yield Done(chunk, message)
            return
        self._fill(worker)

    def _fill(self, worker: _Worker[Item]) -> None:
        while len(worker.queue) < _QUEUE and (chunk := self._next()) is not None:
            self._give(worker, chunk)

    def _bury(self, worker: _Worker[Item], reason: str = "") -> Iterator[Lost[Item]]:
        """Puts aside a worker that died, or is about to, and the item that it died of."""
        self._workers.remove(worker)
        worker.process.kill() if reason else worker.process.join()
        exit_code = worker.process.exitcode
        begun = worker.mark.count - worker.finished
        worker.end()
        if begun < 1 or not worker.queue:
            self._count_idle_death(exit_code)
        else:
            chunk = worker.queue.popleft()
            yield Lost(chunk[begun - 1], reason or _cause(exit_code))
            rest = [*chunk[: begun - 1], *chunk[begun:]]
            if rest:
                self._again.append(rest)
        self._again.extend(worker.queue)

    def _count_idle_death(self, exit_code: int | None) -> None:
        self._idle_deaths += 1
        if self._idle_deaths > _MOST_IDLE_DEATHS:
            raise ProgramError(
                f"the processes that decode images die at once: {_cause(exit_code)}\n"
                "  hint: give the machine more memory, such as by a larger validate.instance_type"
            )


def _cause(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"its decoder ended with status {exit_code}"
    name = signal.Signals(-exit_code).name
    return (
        "its decoder was killed, mostly for want of memory"
        if name == "SIGKILL"
        else f"its decoder crashed ({name})"
    )


def _serve(pipe: Connection, task: Task[Item, Result], mark: Mark, most_bytes: int) -> None:
    """The life of a worker."""
    # Ctrl-C reaches all processes of a terminal; the one that watches this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A pipe that breaks means that nobody waits for results any more.
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            handle = task.start(mark)
            _limit_memory(most_bytes)
            pipe.send(None)
            while True:
                pipe.send(handle(pipe.recv()))
        except ProgramError as error:
            pipe.send(_Failure(str(error), ours=False))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception:
            pipe.send(_Failure(traceback.format_exc(), ours=True))


def _limit_memory(most_bytes: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + most_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
