"""A program as a process group of its own, whose output goes to a log."""

from __future__ import annotations

import logging
import os
import selectors
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.lines import LineSplitter
from pipeline.local.jobs.process_group import ProcessGroup

_READ = 65536
"""Bytes read at once: what a pipe of Linux holds."""

_LAST_READS = 16
"""Reads after the program's end: what the largest pipe holds, and no more, should a stranger write on."""

NOT_FOUND = 127
"""Exit code of a container whose program is not there, as Docker and shells give it."""

NOT_EXECUTABLE = 126

LineReader = Callable[[Sequence[str]], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Command:
    """What to start.

    Attributes:
        arguments: The program and its arguments.
        environment: All the variables that it gets.
        folder: Its working folder.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


class NotStarted(Exception):
    """The program cannot be started at all.

    Attributes:
        exit_code: What a container's exit code would be.
    """

    def __init__(self, program: str, error: OSError | ValueError) -> None:
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        super().__init__(f"cannot start {program!r}: {why}")
        self.exit_code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


class Process:
    """A running program. It starts with its creation.

    When its first process ends, the rest of its process group is killed, as a container ends with its main
    process. Output that is then still in the pipe is read; a process that left the group cannot hold it up.

    Args:
        command: What to start.
        read_lines: Takes the lines of stdout and stderr, in order, in one thread.
        guardian: Kills the group if this server is killed.

    Raises:
        NotStarted: There is no such program, or it may not be executed.
    """

    def __init__(self, command: Command, read_lines: LineReader, guardian: Guardian) -> None:
        self._read_lines = read_lines
        self._guardian = guardian
        self._exited = threading.Event()
        self._ended, self._end = os.pipe()
        try:
            self._child = subprocess.Popen(
                command.arguments,
                cwd=command.folder,
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            os.close(self._ended)
            os.close(self._end)
            raise NotStarted(command.arguments[0], error) from error
        self._group = ProcessGroup(self.pid)
        self._guardian.watch(self.pid)
        self._reader = threading.Thread(target=self._read, name=f"output-{self.pid}", daemon=True)
        self._reader.start()
        threading.Thread(target=self._watch, name=f"watch-{self.pid}", daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its process group."""
        return self._child.pid

    @property
    def has_exited(self) -> bool:
        """Whether it has ended and all of its output is read."""
        return self._exited.is_set()

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end.

        Args:
            timeout: Seconds; None waits for ever.

        Returns:
            The exit code as a container's: 128 + n after signal n. None if it still runs.
        """
        if not self._exited.wait(timeout):
            return None
        code = self._child.returncode
        return code if code >= 0 else 128 - code

    def terminate(self, grace: float) -> None:
        """Ask the group to end (SIGTERM), and kill it if it is not gone after `grace` seconds.

        Of several calls the earliest end of a grace counts.
        """
        self._group.terminate(grace)

    def kill(self) -> None:
        """End the group at once (SIGKILL)."""
        self._group.kill()

    def _watch(self) -> None:
        if hasattr(os, "waitid"):
            # Wait without reaping: the group's number stays ours until it is killed.
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            self.kill()
            self._group.gone()
        self._child.wait()
        self._group.gone()
        self._guardian.forget(self.pid)
        os.close(self._end)
        self._reader.join()
        self._exited.set()

    def _read(self) -> None:
        assert self._child.stdout is not None
        splitter = LineSplitter()
        with self._child.stdout as output, selectors.DefaultSelector() as selector:
            os.set_blocking(output.fileno(), False)
            selector.register(output, selectors.EVENT_READ)
            ended = selector.register(self._ended, selectors.EVENT_READ)
            is_open = True
            while is_open and not any(key == ended for key, _ in selector.select()):
                is_open = self._pass_on(output, splitter)
            for _ in range(_LAST_READS):
                is_open = is_open and self._pass_on(output, splitter)
        os.close(self._ended)
        self._deliver(splitter.flush())

    def _pass_on(self, output: IO[bytes], splitter: LineSplitter) -> bool:
        """Read once; False at the end of the output."""
        data = output.read(_READ)
        if data:
            self._deliver(splitter.feed(data))
        return data != b""

    def _deliver(self, lines: list[str]) -> None:
        try:
            if lines:
                self._read_lines(lines)
        except Exception:
            # A full pipe would stop the program: whoever reads the lines must not stop the reading.
            _log.exception("cannot take the output of process %d", self.pid)
