"""The files of a split, wherever in the job they are: here or on another instance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from steps.validate.images.facts import Flaw
from steps.validate.sources.source import Entry, Reader, Source

Fetch = Callable[[str, Entry], "bytes | None"]
"""Given a split and a file: its content, or None if nobody has it."""


@dataclass(frozen=True)
class AnywhereSource:
    """A source some of whose files are on other instances. It serves to read files that are known.

    Attributes:
        split: Its name.
        here: What this instance has.
        fetch: Asks the others.
    """

    split: str
    here: Source
    fetch: Fetch

    @property
    def uri(self) -> str:
        """See Source."""
        return self.here.uri

    def entries(self) -> Iterator[Entry]:
        """See Source. Those of this instance only."""
        return self.here.entries()

    def open(self) -> AnywhereReader:
        """See Source."""
        return AnywhereReader(self.split, self.here.open(), self.fetch)


@dataclass(frozen=True)
class AnywhereReader:
    """Reads files of such a source."""

    split: str
    here: Reader
    fetch: Fetch

    def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
        """See Reader."""
        for entry, content in zip(entries, self.here.read(entries), strict=True):
            if isinstance(content, bytes):
                yield content
            else:
                fetched = self.fetch(self.split, entry)
                yield content if fetched is None else fetched
