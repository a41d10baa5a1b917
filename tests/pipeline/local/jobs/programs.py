"""Small programs for tests, and looks at the processes of the machine."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from pathlib import Path

from pipeline.local.jobs.process import Command


def python(folder: Path, source: str, **environment: str) -> Command:
    """A command that runs Python source: without site-packages, as that starts in a tenth of the time."""
    arguments = [sys.executable, "-I", "-S", "-u", "-c", textwrap.dedent(source)]
    return Command(arguments, {"PATH": os.environ["PATH"], **environment}, folder)


def is_alive(pid: int) -> bool:
    """Whether a process exists and is not just waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def wait_until_gone(pid: int, seconds: float = 10) -> bool:
    """Wait for the end of a process that is no child of this one: there is no event for that."""
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.005)
    return not is_alive(pid)


def open_descriptors() -> int:
    """How many file descriptors this process holds."""
    return len(list(Path("/proc/self/fd").iterdir()))
