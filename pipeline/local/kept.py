"""What moto holds, kept on disk: each write is there before it is acknowledged.

docs/adr/0004-write-through.md says why so. It leans on these internals of moto 5.2: a `BackendDict` is a
dictionary of dictionaries; `S3BackendDict.bucket_accounts`, `S3Backend.buckets` and `LogsBackend.groups` are
dictionaries; `LogEvent._event_id` counts all events.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.backends import get_backend
from moto.logs.models import LogEvent, LogStream
from moto.s3.models import FakeKey

from pipeline.local import ranges, shelves, uploads
from pipeline.local.aws_rows import AwsRows, Entry, Rows
from pipeline.local.contents import Contents
from pipeline.local.pickles import Pickled, Pickles, spill
from pipeline.local.shelves import KeyShelf, Touched, watching

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

_DATABASE = "aws.db"
_YOUNG_S = 3600.0
_log = logging.getLogger(__name__)


class NotKept(OSError):
    """A write cannot be kept, for instance because the disk is full. It is not done."""


@dataclass
class _Change:
    """A change of what is kept, before it is written."""

    services: dict[str, bytes] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    pickled: list[Pickled] = field(default_factory=list)

    @property
    def rows(self) -> Rows:
        tails = [(tail.place, new) for each in self.pickled for tail, _, new in each.grown]
        return Rows(self.services, tuple(self.entries), tuple(tails))


class Keeper:
    """Keeps what moto holds in this process, in a folder.

    Args:
        folder: The folder; made if it is missing. Nobody else writes in it.
    """

    def __init__(self, folder: Path) -> None:
        shelves.install()
        uploads.install()
        ranges.install()
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._contents = Contents(folder / "contents")
        self._pickles = Pickles(self._contents)
        self._lock = threading.Lock()
        self._last: dict[str, bytes] = {}
        self._is_whole = False

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep what this thread writes to moto in a block, before the block ends.

        Raises:
            NotKept: It cannot be kept. What was written is undone.
        """
        with watching() as touched:
            try:
                yield
            finally:
                if touched is not None:
                    self._keep(touched)

    def restore(self) -> tuple[str, ...]:
        """Read back what was kept. What is damaged is put aside.

        Returns:
            What the user should know, a sentence for each damaged part.
        """
        notes = self._open()
        if older := sorted(self._folder.glob("*.pickle")):
            notes.append(
                f"{older[0].parent} has *.pickle of an older version, which are not read; remove them"
            )
        services = self._rows.services()
        damaged = [note for name, body in services if (note := self._restore_service(name, body))]
        # What was put aside may be wanted yet, and so what belongs to it.
        aside = damaged or any(self._folder.glob(f"{_DATABASE}.damaged-*"))
        self._is_whole = not aside and all(name in SERVICES for name, _ in services)
        notes += damaged + self._fill(tidy=self._is_whole)
        return tuple(notes)

    def tidy(self, now: float, *, dry_run: bool) -> tuple[int, int]:
        """Find contents that no object has, and remove them with lines of logs that are gone.

        Args:
            now: Seconds since the epoch. What was written in the last hour may be about to be recorded.
            dry_run: Leave all as it is.

        Returns:
            How many there are, and their bytes. None if something was put aside: it may be wanted yet.
        """
        if not self._is_whole:
            return 0, 0
        with self._lock:
            unused = self._contents.besides(self._rows.contents(), now - _YOUNG_S)
            if not dry_run:
                self._contents.remove(name for name, _ in unused)
                places = {place for place, _ in self._rows.tails()}
                self._rows.forget((), {place for place in places if self._pickles.find_tail(place) is None})
                self._rows.compact()
        return len(unused), sum(size for _, size in unused)

    def damaged(self, *, dry_run: bool) -> tuple[int, int]:
        """Find parts that were put aside as damaged, and remove them; the next start removes what was theirs.

        Args:
            dry_run: Leave all as it is.

        Returns:
            How many there are, and their bytes.
        """
        with self._lock:
            asides = self._rows.asides()
            if not dry_run:
                self._rows.forget_asides()
        return len(asides), sum(size for _, size in asides)

    def close(self) -> None:
        """Close the files: all is kept already."""
        with self._lock:
            self._rows.close()

    def _keep(self, touched: Touched) -> None:
        new: list[str] = []
        try:
            # Large contents first, and several threads at once.
            for (_, key), shelf in touched.entries.items():
                new += self._spill(dict.get(shelf, key))
            with self._lock:
                unused = self._write(touched)
        except BaseException as error:
            with self._lock:
                self._undo(touched)
            self._contents.remove(new)
            if isinstance(error, OSError | sqlite3.Error):
                raise _not_kept(error) from error
            raise
        self._contents.remove(unused)

    def _spill(self, value: Any) -> Iterator[str]:
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, FakeKey) and (content := spill(each, self._contents)):
                yield content.name

    def _write(self, touched: Touched) -> list[str]:
        """Write what has changed; returns the contents that are not used any more."""
        change = _Change()
        self._gather(touched, change)
        if not change.services and not change.entries:
            return []
        unused = self._rows.write(change.rows)
        for service, body in change.services.items():
            self._last[service] = _digest(body)
        for pickled in change.pickled:
            for tail, end, _ in pickled.grown:
                tail.kept = end
        return unused

    def _gather(self, touched: Touched, change: _Change) -> None:
        for (place, key), shelf in touched.entries.items():
            value = dict.get(shelf, key)
            if value is None:
                change.entries.append(Entry(place, key, None))
                continue
            pickled = self._pickles.dump(value)
            change.pickled.append(pickled)
            change.entries.append(Entry(place, key, pickled.body, tuple(pickled.contents)))
        for service in sorted(touched.services.intersection(SERVICES)):
            pickled = self._pickles.dump(_backends(service))
            change.pickled.append(pickled)
            if _digest(pickled.body) != self._last.get(service):
                change.services[service] = pickled.body

    def _undo(self, touched: Touched) -> None:
        """Make moto hold again what is kept."""
        try:
            for service in touched.services.intersection(SERVICES):
                body = self._rows.service(service)
                _replace(service, {} if body is None else self._pickles.load(body))
            for (place, key), shelf in touched.entries.items():
                self._set(shelf, key, self._rows.entry(place, key))
        except Exception:
            # The disk again, most likely. What moto holds is then ahead of what is kept until the next start.
            _log.exception("cannot undo a write that was not kept")

    def _set(self, shelf: Any, key: str | int, body: bytes | None) -> None:
        before = dict.pop(shelf, key, None)
        if body is not None:
            value = self._pickles.load(body)
            if isinstance(value, LogStream):
                value.log_group = shelf.owner
                del value.events[value.events.kept :]
            dict.__setitem__(shelf, key, value)
        for version in before if isinstance(shelf, KeyShelf) and before else ():
            if hasattr(version, "dispose"):
                version.dispose()

    def _open(self) -> list[str]:
        """Open the database; a damaged one is moved aside."""
        path = self._folder / _DATABASE
        try:
            self._rows = AwsRows(path)
            return []
        except sqlite3.DatabaseError:
            _log.exception("cannot read %s", path)
            aside = move_aside(path)
            self._rows = AwsRows(path)
            return [f"what was kept of AWS is damaged and starts empty; the damaged file is {aside}"]

    def _restore_service(self, name: str, body: bytes) -> str | None:
        if name not in SERVICES:
            return None
        try:
            backends = self._pickles.load(body)
            _replace(name, backends)
        except Exception:
            # Whatever is wrong with the bytes, a server without this state is better than none.
            aside = f"{name}.damaged-{int(time.time())}"
            self._rows.set_aside(name, aside)
            _log.exception("cannot read the state of %s", name)
            where = f"{aside} in {self._folder / _DATABASE}"
            return f"what was kept of {name} is damaged and starts empty; the damaged part is {where}"
        self._last[name] = _digest(body)
        return None

    def _fill(self, *, tidy: bool) -> list[str]:
        """Fill the shelves and tails; remove what belongs to none, if `tidy`."""
        lost: set[str] = set()
        unreadable: list[str | int] = []
        for place, key, body in self._rows.entries():
            shelf = self._pickles.find_shelf(place)
            if shelf is None:
                lost.add(place)
                continue
            try:
                self._set(shelf, key, body)
            except Exception:
                _log.exception("cannot read %s", key)
                unreadable.append(key)
        ended = self._fill_tails()
        if tidy:
            self._rows.forget(lost, ended)
            self._contents.keep_only(self._rows.contents())
        if not unreadable:
            return []
        more = f" and {len(unreadable) - 1} more" if unreadable[1:] else ""
        return [f"what was kept of {unreadable[0]!r}{more} is damaged and left out; server.log says why"]

    def _fill_tails(self) -> set[str]:
        lost = set()
        last = -1
        for place, body in self._rows.tails():
            tail = self._pickles.find_tail(place)
            if tail is None:
                lost.add(place)
                continue
            tail.extend(self._pickles.load(body))
            tail.kept = len(tail)
            last = max(last, tail[-1].event_id)
        LogEvent._event_id = max(LogEvent._event_id, last + 1)
        return lost


