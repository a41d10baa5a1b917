"""CloudWatch Logs for the parts that run jobs: lines put into moto's logs in this process.

It leans on these internals of moto 5.2: `LogsBackend.ensure_log_group`, `ensure_log_stream`,
`delete_log_stream` and `put_log_events`, and the `events` of a stream of its `groups`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from moto.backends import get_backend
from moto.logs.exceptions import ResourceNotFoundException

GROUPS = {
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
}
"""The log group of each kind of job, as "Log Groups and Streams" in the SageMaker guide lists them."""

LARGEST = 32 * 1024 * 1024
"""Characters of one stream. CloudWatch Logs has no limit; here a stream lies in the server's memory."""

CUT = "(cut: imgpipe keeps no more than 32 MiB of a log stream; the program goes on)"

_log = logging.getLogger(__name__)


def endpoint_group(endpoint: str) -> str:
    """The log group of an endpoint."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


class LogWriter:
    """Writes the lines of one log stream, in order. For one thread at a time.

    Args:
        logs: Where to.
        group: Its log group.
        stream: Its name.
        skip: So many lines are there already, and come again first.
    """

    def __init__(self, logs: JobLogs, group: str, stream: str, skip: int = 0) -> None:
        self._logs = logs
        self._skip = skip
        self._last_ms = 0
        self._left = logs.largest
        self.group = group
        self.stream = stream

    def write(self, lines: Sequence[str]) -> None:
        """Add lines, all with the present time. A failure is logged: a job does not end for its log."""
        lines = self._bounded(lines)
        skipped = min(self._skip, len(lines))
        self._skip -= skipped
        lines = lines[skipped:]
        if not lines:
            return
        # CloudWatch sorts by time: a clock that was set back must not shuffle the lines.
        self._last_ms = max(self._last_ms, int(self._logs.clock() * 1000))
        events = [{"timestamp": self._last_ms, "message": line} for line in lines]
        try:
            self._logs.put(self.group, self.stream, events)
        except Exception:
            _log.exception("cannot write to log stream %s of %s", self.stream, self.group)

    def _bounded(self, lines: Sequence[str]) -> Sequence[str]:
        """What still fits; the last line that does says that the rest is cut."""
        if self._left <= 0:
            return ()
        for number, line in enumerate(lines):
            self._left -= len(line) + 1
            if self._left <= 0:
                return [*lines[:number], CUT]
        return lines


class RotatingWriter(LogWriter):
    """Writes the lines of a program that goes on for months: what is old goes, what is new is never cut.

    A stream that is full is followed by another, named `<first>-2`, `<first>-3` …; the newest two are kept.
    """

    def __init__(self, logs: JobLogs, group: str, stream: str) -> None:
        super().__init__(logs, group, stream)
        self._first = stream
        self._streams = [stream]
        self._number = 1

    def _bounded(self, lines: Sequence[str]) -> Sequence[str]:
        if self._left <= 0:
            self._rotate()
        self._left -= sum(len(line) + 1 for line in lines)
        return lines

    def _rotate(self) -> None:
        self._number += 1
        self._left = self._logs.largest
        self.stream = f"{self._first}-{self._number}"
        *old, newest = self._streams
        self._streams = [newest, self.stream]
        for stream in old:
            self._logs.remove(self.group, stream)


class JobLogs:
    """The CloudWatch Logs of one account and region.

    Args:
        account: The account's number.
        region: Its region.
        clock: Seconds since the epoch.
        keeping: A block that ends when what was written in it is kept.
        largest: Characters of a stream at most.
    """

    def __init__(
        self,
        account: str,
        region: str,
        clock: Callable[[], float] = time.time,
        keeping: Callable[[], AbstractContextManager[None]] = nullcontext,
        largest: int = LARGEST,
    ) -> None:
        self.largest = largest
        self._account = account
        self._region = region
        self._keeping = keeping
        self._making = threading.Lock()
        self.clock = clock

    def stream_of(self, job: str, host: str) -> str:
        """The name of a new stream for an instance of a job: `<job>/<host>-<seconds since the epoch>`."""
        return f"{job}/{host}-{int(self.clock())}"

    def open(self, group: str, stream: str) -> LogWriter:
        """Open a stream; it and its group are made if missing."""
        with self._keeping():
            self._ensure(group, stream)
        return LogWriter(self, group, stream)

    def open_endless(self, group: str, stream: str) -> RotatingWriter:
        """Open a stream for a program that goes on for months."""
        with self._keeping():
            self._ensure(group, stream)
        return RotatingWriter(self, group, stream)

    def remove(self, group: str, stream: str) -> None:
        """Remove a stream, unless somebody has done so."""
        with self._keeping(), suppress(ResourceNotFoundException):
            self._backend().delete_log_stream(group, stream)

    def reopen(self, group: str, stream: str) -> LogWriter:
        """Open a stream whose lines will all come again from the first."""
        with self._keeping():
            self._ensure(group, stream)
        found = self._backend().groups[group].streams[stream]
        return LogWriter(self, group, stream, skip=len(found.events))

    def put(self, group: str, stream: str, events: list[dict[str, Any]]) -> None:
        """Add events to a stream; it is made again if someone deleted it."""
        with self._keeping():
            self._ensure(group, stream)
            self._backend().put_log_events(group, stream, events)

    def _ensure(self, group: str, stream: str) -> None:
        # moto does not lock: two first streams of one group could each make a group of their own.
        with self._making:
            backend = self._backend()
            backend.ensure_log_group(group)
            backend.ensure_log_stream(group, stream)

    def _backend(self) -> Any:
        return get_backend("logs")[self._account][self._region]
