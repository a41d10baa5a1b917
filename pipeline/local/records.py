"""The local SageMaker's records: all the jobs, models, endpoints, packages, pipelines and executions."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Record = dict[str, Any]
"""The body of the Describe* response: JSON values only, times as seconds since the epoch (floats)."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, name)
)
"""
_INSERT = "INSERT INTO records (kind, name, body) VALUES (?, ?, ?)"


class RecordExists(Exception):
    """A record of this kind and name is there already."""


class RecordMissing(Exception):
    """There is no record of this kind and name (or it was deleted while someone waited for it)."""


class RecordsClosed(Exception):
    """The store was closed while someone waited: the server is going down."""


@dataclass(frozen=True)
class Change:
    """One change of one record; `before` is None when it was created, `after` when it was deleted."""

    kind: str
    name: str
    before: Record | None
    after: Record | None


Listener = Callable[[Change], None]

Companion = Callable[[Change], Iterable[tuple[str, str, Record]]]
"""Gives kind, name and record of what is to be created with a change."""


class Records:
    """A thread-safe store of JSON records on SQLite.

    Kinds are the nouns of the API: TrainingJob, ProcessingJob, TransformJob, Model, EndpointConfig, Endpoint,
    ModelPackageGroup, ModelPackage (named `<group>/<version>`), Pipeline, PipelineExecution (named
    `<pipeline>/<execution id>`) and so on. What a method returns is the caller's own copy.

    A call that changes something returns after the commit: it survives `kill -9` of the process. The log is
    not flushed to the disk at each commit, so a power failure may take the last seconds, never more.

    Args:
        path: The database file; made if missing, in a folder that exists.
        listener: Called after each change, by the thread that made it, outside the lock.
    """

    def __init__(self, path: Path, listener: Listener | None = None) -> None:
        self._listeners: list[Listener] = [listener] if listener else []
        self._companion: Companion = _alone
        self._changed = threading.Condition(threading.RLock())
        self._closed = False
        # Changes of the transaction that is open; None: none is.
        self._untold: list[Change] | None = None
        # isolation_level None: each statement commits by itself, except inside our own BEGIN.
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(_SCHEMA)

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` after each change from now on."""
        self._listeners.append(listener)

    def accompany(self, companion: Companion) -> None:
        """Create what `companion` gives with each change from now on, at once with it or not at all.

        It runs under the lock: it must be quick, and must not raise. What it gives has no companions itself.
        """
        self._companion = companion

    def create(self, kind: str, name: str, record: Record) -> None:
        """Add a record.

        Raises:
            RecordExists: One of this kind and name is there.
        """
        body = json.dumps(record)
        with self.together():
            try:
                self._write(Change(kind, name, None, json.loads(body)), _INSERT, kind, name, body)
            except sqlite3.IntegrityError as error:
                raise RecordExists(f"{kind} {name}") from error

    def get(self, kind: str, name: str) -> Record | None:
        """The record, or None."""
        with self._changed:
            row = self._execute("SELECT body FROM records WHERE kind = ? AND name = ?", kind, name).fetchone()
        return None if row is None else json.loads(row[0])

    def update(self, kind: str, name: str, /, **fields: object) -> Record:
        """Set fields of a record in one step; a field given as None is removed.

        Returns:
            The record after the change.

        Raises:
            RecordMissing: There is none.
        """
        return self.amend(kind, name, lambda record: _merged(record, fields))

    def amend(self, kind: str, name: str, edit: Callable[[Record], Record]) -> Record:
        """Replace a record by `edit(record)` in one step; for changes that depend on what is there.

        `edit` runs under the lock: it must be quick, and may raise to leave the record as it is.

        Raises:
            RecordMissing: There is none.
        """
        with self.together():
            before = self.get(kind, name)
            if before is None:
                raise RecordMissing(f"{kind} {name}")
            body = json.dumps(edit(json.loads(json.dumps(before))))
            after: Record = json.loads(body)
            if after != before:
                change = Change(kind, name, before, json.loads(body))
                self._write(
                    change, "UPDATE records SET body = ? WHERE kind = ? AND name = ?", body, kind, name
                )
        return after

    def delete(self, kind: str, name: str) -> None:
        """Remove a record.

        Raises:
            RecordMissing: There is none.
        """
        with self.together():
            before = self.get(kind, name)
            if before is None:
                raise RecordMissing(f"{kind} {name}")
            change = Change(kind, name, before, None)
            self._write(change, "DELETE FROM records WHERE kind = ? AND name = ?", kind, name)

    @contextmanager
    def together(self) -> Iterator[None]:
        """A block whose changes are all kept, or none of them if it raises.

        Nobody else sees or changes a record meanwhile: it must be quick and not wait. Listeners are told
        after it. A block inside of another one is part of that one.
        """
        with self._changed:
            if self._untold is not None:
                yield
                return
            self._refuse_closed()
            changes: list[Change] = []
            self._untold = changes
            try:
                self._execute("BEGIN IMMEDIATE")
                yield
                self._execute("COMMIT")
            except BaseException:
                # SQLite ends the transaction by itself after some errors.
                with suppress(sqlite3.OperationalError):
                    self._execute("ROLLBACK")
                raise
            finally:
                self._untold = None
            self._changed.notify_all()
        self._tell(*changes)

    def forget(self, names: Iterable[tuple[str, str]]) -> None:
        """Remove records by kind and name, all or none; those that are gone already are no error.

        It is no change that anybody is told of: nothing happened, what had happened is not told any more.
        """
        with self.together():
            self._db.executemany("DELETE FROM records WHERE kind = ? AND name = ?", names)

    def compact(self) -> None:
        """Give back to the disk what removed records took."""
        with self._changed:
            self._execute("VACUUM")
            self._execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def items(self, kind: str, prefix: str = "") -> list[tuple[str, Record]]:
        """Name and record of all of a kind whose names start with `prefix`, oldest first."""
        with self._changed:
            rows = self._execute(
                # The greatest code point ends the range, so that the index on (kind, name) is used.
                "SELECT name, body FROM records WHERE kind = ? AND name >= ? AND name < ? ORDER BY seq",
                kind,
                prefix,
                prefix + "\U0010ffff",
            ).fetchall()
        return [(name, json.loads(body)) for name, body in rows]

    def list(self, kind: str, prefix: str = "") -> list[Record]:
        """All records of a kind whose names start with `prefix`, oldest first."""
        return [record for _, record in self.items(kind, prefix)]

    def wait(
        self, kind: str, name: str, until: Callable[[Record], bool], timeout: float | None = None
    ) -> Record:
        """Block until `until(record)` holds, and return that record.

        Args:
            kind: Kind of the record.
            name: Name of the record.
            until: Looks at a record; must be quick.
            timeout: Seconds; None waits for ever.

        Raises:
            RecordMissing: There is none, or it was deleted meanwhile.
            TimeoutError: It did not hold in time.
            RecordsClosed: The store was closed meanwhile.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while True:
                record = self.get(kind, name)
                if record is None:
                    raise RecordMissing(f"{kind} {name}")
                if until(record):
                    return record
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(f"{kind} {name} is not as awaited after {timeout} s")
                self._changed.wait(left)

    def close(self) -> None:
        """Close the file and wake everyone who waits; any later call raises RecordsClosed."""
        with self._changed:
            if not self._closed:
                self._closed = True
                self._db.close()
                self._changed.notify_all()

    def _execute(self, statement: str, *values: str) -> sqlite3.Cursor:
        self._refuse_closed()
        return self._db.execute(statement, values)

    def _write(self, change: Change, statement: str, *values: str) -> None:
        """Change the table, with the companions of the change."""
        assert self._untold is not None
        self._execute(statement, *values)
        also = [Change(kind, name, None, record) for kind, name, record in self._companion(change)]
        for each in also:
            self._execute(_INSERT, each.kind, each.name, json.dumps(each.after))
        self._untold += [change, *also]

    def _refuse_closed(self) -> None:
        if self._closed:
            raise RecordsClosed("the record store is closed")

    def _tell(self, *changes: Change) -> None:
        for change in changes:
            for listener in tuple(self._listeners):
                listener(change)


def _alone(_: Change) -> Iterable[tuple[str, str, Record]]:
    return ()


def _merged(record: Record, fields: Record) -> Record:
    return {key: value for key, value in {**record, **fields}.items() if value is not None}
