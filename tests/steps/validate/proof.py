"""Runs the whole validation on folders, as they are or with troubles that a folder alone does not make."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steps.validate.checking import check
from steps.validate.findings import Problem
from steps.validate.images import jpeg
from steps.validate.images.facts import Flaw
from steps.validate.ledger.ledger import Ledger
from steps.validate.settings import Settings
from steps.validate.sources.folder import FolderSource
from steps.validate.sources.source import Entry, Reader, Source
from steps.validate.survey import survey


class Silent:
    """A progress that nobody looks at."""

    def begin(self, task: str, total: int) -> None:
        pass

    def advance(self, done: int) -> None:
        pass

    def end(self) -> None:
        pass


@dataclass(frozen=True)
class PillowOnly:
    """A source whose files are decoded without simplejpeg, as in AWS's container."""

    source: Source

    @property
    def uri(self) -> str:
        return self.source.uri

    def entries(self) -> Iterator[Entry]:
        return self.source.entries()

    def open(self) -> Reader:
        # In the worker, which ends with the inspection.
        jpeg.TURBO = None
        return self.source.open()


@dataclass(frozen=True)
class Troubled:
    """A source some of whose files vanish, change or may not be read. Their names tell which."""

    source: Source

    @property
    def uri(self) -> str:
        return self.source.uri

    def entries(self) -> Iterator[Entry]:
        for entry in self.source.entries():
            if "will-change" in entry.path:
                yield entry._replace(version="as it was")
            elif "will-grow" in entry.path:
                yield entry._replace(size=entry.size + 1)
            else:
                yield entry

    def open(self) -> Reader:
        return _Locked(self.source.open())


@dataclass(frozen=True)
class _Locked:
    """To take the permission away does not keep root from reading."""

    reader: Reader

    def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
        moved = [
            entry._replace(path=f"{entry.path}.gone") if "will-vanish" in entry.path else entry
            for entry in entries
        ]
        for entry, content in zip(entries, self.reader.read(moved), strict=True):
            yield Flaw("no-permission", "cannot be read") if "locked" in entry.path else content


@dataclass(frozen=True)
class Weighed:
    """A source whose reader writes down how much memory its process has taken so far, in kibibytes."""

    source: FolderSource
    scales: Path

    @property
    def uri(self) -> str:
        return self.source.uri

    def entries(self) -> Iterator[Entry]:
        return self.source.entries()

    def open(self) -> Weighed:
        return self

    def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
        reader: Reader = self.source.open()
        for content in reader.read(entries):
            status = Path("/proc/self/status").read_text()
            peak = status.partition("VmHWM:")[2].split()[0]
            (self.scales / str(os.getpid())).write_text(peak)
            yield content


def folders(
    root: Path, splits: Sequence[str] = ("train", "validation"), links: bool = False
) -> dict[str, Source]:
    """The splits in a folder."""
    return {split: FolderSource(f"s3://b/{split}", root / split, report_links=links) for split in splits}


def surveyed(file: Path, sources: Mapping[str, Source], settings: Settings, jobs: int) -> Ledger:
    """A ledger of everything."""
    ledger = Ledger(file, {name: source.uri for name, source in sources.items()}, settings.inspection)
    survey(ledger, sources, settings, jobs, Silent())
    return ledger


def told(ledger: Ledger, settings: Settings) -> list[Problem]:
    """What the checks say."""
    problems: list[Problem] = []
    findings = check(ledger, settings, problems.append)
    assert sum(finding.count for finding in findings) == len(problems)
    return problems


def named(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    """Check and path of each, sorted."""
    return sorted(
        (problem.check, "/".join(filter(None, (problem.culprit.split, problem.culprit.path))))
        for problem in problems
    )
