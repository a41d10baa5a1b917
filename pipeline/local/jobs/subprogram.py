"""A program that a program of a job runs: its standard error passed on, and why it failed."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_TAIL = 64 * 1024
"""Bytes kept of what a program writes to its standard error: more than a failure file may hold."""


class Failed(Exception):
    """A program failed; the text is that of the failure file.

    Attributes:
        code: Its exit code.
    """

    def __init__(self, kind: str, code: int, said: str, command: Sequence[str]) -> None:
        super().__init__(f'{kind}:\nExitCode {code}\nErrorMessage "{said}"\nCommand "{" ".join(command)}"')
        self.code = code


def call(kind: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    """Run a program to its end.

    Args:
        kind: What the toolkit calls its failure.
        command: The program, as it is found in the PATH of `environment`, and its arguments.
        environment: All the variables that it gets.
        folder: Where it runs.

    Raises:
        Failed: It ended with another code than 0, or cannot be started.
    """
    program = shutil.which(command[0], path=environment.get("PATH")) or command[0]
    command = [program, *command[1:]]
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stderr=subprocess.PIPE,
            bufsize=0,
        )
    except OSError as error:
        raise Failed(kind, 127, f"{command[0]}: {error.strerror}", command) from error
    assert process.stderr is not None
    tail = _Tail(process.stderr)
    code = process.wait()
    said = tail.text()
    if code != 0:
        raise Failed(kind, code if code > 0 else 128 - code, said, command)


def say(text: str) -> None:
    """Write a line into the job's log."""
    os.write(1, f"{text}\n".encode())


class _Tail:
    """Passes a program's standard error on, and keeps its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        with self._stream:
            while data := self._stream.read(_TAIL):
                os.write(2, data)
                self._kept += data
                del self._kept[:-_TAIL]

    def text(self) -> str:
        """The last error and what led to it: from the last `Traceback` on, or the last line."""
        # A child that was left behind may hold the other end.
        self._thread.join(1.0)
        text = self._kept.decode("utf-8", "replace").rstrip()
        *_, last = text.rpartition("Traceback (most recent call last):\n")
        lines = [line for line in last.split("\n") if line.strip()]
        error = [line for line in lines if not line.startswith(" ")]
        return "\n".join(error if last != text else error[-1:])
