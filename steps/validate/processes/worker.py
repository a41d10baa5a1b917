"""One worker process, from the inside and from the outside; `workers` has many of them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from steps.container import ProgramError

Item = TypeVar("Item")
Result = TypeVar("Result")
_Taken_contra = TypeVar("_Taken_contra", contravariant=True)
_Given_co = TypeVar("_Given_co", covariant=True)

# Spawned, because a forked copy of a program with threads may hang.
_CONTEXT = multiprocessing.get_context("spawn")


class Mark:
    """Where a worker says how far it is, for the process that watches it."""

    def __init__(self) -> None:
        """Makes it in memory that both processes see."""
        self._begun = _CONTEXT.RawValue("q", 0)
        self._working = _CONTEXT.RawValue("b", 0)

    def fetching(self) -> None:
        """The next item is fetched: this may crash, and take its time."""
        self._working.value = 0
        self._begun.value += 1

    def working(self) -> None:
        """The work on the item begins, which has a time limit."""
        self._working.value = 1

    def resting(self) -> None:
        """The work on the chunk is done."""
        self._working.value = 0

    @property
    def begun(self) -> int:
        """Items begun so far."""
        return int(self._begun.value)

    @property
    def item(self) -> int | None:
        """The item that is worked on, counted from 1; None while there is none."""
        return self.begun if self._working.value else None


class Task(Protocol[_Taken_contra, _Given_co]):
    """What is done in the workers. It is pickled into them."""

    def start(self, mark: Mark) -> Callable[[Sequence[_Taken_contra]], Sequence[_Given_co]]:
        """What works on one chunk after the other and returns one result an item.

        It calls `mark.fetching` before each item and `mark.working` once it has it. A ProgramError ends all.
        """


@dataclass(frozen=True)
class Failure:
    """An error that is no item's, told by a worker: a message for users, or the traceback of our bug."""

    text: str
    ours: bool


@dataclass
class Worker(Generic[Item]):
    """A worker as the process that watches it sees it.

    Attributes:
        process: The process.
        pipe: Chunks go in. Out come None once it is ready, and the results of each chunk; or a Failure.
        mark: How far it is.
        queue: The chunks that it was given and has not answered.
        finished: Items of those that it has answered.
        ready: Whether it has started.
    """

    process: Any
    pipe: Connection
    mark: Mark
    queue: deque[Sequence[Item]] = field(default_factory=deque)
    finished: int = 0
    ready: bool = False
    _item: int | None = None
    _since: float = 0.0

    def give(self, chunk: Sequence[Item]) -> None:
        """Queues a chunk."""
        self.queue.append(chunk)
        # Of a worker that is dead one hears next, and sees then what is in its queue.
        with suppress(OSError):
            self.pipe.send(chunk)

    def is_late(self, now: float, seconds: float) -> bool:
        """Whether it was seen to work on one item for longer than that."""
        item = self.mark.item
        if item is None or item != self._item:
            self._item, self._since = item, now
        return item is not None and now - self._since > seconds

    def end(self, patience: float = 0.0) -> int | None:
        """Ends it, unless it ends by itself within so many seconds; returns its exit code."""
        self.process.join(patience)
        self.process.kill()
        self.process.join()
        exit_code: int | None = self.process.exitcode
        self.process.close()
        self.pipe.close()
        return exit_code


def start_worker(task: Task[Item, Result], most_bytes: int) -> Worker[Item]:
    """Starts a process for a task.

    Args:
        task: What it does with each chunk.
        most_bytes: Of address space that it may take beyond what it has at its start. Linux only.
    """
    here, there = _CONTEXT.Pipe()
    mark = Mark()
    process = _CONTEXT.Process(target=_serve, args=(there, task, mark, most_bytes), daemon=True)
    with _interrupts_held():
        process.start()
    # So that the pipe ends with the process.
    there.close()
    return Worker(process, here, mark)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes that are started meanwhile never see Ctrl-C, which goes to all processes of a terminal."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Or it would be started with the first process, and let interrupts through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, task: Task[Item, Result], mark: Mark, most_bytes: int) -> None:
    """The life of a worker."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        handle = task.start(mark)
        # What was loaded stays: no need to look for garbage in it again and again.
        gc.freeze()
        _limit_memory(most_bytes)
        pipe.send(None)
        while True:
            chunk = pipe.recv()
            results = handle(chunk)
            mark.resting()
            pipe.send(results)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        # Nobody waits for results any more.
        return
    except ProgramError as error:
        pipe.send(Failure(str(error), ours=False))
    except Exception:
        pipe.send(Failure(traceback.format_exc(), ours=True))


def _die_with_parent() -> None:
    """Ends this process, even in the middle of an image, once the one that watches it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _limit_memory(most_bytes: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + most_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
