"""Starts a program that sees its job's folder as /opt/ml, as in a container.

This file is run by its path, as a small process of its own that becomes the program. It works where Linux
lets a process have mounts of its own: for root, or where users may have namespaces.

Usage: container.py FOLDER HOSTS PROGRAM [ARGUMENT...]
FOLDER becomes /opt/ml, and the file HOSTS becomes /etc/hosts.
"""

from __future__ import annotations

import ctypes
import os
import sys

ROOT = "/opt/ml"

# Of linux/sched.h and linux/mount.h.
_NEW_MOUNTS = 0x00020000
_NEW_USERS = 0x10000000
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18

NOT_MOUNTED = 125
"""Exit code when there is no container to run a program in, as Docker gives it."""


def main(folder: str, hosts: str, *arguments: str) -> None:
    """Become the program; does not return."""
    try:
        _enter(folder, hosts)
    except OSError as error:
        os.write(1, f"cannot show {folder} as {ROOT}: {error.strerror}\n".encode())
        os._exit(NOT_MOUNTED)
    try:
        os.execvp(arguments[0], list(arguments))  # noqa: S606 - what a job's program is, the catalogue says
    except OSError as error:
        os.write(1, f"cannot start {arguments[0]!r}: {error.strerror}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _enter(folder: str, hosts: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_NEW_MOUNTS) != 0:
        # Only root may do that; others are given a place where they are.
        _check(libc.unshare(_NEW_USERS | _NEW_MOUNTS))
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
