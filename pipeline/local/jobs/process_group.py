"""A process group that is signalled as a whole."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

from pipeline.local.jobs.supervisor import descendants


class ProcessGroup:
    """Signals a process group, as long as its number is its own.

    Args:
        number: The group's number.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._lock = threading.Lock()
        self._is_gone = False
        self._killer: threading.Timer | None = None
        self._kill_at = 0.0

    def terminate(self, grace: float) -> None:
        """Ask the group to end (SIGTERM), and kill it if it is not gone after `grace` seconds.

        Of several calls the earliest end of a grace counts.
        """
        self._signal(signal.SIGTERM)
        kill_at = time.monotonic() + grace
        with self._lock:
            if self._is_gone or (self._killer is not None and self._kill_at <= kill_at):
                return
            if self._killer is not None:
                self._killer.cancel()
            self._kill_at = kill_at
            self._killer = threading.Timer(grace, self.kill)
            self._killer.daemon = True
            self._killer.start()

    def kill(self) -> None:
        """End the group at once (SIGKILL), with what its processes started in groups of their own."""
        with self._lock:
            others = [] if self._is_gone else descendants(self.number)
        # The group first, and at once: its leader must not outlive the program and say how that ended.
        self._signal(signal.SIGKILL)
        for pid in others:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def kill_rest(self) -> None:
        """End what is left of the group when its leader has ended."""
        self._signal(signal.SIGKILL)

    def gone(self) -> None:
        """Signal it no more: its number may soon be another's."""
        with self._lock:
            self._is_gone = True
            if self._killer is not None:
                self._killer.cancel()

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            if not self._is_gone:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.number, number)
