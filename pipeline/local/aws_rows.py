"""The database of what moto keeps: the rows of its services, entries, tails and contents."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS services (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (place TEXT, key, body BLOB NOT NULL, UNIQUE (place, key));
CREATE TABLE IF NOT EXISTS tails (seq INTEGER PRIMARY KEY, place TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS contents (content TEXT, place TEXT, key, PRIMARY KEY (content, place, key))
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contents_by_entry ON contents (place, key);
"""


@dataclass(frozen=True)
class Entry:
    """One entry as it is to be kept.

    Attributes:
        place: Its shelf.
        key: Its key; that of a part of an upload is a number.
        body: Its pickle; None: it is gone.
        contents: Names of the contents that it refers to.
    """

    place: str
    key: str | int
    body: bytes | None
    contents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """What is written at once, or not at all.

    Attributes:
        services: Pickles by service.
        entries: Entries.
        tails: New items of tails: place and pickle.
    """

    services: dict[str, bytes]
    entries: tuple[Entry, ...]
    tails: tuple[tuple[str, bytes], ...]


class AwsRows:
    """The database. For one thread at a time.

    A write returns after the commit: it survives `kill -9` of the process. As with the records, the log is
    not flushed to the disk at each commit, so a power failure may take the last seconds.

    Args:
        path: Its file; made if it is missing.

    Raises:
        sqlite3.Error: It is no database, or damaged.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    def write(self, rows: Rows) -> list[str]:
        """Write rows.

        Returns:
            The contents that no entry refers to any more.

        Raises:
            sqlite3.Error: Nothing is written, for instance because the disk is full.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany("REPLACE INTO services VALUES (?, ?)", rows.services.items())
            self._db.executemany("INSERT INTO tails (place, body) VALUES (?, ?)", rows.tails)
            dropped = [name for entry in rows.entries for name in self._write_entry(entry)]
            unused = [name for name in dict.fromkeys(dropped) if not self._is_used(name)]
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite ends the transaction by itself after some errors.
            with suppress(sqlite3.OperationalError):
                self._db.execute("ROLLBACK")
            raise
        return unused

    def _write_entry(self, entry: Entry) -> list[str]:
        at = (entry.place, entry.key)
        before = self._db.execute("SELECT content FROM contents WHERE place = ? AND key = ?", at).fetchall()
        if before:
            self._db.execute("DELETE FROM contents WHERE place = ? AND key = ?", at)
        if entry.body is None:
            self._db.execute("DELETE FROM entries WHERE place = ? AND key = ?", at)
        else:
            # Not REPLACE: the row keeps its number, and so a listing its order.
            self._db.execute(
                "INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
                (*at, entry.body),
            )
            named = [(name, *at) for name in dict.fromkeys(entry.contents)]
            self._db.executemany("INSERT INTO contents VALUES (?, ?, ?)", named)
        return [name for (name,) in before]

    def _is_used(self, content: str) -> bool:
        return bool(
            self._db.execute("SELECT 1 FROM contents WHERE content = ? LIMIT 1", [content]).fetchone()
        )

    def services(self) -> list[tuple[str, bytes]]:
        """Name and pickle of each service."""
        return self._db.execute("SELECT name, body FROM services").fetchall()

    def service(self, name: str) -> bytes | None:
        """The pickle of one service."""
        row = self._db.execute("SELECT body FROM services WHERE name = ?", [name]).fetchone()
        return None if row is None else bytes(row[0])

    def entries(self) -> Iterator[tuple[str, str | int, bytes]]:
        """Place, key and pickle of each entry, in the order in which they came."""
        yield from self._db.execute("SELECT place, key, body FROM entries ORDER BY rowid")

    def entry(self, place: str, key: str | int) -> bytes | None:
        """The pickle of one entry."""
        at = (place, key)
        row = self._db.execute("SELECT body FROM entries WHERE place = ? AND key = ?", at).fetchone()
        return None if row is None else bytes(row[0])

    def tails(self) -> Iterator[tuple[str, bytes]]:
        """Place and pickle of the items of tails, oldest first."""
        yield from self._db.execute("SELECT place, body FROM tails ORDER BY seq")

    def contents(self) -> set[str]:
        """The contents that entries refer to."""
        return {name for (name,) in self._db.execute("SELECT DISTINCT content FROM contents")}

    def forget(self, shelves: Iterable[str], tails: Iterable[str]) -> None:
        """Remove all that belongs to places that are gone."""
        self._db.execute("BEGIN IMMEDIATE")
        for place in shelves:
            self._db.execute("DELETE FROM entries WHERE place = ?", [place])
            self._db.execute("DELETE FROM contents WHERE place = ?", [place])
        gone = [(place,) for place in tails]
        if gone:
            self._db.execute("CREATE INDEX IF NOT EXISTS tails_by_place ON tails (place)")
            self._db.executemany("DELETE FROM tails WHERE place = ?", gone)
        self._db.execute("COMMIT")

    def compact(self) -> None:
        """Give back to the disk what removed rows took."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def set_aside(self, service: str, name: str) -> None:
        """Keep a service's pickle under another name."""
        self._db.execute("UPDATE services SET name = ? WHERE name = ?", [name, service])

    def asides(self) -> list[tuple[str, int]]:
        """Name and size of each pickle that was set aside."""
        return self._db.execute(
            "SELECT name, length(body) FROM services WHERE name LIKE '%.damaged-%'"
        ).fetchall()

    def forget_asides(self) -> None:
        """Remove the pickles that were set aside."""
        self._db.execute("DELETE FROM services WHERE name LIKE '%.damaged-%'")

    def close(self) -> None:
        """Close the file."""
        self._db.close()
