"""Locks on files: they end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Locked(Exception):
    """Somebody else holds the lock."""


def hold(path: Path, tries: int = 1) -> int:
    """Take a lock for as long as this process lives, or until the returned handle is closed.

    Args:
        path: The lock's file.
        tries: How often to try, 20 ms apart. Who asks with `is_held` holds the lock for a moment.

    Raises:
        Locked: Somebody holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for left in reversed(range(tries)):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if not left:
                os.close(handle)
                raise Locked(str(path)) from error
            time.sleep(0.02)
    return handle


def is_held(path: Path) -> bool:
    """Whether somebody holds a lock."""
    try:
        os.close(hold(path))
    except Locked:
        return True
    except FileNotFoundError:
        return False
    return False


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold a lock in a block; waits for it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def wait_until_free(path: Path, timeout: float) -> bool:
    """Wait until nobody holds a lock; False if that takes longer than `timeout` seconds."""
    # flock has no time limit of its own. The thread ends when the lock is free, or with this process.
    waiter = threading.Thread(target=_wait, args=(path,), daemon=True)
    waiter.start()
    waiter.join(timeout)
    return not waiter.is_alive()


def _wait(path: Path) -> None:
    with suppress(FileNotFoundError), holding(path):
        return
