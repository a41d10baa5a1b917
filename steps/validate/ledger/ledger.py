"""What is known of every file, in a SQLite file: memory stays the same however many images there are.

A run that was killed goes on from what it kept. Figures at 10 million files: about 5 GB on disk, 64 MiB of
memory (the page cache), 4 µs a file to list and 8 µs to keep its facts.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from steps.container import ProgramError
from steps.validate.images.facts import Facts
from steps.validate.ledger import schema
from steps.validate.ledger.disk import telling_of_disk
from steps.validate.sources.places import name_flaw, placed
from steps.validate.sources.source import Entry

Row = tuple[Any, ...]
"""Values of SQLite: str, int, float, bytes or None."""

_Item = TypeVar("_Item")

_CHUNK = 4096
_CACHE_KIB = 65_536
_CHANNELS = struct.Struct("<7d")
_NO_LOOK = (None,) * 5


@dataclass(frozen=True)
class ClassCount:
    """How many images a class folder of a split has.

    Attributes:
        split: "train" or "validation".
        name: The class.
        files: All that lie in it; 0 for an empty folder.
        usable: Those that are not left out.
    """

    split: str
    name: str
    files: int
    usable: int


class Ledger:
    """The files of all splits. Use it in one thread and one process; it locks its file.

    Attributes:
        uris: Where each split comes from, by its name, in the order given.
    """

    def __init__(self, path: Path, uris: Mapping[str, str], rules: str = "") -> None:
        """Opens the file, or makes it.

        Args:
            path: The file. A ledger that is there already is gone on with.
            uris: Where each split comes from, by its name. What is known of other places is forgotten.
            rules: What the facts of an image depend on besides its bytes. Those of others are forgotten.

        Raises:
            ProgramError: The file is something else, another run uses it, or the disk is full; so may all
                other methods.
        """
        self.uris = dict(uris)
        self._path = path
        try:
            with telling_of_disk(path):
                self._database = _opened(path)
                _prepare(self._database, self.uris, rules)
        except sqlite3.Error as error:
            raise ProgramError(
                f"{path} cannot be used to keep what is known of the images: {error}\n"
                "  hint: end the other run that uses it, or delete the file"
            ) from error

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file. What was kept stays."""
        self._database.close()

    def list_entries(self, split: str, entries: Iterable[Entry]) -> None:
        """Takes in a whole listing: what is known of unchanged files stays, files that are gone are dropped.

        A listing that ends early drops nothing.
        """
        with self._transaction() as database:
            database.execute("UPDATE splits SET listing = listing + 1 WHERE split = ?", (split,))
            database.execute(schema.FORGET_PASSING, (split,))
            # Made again for the checks: until then it would only slow down what is kept.
            database.execute("DROP INDEX IF EXISTS by_digest")
        (number,) = next(self.query("SELECT listing FROM splits WHERE split = ?", split))
        anew = next(self.query("SELECT 1 FROM files WHERE split = ? LIMIT 1", split), None) is None
        for chunk in _chunks(entries):
            rows = [row for entry in chunk if (row := _listed(split, entry, number))]
            with self._transaction() as database:
                if not anew:
                    changed = [(split, row[2], row[5], row[4]) for row in rows]
                    database.executemany(schema.DROP_CHANGED, changed)
                database.executemany(schema.PUT, rows)
        with self._transaction() as database:
            database.execute("DELETE FROM files WHERE split = ? AND listing < ?", (split, number))

    def uninspected(self, split: str) -> Iterator[Entry]:
        """The files of classes, and those beside them, of which nothing is known yet, in the order listed.

        Facts may be kept meanwhile.
        """
        last = 0
        while page := list(self.query(schema.UNINSPECTED, last, split, _CHUNK)):
            for _, path, size, version in page:
                yield Entry(os.fsdecode(path), "file", size, version)
            last = page[-1][0]

    def count_uninspected(self, split: str) -> int:
        """How many files `uninspected` yields."""
        ((count,),) = self.query(schema.COUNT_UNINSPECTED, split)
        return int(count)

    def keep(self, split: str, inspected: Sequence[tuple[Entry, Facts]]) -> None:
        """Keeps what was found out about some files, all of it or nothing."""
        rows = [(*_values(facts), split, os.fsencode(entry.path)) for entry, facts in inspected]
        with self._transaction() as database:
            database.executemany(schema.KEEP, rows)

    def usable(self, split: str) -> Iterator[str]:
        """The images to train or to measure with, sorted by the bytes of their paths.

        Those that the checks leave out are known once the checks were made.
        """
        return (os.fsdecode(path) for (path,) in self.query(schema.USABLE, split))

    def counts(self) -> list[ClassCount]:
        """The images of every class, by split in the order of `uris` and by class."""
        order = list(self.uris)
        rows = self.query(schema.COUNTS)
        return sorted(
            (ClassCount(*row) for row in rows), key=lambda count: (order.index(count.split), count.name)
        )

    def rows(self) -> Iterator[Row]:
        """All that is known, for a ledger elsewhere to merge."""
        return self.query(schema.ROWS)

    def merge(self, rows: Iterable[Row]) -> None:
        """Takes in the rows of another ledger, which may come from another machine's part of the splits."""
        for chunk in _chunks(rows):
            with self._transaction() as database:
                database.executemany(schema.MERGE, chunk)

    def query(self, statement: str, *values: Any, **named: Any) -> Iterator[Row]:
        """The rows of a SELECT with `?` or `:name` in it, one at a time; the tables are in schema.py."""
        with telling_of_disk(self._path):
            rows = self._database.execute(statement, named or values)
        return self._fetched(rows)

    def change(self, statement: str, *parameters: Any) -> None:
        """Executes another statement at once."""
        with self._transaction() as database:
            database.execute(statement, parameters)

    def change_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Executes a statement for each row, all of them or none."""
        with self._transaction() as database:
            database.executemany(statement, rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with telling_of_disk(self._path):
            self._database.execute("BEGIN")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                # SQLite rolls back by itself when the disk is full.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _fetched(self, rows: sqlite3.Cursor) -> Iterator[Row]:
        with telling_of_disk(self._path):
            yield from rows


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        # Alone with the file: no shared memory file beside it, and no two runs in one ledger.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        # A killed process loses nothing that it committed; only a machine's crash could.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA temp_store = FILE")
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (owner,) = database.execute("PRAGMA application_id").fetchone()
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        if tables and owner != schema.APPLICATION:
            raise sqlite3.DatabaseError("it holds something else")
        if version != schema.VERSION:
            for (table,) in tables:
                database.execute(f"DROP TABLE {table}")
            database.executescript(schema.TABLES)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, uris: Mapping[str, str], rules: str) -> None:
    database.execute("BEGIN EXCLUSIVE")
    known = dict(database.execute("SELECT split, uri FROM splits").fetchall())
    for split, uri in known.items():
        if uris.get(split) != uri:
            database.execute("DELETE FROM files WHERE split = ?", (split,))
            database.execute("DELETE FROM splits WHERE split = ?", (split,))
    database.executemany("INSERT OR IGNORE INTO splits (split, uri) VALUES (?, ?)", uris.items())
    if database.execute("SELECT rules FROM about").fetchall() != [(rules,)]:
        database.execute(schema.FORGET)
        database.execute("DELETE FROM about")
        database.execute("INSERT INTO about VALUES (?)", (rules,))
    database.execute("COMMIT")


def _listed(split: str, entry: Entry, number: int) -> Row | None:
    where = placed(entry)
    if where is None:
        return None
    path, folder = where.path, where.folder
    unsafe = name_flaw(path) if where.place == "class" else None
    if folder and not folder.isascii():
        folder = folder.encode("utf-8", "backslashreplace").decode()
    return split, folder, os.fsencode(path), where.place, entry.size, entry.version, unsafe, number


def _values(facts: Facts) -> Row:
    """In the order of `schema.KEEP`."""
    flaw, look, channels = facts.flaw, facts.look, facts.channels
    return (
        flaw and flaw.check,
        flaw and flaw.reason,
        facts.format,
        facts.width,
        facts.height,
        int(facts.traits),
        facts.frames,
        facts.digest,
        *((look.hash, look.brightness, look.contrast, look.sharpness, look.detail) if look else _NO_LOOK),
        channels and _CHANNELS.pack(channels.pixels, *channels.sums, *channels.squares),
        look and look.thumb,
    )


def _chunks(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
