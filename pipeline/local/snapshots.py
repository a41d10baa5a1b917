"""What moto keeps, saved between one server and the next.

It leans on these internals of moto 5.2: `moto.backends.get_backend`, `BackendDict.iter_backends`,
`S3BackendDict.bucket_accounts` and that the backends of the services below can be pickled.
"""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from moto.backends import get_backend

SERVICES = (
    "s3",
    "iam",
    "sts",
    "events",
    "scheduler",
    "logs",
    "cloudwatch",
    "kms",
    "sns",
    "sqs",
    "servicequotas",
)
"""moto's names of the services that are answered and kept."""

# A save costs some 100 ms with some 100 MB in S3: not after each write, but soon after the last.
_QUIET_S = 1.0
_LONGEST_S = 30.0
# A dictionary that grows while it is pickled makes the pickle fail; the next try meets another moment.
_ATTEMPTS = 5

_log = logging.getLogger(__name__)


def save(folder: Path, services: Iterable[str] = SERVICES) -> None:
    """Write the state of services, a file each, at once or not at all."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for service in services:
        for attempt in range(_ATTEMPTS):
            try:
                _save(folder, service)
                break
            except RuntimeError:
                if attempt == _ATTEMPTS - 1:
                    raise


def _save(folder: Path, service: str) -> None:
    backends = {
        (account, region): backend for account, region, backend in get_backend(service).iter_backends()
    }
    path = folder / f"{service}.pickle"
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        pickle.dump(backends, file, protocol=pickle.HIGHEST_PROTOCOL)
    temporary.replace(path)


def restore(folder: Path) -> list[str]:
    """Read back what `save` wrote. A damaged file is moved aside.

    Returns:
        What the user should know, a sentence for each damaged file.
    """
    notes = [note for service in SERVICES if (note := _restore(folder / f"{service}.pickle", service))]
    _index_buckets()
    return notes


def _restore(path: Path, service: str) -> str | None:
    try:
        # Only this server writes into its folder, which nobody else may enter.
        with path.open("rb") as file:
            backends = pickle.load(file)  # noqa: S301
        known = get_backend(service)
        for (account, region), backend in backends.items():
            known[account][region] = backend
    except FileNotFoundError:
        return None
    except Exception:
        # Whatever is wrong with the bytes, a server without this state is better than none.
        aside = path.with_name(f"{path.name}.damaged-{int(time.time())}")
        path.replace(aside)
        _log.exception("cannot read the state of %s", service)
        return f"what was kept of {service} is damaged and starts empty; the damaged file is {aside}"
    return None


def _index_buckets() -> None:
    """Rebuild moto's index of all accounts' buckets, which lives beside the backends."""
    known = get_backend("s3")
    for account, _, backend in known.iter_backends():
        for name, bucket in backend.buckets.items():
            known.bucket_accounts[name] = (bucket.partition, account)


class Keeper:
    """Saves in a thread of its own, a quiet second after the last write, and at the end.

    Args:
        folder: Where to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed = threading.Condition()
        self._dirty: set[str] = set()
        self._written = 0.0
        self._hurry = False
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="keeper", daemon=True)
        self._thread.start()

    def wrote(self, service: str) -> None:
        """Somebody wrote to a service (moto's name)."""
        with self._changed:
            self._dirty.add(service)
            self._written = time.monotonic()
            self._changed.notify()

    def save_soon(self) -> None:
        """Save everything now, in the background: an execution has ended."""
        with self._changed:
            self._dirty.update(SERVICES)
            self._hurry = True
            self._changed.notify()

    def close(self) -> None:
        """Save everything a last time."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        save(self._folder)

    def _work(self) -> None:
        while dirty := self._next():
            try:
                save(self._folder, sorted(dirty))
            except (OSError, RuntimeError, pickle.PickleError):
                # Disk full, for instance. The next write tries again.
                _log.exception("cannot save the state of %s", ", ".join(sorted(dirty)))

    def _next(self) -> set[str]:
        """Wait until something should be saved; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._dirty or self._closing)
            first = time.monotonic()
            while not (self._closing or self._hurry):
                now = time.monotonic()
                left = min(self._written + _QUIET_S, first + _LONGEST_S) - now
                if left <= 0:
                    break
                self._changed.wait(left)
            dirty, self._dirty, self._hurry = self._dirty, set(), False
            return set() if self._closing else dirty
