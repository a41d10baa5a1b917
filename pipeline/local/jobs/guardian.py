"""Ends the programs of a server that is gone, so that none goes on with nobody to record it.

This file is also run by its path, as a small process of its own. That process learns the groups to watch
from its standard input, a line `+<group>` or `-<group>` each. Only the server holds the other end: when the
server ends, by `kill -9` too, the kernel closes it, and the guardian kills the groups that are left. Unlike
PR_SET_PDEATHSIG this takes whole groups, is not bound to the thread that starts them, and not to Linux.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable


class Guardian:
    """The server's end: starts the guarding process with the first group."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: set[int] = set()

    def watch(self, group: int) -> None:
        """Kill this process group when the server ends."""
        with self._lock:
            self._groups.add(group)
            if self._process is None or not self._tell(f"+{group}\n"):
                self._start()

    def forget(self, group: int) -> None:
        """The process group has ended: its number may soon be another's."""
        with self._lock:
            self._groups.discard(group)
            if self._process is not None and not self._tell(f"-{group}\n"):
                self._start()

    def close(self) -> None:
        """End the guarding process; groups that it still watches are killed."""
        with self._lock:
            if self._process is not None:
                self._process.communicate()
                self._process = None

    def _start(self) -> None:
        if self._process is not None:
            # Somebody killed the guardian; its successor learns all that it knew.
            self._process.communicate()
        # -I and -S: it imports nothing of this project and starts in milliseconds.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._tell("".join(f"+{group}\n" for group in sorted(self._groups)))

    def _tell(self, text: str) -> bool:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except OSError:
            return False
        return True


def guard(lines: Iterable[bytes]) -> None:
    """Keep the set of groups until the input ends, then kill what is left."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith(b"+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            continue


if __name__ == "__main__":
    # It must outlive the server, also when a whole terminal or service is told to end.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    guard(sys.stdin.buffer)
