"""Runs a job's program, and writes down how it ended, whether or not the server is still there.

This file is run by its path, as a small process of its own: the leader of the group in which the program
runs. It inherits a lock on a file, so that there is no moment at which nobody holds it, keeps it as long as
it lives, and writes its process id into that file. The program's exit code goes to another file; then all
that it has started and that still runs is killed, as a container ends with its main process: also what left
the group, as on Linux it becomes a child of this process when its parent ends.

Usage: supervisor.py RUNNING EXIT PROGRAM [ARGUMENT...]
RUNNING is the number of the descriptor that has the lock.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

_PR_SET_CHILD_SUBREAPER = 36
_ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(running: str, ended: str, *arguments: str) -> None:
    """Run the program to its end; does not return."""
    for number in _ASKED_TO_END:
        # The whole group gets these signals: what they do is the program's affair.
        signal.signal(number, _leave_it)
    _adopt_orphans()
    lock = int(running)
    # It ends with this process, not with the program.
    os.set_inheritable(lock, False)
    # From here on somebody may signal the group, which the program is not in yet.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED_TO_END)
    os.write(lock, str(os.getpid()).encode())
    child = os.fork()
    if child == 0:
        _become(arguments)
    for number in signal.sigpending() & set(_ASKED_TO_END):
        os.kill(child, number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED_TO_END)
    pid = 0
    while pid != child:
        # Others are orphans, which nobody else waits for.
        pid, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    _write(ended, str(code if code >= 0 else 128 - code))
    _end_orphans()
    os.killpg(0, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have; empty where there is no /proc."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():  # noqa: PTH112, PTH208
        if name.isdigit() and (parent := _parent(name)) is not None:
            children.setdefault(parent, []).append(int(name))
    found = list(children.get(pid, ()))
    for each in found:
        found += children.get(each, ())
    return found


def _parent(pid: str) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib is slow to import
            # The name, in brackets, may hold anything.
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        # Here, as it is not quick to import.
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_orphans() -> None:
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for each in descendants(os.getpid()):
                _kill(each)
            os.wait()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return


def _leave_it(*_: object) -> None:
    return


def _become(arguments: Sequence[str]) -> NoReturn:
    # Python ignores SIGPIPE and SIGXFSZ, and a program would inherit that.
    for number in (*_ASKED_TO_END, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED_TO_END)
    try:
        os.execvp(arguments[0], list(arguments))  # noqa: S606 - what a job's program is, the catalogue says
    except OSError as error:
        os.write(1, f"cannot start {arguments[0]!r}: {error.strerror}\n".encode())
        # The exit codes of a container, as Docker and shells give them: not found, not executable.
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _write(path: str, text: str) -> None:
    """Write a file at once, or not at all."""
    with open(f"{path}.new", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib is slow to import
        file.write(text)
    os.replace(f"{path}.new", path)  # noqa: PTH105


if __name__ == "__main__":
    main(*sys.argv[1:])
