"""How far a long task has come."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from steps.validate.wording import grouped

PROGRESS_SECONDS = 5.0
"""Long enough not to flood the log, short enough to show that the job lives."""

_log = logging.getLogger(__name__)


class Progress(Protocol):
    """Is told how far a task has come."""

    def begin(self, task: str, total: int) -> None:
        """A task begins.

        Args:
            task: What is done, such as "train: images".
            total: How many there are to do.
        """

    def advance(self, done: int) -> None:
        """So many more are done."""

    def end(self) -> None:
        """The task is done."""


@dataclass
class LogProgress:
    """Logs a line every PROGRESS_SECONDS, and one at the end of a task.

    Attributes:
        clock: Seconds that only grow, such as time.monotonic.
    """

    clock: Callable[[], float]
    _task: str = field(default="", init=False)
    _total: int = field(default=0, init=False)
    _done: int = field(default=0, init=False)
    _begun: float = field(default=0.0, init=False)
    _told: float = field(default=0.0, init=False)

    def begin(self, task: str, total: int) -> None:
        """See Progress."""
        self._task, self._total, self._done = task, total, 0
        self._begun = self._told = self.clock()

    def advance(self, done: int) -> None:
        """See Progress."""
        self._done += done
        now = self.clock()
        if now - self._told < PROGRESS_SECONDS:
            return
        self._told = now
        rate = self._done / (now - self._begun)
        left = duration((self._total - self._done) / rate) if rate else "unknown"
        _log.info(
            "%s: %s of %s (%s/s, %s left)",
            self._task,
            grouped(self._done),
            grouped(self._total),
            grouped(round(rate)),
            left,
        )

    def end(self) -> None:
        """See Progress."""
        took = self.clock() - self._begun
        rate = f" ({grouped(round(self._done / took))}/s)" if took > 0 else ""
        _log.info("%s: %s in %.1f s%s", self._task, grouped(self._done), took, rate)


def duration(seconds: float) -> str:
    """Seconds for people, such as "12 s", "3 min 20 s" or "1 h 5 min"."""
    whole = round(max(seconds, 0))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
