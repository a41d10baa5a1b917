"""A job's program, which goes on when the server is killed, and which the next server takes over."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from pipeline.local.jobs import supervisor
from pipeline.local.jobs.lines import LineSplitter
from pipeline.local.jobs.process import Command, LineReader, NotStarted
from pipeline.local.jobs.process_group import ProcessGroup
from pipeline.local.locks import hold, holding, is_held

_READ = 65536
# A file says nothing when it grows.
_LOOK_S = 0.05
_KILLED = 137
# Who asks whether it runs holds the lock for a moment.
_TRIES = 50

LARGEST_OUTPUT = 128 * 1024 * 1024
"""Bytes of output that stay in the file: more than a log stream takes. The rest is read, then dropped."""

_log = logging.getLogger(__name__)


class Supervised:
    """A running program under a supervisor.

    Its output goes to a file, from which this process reads it. When the program ends, the rest of its group
    is killed.

    Args:
        place: The folder of its files.
        group: Its process group, whose leader is the supervisor.
        child: The supervisor, if it is a child of this process.
        read_lines: Takes the lines of stdout and stderr, in order, in one thread.
    """

    def __init__(
        self, place: Place, group: int, child: subprocess.Popen[bytes] | None, read_lines: LineReader
    ) -> None:
        self._place = place
        self._group = ProcessGroup(group)
        self._child = child
        self._read_lines = read_lines
        self._ended = threading.Event()
        self._code = 0
        self._reader = threading.Thread(target=self._read, name=f"output-{group}", daemon=True)
        self._reader.start()
        threading.Thread(target=self._watch, name=f"watch-{group}", daemon=True).start()

    def wait(self) -> int:
        """Wait for its end; returns the exit code as a container's: 128 + n after signal n."""
        self._reader.join()
        return self._code

    def terminate(self, grace: float) -> None:
        """Ask it to end (SIGTERM), and kill it if it is not gone after `grace` seconds."""
        self._group.terminate(grace)

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._group.kill()

    def _watch(self) -> None:
        code = self._place.wait() if self._child is None else self._reap(self._child)
        self._group.gone()
        written = self._place.exit_code()
        self._code = code if written is None else written
        self._ended.set()

    def _reap(self, child: subprocess.Popen[bytes]) -> int:
        if hasattr(os, "waitid"):
            # Wait without reaping: the group's number stays ours until what is left of it is killed.
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            self._group.kill_rest()
        code = child.wait()
        return code if code >= 0 else 128 - code

    def _read(self) -> None:
        splitter = LineSplitter()
        with self._place.output.open("rb") as output:
            has_ended = False
            while not has_ended:
                has_ended = self._ended.wait(_LOOK_S)
                # No further than it is long now, should a stranger write on.
                left = os.fstat(output.fileno()).st_size - output.tell()
                while left > 0 and (data := output.read(min(_READ, left))):
                    left -= len(data)
                    self._deliver(splitter.feed(data))
                if output.tell() > LARGEST_OUTPUT:
                    # The program appends: it goes on where the file now ends.
                    os.truncate(self._place.output, LARGEST_OUTPUT)
                    output.seek(LARGEST_OUTPUT)
        self._deliver(splitter.flush())

    def _deliver(self, lines: list[str]) -> None:
        try:
            if lines:
                self._read_lines(lines)
        except Exception:
            # Whoever reads the lines must not stop the reading.
            _log.exception("cannot take the output in %s", self._place.output)


def _new(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


class Place:
    """The files of a supervised program.

    Args:
        folder: The folder that holds them; no other program's.
    """

    def __init__(self, folder: Path) -> None:
        self._running = folder / "running"
        self._exit = folder / "exit"
        self.output = folder / "output.log"

    def is_left(self) -> bool:
        """Whether a program of a server before this one runs, or has ended by itself."""
        # In this order: one that ends meanwhile writes its exit code before it lets the lock go.
        return (self._running.exists() and is_held(self._running)) or self._exit.exists()

    def is_lost(self) -> bool:
        """Whether a program has run that was killed with its supervisor: nobody knows how far it came."""
        return not self.is_left() and self._running.exists() and self._running.read_text() != ""

    def started(self) -> float:
        """When the program was started, in seconds since the epoch."""
        return self._running.stat().st_mtime

    def exit_code(self) -> int | None:
        """The program's exit code; None if it has not ended by itself."""
        try:
            return int(self._exit.read_text())
        except FileNotFoundError:
            return None

    def start(self, command: Command, read_lines: LineReader) -> Supervised:
        """Start a program.

        Raises:
            NotStarted: It cannot be started at all. One that is not found is: it ends with exit code 127.
            OSError: Its files cannot be made.
        """
        lock = hold(self._running, _TRIES)
        try:
            with open(self.output, "ab", opener=_new) as output:
                child = self._popen(command, lock, output)
        finally:
            os.close(lock)
        return Supervised(self, child.pid, child, read_lines)

    def _popen(self, command: Command, lock: int, output: IO[bytes]) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-I", "-S", supervisor.__file__, str(lock), str(self._exit)]
        try:
            return subprocess.Popen(
                [*arguments, *command.arguments],
                cwd=command.folder,
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock],
            )
        except (OSError, ValueError) as error:
            raise NotStarted(command.arguments[0], error) from error

    def adopt(self, read_lines: LineReader) -> Supervised:
        """Take over the program that `is_left`; its output is read from its beginning."""
        while not (text := self._running.read_text()):
            # Its supervisor holds the lock, and has only just been started.
            time.sleep(_LOOK_S)
        return Supervised(self, int(text), None, read_lines)

    def wait(self) -> int:
        """Wait until the supervisor is gone; returns the exit code of a program that was killed with it."""
        with holding(self._running):
            return _KILLED

    def kill(self) -> None:
        """End the program, if it runs; for when no server watches it. Returns when it is gone."""
        while self._running.exists() and is_held(self._running):
            if text := self._running.read_text():
                # It holds its lock still, so the number is its own.
                ProcessGroup(int(text)).kill()
            time.sleep(0.01)