def move_aside(path: Path) -> Path:
    """Rename a damaged database, with what SQLite keeps beside it; returns its new path."""
    aside = path.with_name(f"{path.name}.damaged-{int(time.time())}")
    for rest in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + rest).replace(aside.with_name(aside.name + rest))
    return aside


def _backends(service: str) -> dict[tuple[str, str], Any]:
    # Copies, as another thread may add a region meanwhile.
    accounts = dict.copy(get_backend(service))
    return {
        (account, region): backend
        for account, regions in accounts.items()
        for region, backend in dict.copy(regions).items()
    }


def _replace(service: str, backends: dict[tuple[str, str], Any]) -> None:
    """Make moto answer a service from these backends, and what it keeps beside them agree."""
    known = get_backend(service)
    for account, region in _backends(service).keys() - backends.keys():
        dict.pop(known[account], region)
    for (account, region), backend in backends.items():
        known[account][region] = backend
    if service == "s3":
        buckets = {
            name: (bucket.partition, account)
            for (account, _), backend in backends.items()
            for name, bucket in backend.buckets.items()
        }
        known.bucket_accounts.update(buckets)
        for name in known.bucket_accounts.keys() - buckets.keys():
            known.bucket_accounts.pop(name)
    if service == "logs":
        for backend in backends.values():
            for group in backend.groups.values():
                group.streams.owner = group


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


def _not_kept(error: Exception) -> NotKept:
    if isinstance(error, OSError):
        return NotKept(error.errno, error.strerror)
    full = "full" in str(error)
    return NotKept(errno.ENOSPC, "No space left on device") if full else NotKept(errno.EIO, str(error))
