"""Starts a program that sees its job's folder as /opt/ml, as in a container.

This file is run by its path, as a small process of its own. It works where Linux
lets a process have mounts of its own: for root, or where users may have namespaces.

Usage: container.py FOLDER HOSTS PROGRAM [ARGUMENT...]
FOLDER becomes /opt/ml, and the file HOSTS becomes /etc/hosts.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

ROOT = "/opt/ml"

# Of linux/sched.h and linux/mount.h.
_NEW_MOUNTS = 0x00020000
_NEW_USERS = 0x10000000
_NEW_PROCESSES = 0x20000000
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18

_ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_HIGHEST = 256

NOT_MOUNTED = 125
"""Exit code when there is no container to run a program in, as Docker gives it."""


def main(folder: str, hosts: str, *arguments: str) -> None:
    """Run the program; does not return."""
    code = _run_apart(folder, hosts, arguments)
    if code is None:
        # Processes cannot be kept apart here, but mounts may be.
        try:
            _enter(folder, hosts, _NEW_MOUNTS)
        except OSError as error:
            os.write(1, f"cannot show {folder} as {ROOT}: {error.strerror}\n".encode())
            os._exit(NOT_MOUNTED)
        _become(arguments)
    os._exit(code or 0)


def _run_apart(folder: str, hosts: str, arguments: tuple[str, ...]) -> int | None:
    """Run the program among processes of its own, so that none of them outlives it.

    When the first process of a process namespace ends, the kernel kills all the others, even those that made
    themselves a session of their own (pid_namespaces(7)). The first is one of ours, as it would get no signal
    that it has no handler for.

    Returns:
        Its exit code; None if that is not possible here.
    """
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        try:
            _enter(folder, hosts, _NEW_MOUNTS | _NEW_PROCESSES)
            first = os.fork()
            if first == 0:
                _be_first(arguments)
        except OSError:
            os.write(tell, b"x")
            os._exit(NOT_MOUNTED)
        os.close(tell)
        os._exit(_end_of(first))
    os.close(tell)
    has_failed = os.read(told, 1) == b"x"
    os.close(told)
    code = _end_of(child)
    return None if has_failed else code


def _be_first(arguments: tuple[str, ...]) -> None:
    """Start the program as a child, and wait for it and for those that it leaves behind."""
    # What the machine says of its processes, in their own numbers.
    _Mount(ctypes.CDLL(None, use_errno=True))("proc", "/proc", "proc", 0)
    program = os.fork()
    if program == 0:
        _become(arguments)
    os.closerange(3, _HIGHEST)
    os._exit(_end_of(program))


def _end_of(child: int) -> int:
    """Wait for a child, whatever signals come meanwhile: they are for the program."""
    for number in _ASKED_TO_END:
        signal.signal(number, lambda *_: None)
    while True:
        found, status = os.waitpid(-1, 0)
        if found == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _become(arguments: tuple[str, ...]) -> None:
    # Python ignores SIGPIPE and SIGXFSZ, and a program would inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(arguments[0], list(arguments))  # noqa: S606 - what a job's program is, the catalogue says
    except OSError as error:
        os.write(1, f"cannot start {arguments[0]!r}: {error.strerror}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _enter(folder: str, hosts: str, new: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(new) != 0:
        # Only root may do that; others are given a place where they are.
        _check(libc.unshare(_NEW_USERS | new))
        _write("/proc/self/setgroups", "deny")
        # Everybody stays who they are, so that files have their owner.
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    mount = _Mount(libc)
    mount(None, "/", None, _RECURSIVE | _PRIVATE)
    seen, names = os.open(folder, os.O_PATH), os.open(hosts, os.O_PATH)
    if not os.path.isdir(ROOT):  # noqa: PTH112 - pathlib is slow to import, and is not needed here
        _make_root(mount)
    mount(f"/proc/self/fd/{seen}", ROOT, None, _BIND | _RECURSIVE)
    if os.path.exists("/etc/hosts"):  # noqa: PTH110
        mount(f"/proc/self/fd/{names}", "/etc/hosts", None, _BIND)
    os.close(seen)
    os.close(names)


def _make_root(mount: _Mount) -> None:
    """Put a /opt of our own in place of the machine's: with all that is in it, and ml."""
    parent = os.path.dirname(ROOT)  # noqa: PTH120
    before = os.open(parent, os.O_PATH)
    entries = list(os.scandir(parent))
    mount("none", parent, "tmpfs", 0)
    for entry in entries:
        there, here = f"/proc/self/fd/{before}/{entry.name}", entry.path
        if entry.is_symlink():
            os.symlink(os.readlink(there), here)  # noqa: PTH115, PTH211
            continue
        if entry.is_dir():
            os.mkdir(here)  # noqa: PTH102
        else:
            os.close(os.open(here, os.O_CREAT))
        mount(there, here, None, _BIND | _RECURSIVE)
    os.close(before)
    os.mkdir(ROOT)  # noqa: PTH102


class _Mount:
    """mount(2)."""

    def __init__(self, libc: ctypes.CDLL) -> None:
        self._libc = libc

    def __call__(self, source: str | None, target: str, kind: str | None, flags: int) -> None:
        given = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
        _check(self._libc.mount(*given, ctypes.c_ulong(flags), None))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
