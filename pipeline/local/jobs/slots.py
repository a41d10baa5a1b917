"""How many jobs run at once on this machine: the others wait, in the order in which they came."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

VARIABLE = "IMGPIPE_LOCAL_JOBS"
"""The most jobs at once; by default half as many as this machine has cores, and at least one.

Training jobs side by side on few cores are many times slower than one after the other.
"""


def most_jobs(environment: Mapping[str, str], cores: int | None = None) -> int:
    """How many jobs may run at once; a value that is no whole number from 1 on counts as none.

    Args:
        environment: Of the server.
        cores: Of this machine; None: look.
    """
    text = environment.get(VARIABLE, "")
    if text.isdecimal() and int(text) > 0:
        return int(text)
    return max(1, (cores or os.cpu_count() or 1) // 2)


def threads_each(most: int, cores: int | None = None) -> int:
    """How many threads a job takes, so that as many jobs as may run together take all the cores."""
    return max(1, (cores or os.cpu_count() or 1) // most)


def _ignore(_: str) -> None:
    return


class Slots:
    """Places for jobs that run.

    Args:
        most: How many there are.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._running = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def taken(
        self, is_ended: Callable[[], bool], on_wait: Callable[[str], None] = _ignore, *, at_once: bool = False
    ) -> Iterator[None]:
        """Run a job: wait for a place, and give it back at the end.

        Args:
            is_ended: Whether the job is to end before it has begun; then it waits no longer. `wake` makes
                it look again.
            on_wait: Told why if there is no place yet.
            at_once: Take a place even if there is none: the job runs already.
        """
        me = object()
        with self._changed:
            self._queue.append(me)
            waits = not at_once and not self._is_next(me)
        try:
            if waits:
                # Without the lock: what is told is written down, under other locks.
                on_wait(f"Waiting for a free slot: {self._most} of {self._most} jobs run ({VARIABLE})")
            with self._changed:
                self._changed.wait_for(lambda: at_once or is_ended() or self._is_next(me))
                self._running += 1
        finally:
            with self._changed:
                self._queue.remove(me)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _is_next(self, me: object) -> bool:
        return self._running < self._most and self._queue[0] is me

    def wake(self) -> None:
        """Let those who wait look whether they are to end."""
        with self._changed:
            self._changed.notify_all()
