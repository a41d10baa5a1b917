"""Small pictures of the examples of findings, read again from where the images are."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from steps.page.thumbnail import data_uri
from steps.validate.findings import CHECKS, EXAMPLES, Finding
from steps.validate.ledger.ledger import Ledger
from steps.validate.sources.source import Entry, Reader, Source

MOST = 60
"""So many at most, so that the page stays small: about 3 kB each."""

_SIDE = 96
# So many files are read at once, and none above this size: they are in memory together.
_AT_ONCE = 8
_MAX_BYTES = 32_000_000


def render_thumbnails(
    ledger: Ledger, sources: Mapping[str, Source], findings: Sequence[Finding]
) -> dict[str, str]:
    """A data URI of each example that can be shown, by its split and path, such as train/cat/1.jpg.

    What was not decoded while the images were checked, under limits of time and memory, is not tried here.

    Args:
        ledger: What is known of the files.
        sources: Where they are, by split.
        findings: Whatever was found. Errors come first, and each finding's first examples before its next.
    """
    shown = islice(_decodable(ledger, _subjects(findings)), MOST)
    entries: dict[str, list[Entry]] = {}
    for split, entry in shown:
        entries.setdefault(split, []).append(entry)
    thumbnails: dict[str, str] = {}
    for split, wanted in entries.items():
        if split in sources:
            thumbnails.update(
                {f"{split}/{path}": uri for path, uri in _rendered(sources[split].open(), wanted)}
            )
    return thumbnails


def _subjects(findings: Sequence[Finding]) -> Iterator[str]:
    """Split and path of the files to show, each once."""
    gravest_first = sorted(findings, key=lambda finding: finding.severity != "error")
    examples = (
        finding.examples[rank]
        for rank in range(EXAMPLES)
        for finding in gravest_first
        if CHECKS[finding.check].unit == "file" and rank < len(finding.examples)
    )
    pairs = ((f"{one.split}/{one.path}", one.other) for one in examples)
    yield from dict.fromkeys(subject for pair in pairs for subject in pair if subject)


def _decodable(ledger: Ledger, subjects: Iterator[str]) -> Iterator[tuple[str, Entry]]:
    for subject in subjects:
        split, _, path = subject.partition("/")
        rows = ledger.query(
            "SELECT size, version FROM files WHERE split = ? AND path = ? AND place = 'class'"
            " AND width IS NOT NULL AND size <= ?",
            split,
            os.fsencode(path),
            _MAX_BYTES,
        )
        for size, version in rows:
            yield split, Entry(path, "file", size, version)


def _rendered(reader: Reader, entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(entries), _AT_ONCE):
        chunk = entries[start : start + _AT_ONCE]
        for entry, content in zip(chunk, reader.read(chunk), strict=True):
            uri = data_uri(io.BytesIO(content), _SIDE) if isinstance(content, bytes) else None
            if uri:
                yield entry.path, uri
