"""A model's server: a program that answers /ping and /invocations on a port of its own."""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from pipeline.local.jobs.connections import LOOPBACK, Answer, Call, Connections, NoAnswer, TooSlow
from pipeline.local.jobs.folder import CONTAINER_ROOT
from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.process import Command, LineReader, Process

PING_TIMEOUT = 2.0
"""Seconds for an answer to a ping ("How Your Container Should Respond to Health Check (Ping) Requests")."""

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.2
_DYING_S = 1.0


_SAID_LINES = 3
"""Lines of a server that ended: with Python the place in its program, what stands there, and the error."""


class NotReady(Exception):
    """A server does not answer its ping.

    Attributes:
        what: What it did instead.
        said: The last lines that it wrote before it ended; empty if it did not end.
    """

    def __init__(self, what: str, said: str = "") -> None:
        super().__init__(f"{what}: {said}" if said else what)
        self.what = what
        self.said = said


class ServerProcess:
    """A running server. Its program starts with its creation.

    The port is free and reserved: this process keeps a socket bound to it until the server answers. The
    server's own socket needs SO_REUSEADDR for that, which every usual server sets.

    Args:
        command: What to start, given the port.
        read_lines: Takes the lines of its output.
        guardian: Ends it with this process.

    Raises:
        NotStarted: There is no such program, or it may not be executed.
    """

    def __init__(self, command: Callable[[int], Command], read_lines: LineReader, guardian: Guardian) -> None:
        self._reservation = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._reservation.bind((LOOPBACK, 0))
            self.port: int = self._reservation.getsockname()[1]
            started = command(self.port)
            self._said = _LastLines(read_lines, started.environment.get("SAGEMAKER_BASE_DIR"))
            self.process = Process(started, self._said, guardian)
        except BaseException:
            self._reservation.close()
            raise
        self._connections = Connections(self.port)

    def wait_ready(self, timeout: float) -> None:
        """Wait until it answers its ping with 200.

        Args:
            timeout: Seconds.

        Raises:
            NotReady: It ended, or did not answer so in time.
        """
        deadline = time.monotonic() + timeout
        pause = _FIRST_PAUSE
        last = "nothing"
        while True:
            try:
                status = self._connections.send(Call("GET", "/ping", PING_TIMEOUT)).status
                last = f"status {status}"
            except NoAnswer as error:
                status, last = 0, str(error)
            if status == 200:
                self._reservation.close()
                return
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotReady(f"it did not answer GET /ping with 200 within {timeout:g} s (last: {last})")
            # Its end wakes us at once; a port that opens cannot.
            if (code := self.process.wait(min(pause, left))) is not None:
                what = f"it ended with exit code {code} before it answered GET /ping"
                raise NotReady(what, self._said.text())
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def send(self, call: Call) -> Answer:
        """Send a request.

        Raises:
            NoAnswer: There is no answer; if the server has ended, the text has its exit code.
        """
        try:
            return self._connections.send(call)
        except TooSlow:
            raise
        except NoAnswer as error:
            # A broken connection is mostly the first sign of its end, which takes a moment to be known.
            code = self.process.wait(_DYING_S)
            if code is None:
                raise
            raise NoAnswer(f"the server ended with exit code {code}") from error

    def stop(self, grace: float) -> None:
        """Ask it to end, kill it after `grace` seconds; returns when it is gone."""
        self.process.terminate(grace)
        self._gone()

    def kill(self) -> None:
        """End it at once; returns when it is gone."""
        self.process.kill()
        self._gone()

    def _gone(self) -> None:
        self.process.wait()
        self._connections.close()
        with suppress(OSError):
            self._reservation.close()


class _LastLines:
    """Passes lines on, and keeps the last ones, with paths as a container has them."""

    def __init__(self, read_lines: LineReader, base: str | None) -> None:
        self._read_lines = read_lines
        self._base = base
        self._last: deque[str] = deque(maxlen=_SAID_LINES)

    def __call__(self, lines: Sequence[str]) -> None:
        self._last.extend(line for line in lines if line.strip(" ^~"))
        self._read_lines(lines)

    def text(self) -> str:
        text = "\n".join(self._last).strip()
        return text.replace(self._base, CONTAINER_ROOT) if self._base else text
