"""All that imgpipe prints. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from pipeline.errors import Finding
from pipeline.source import printable

_Item = TypeVar("_Item")

# A log file wants a sign of life, not a line an object.
_PLAIN_PROGRESS_S = 5.0


def result(text: str) -> None:
    """Prints what a command was asked for."""
    print(text)


def result_json(value: object) -> None:
    """Prints what a command was asked for, for programs."""
    print(json.dumps(value, indent=2))


def note(text: str) -> None:
    """Tells how things go."""
    print(text, file=sys.stderr, flush=True)


def problems(findings: Iterable[Finding]) -> None:
    """Tells what went wrong. Of what others wrote nothing reaches the terminal that it would obey."""
    text = "\n\n".join(str(finding) for finding in findings)
    print("\n".join(map(printable, text.split("\n"))), file=sys.stderr, flush=True)


def is_terminal() -> bool:
    """Whether someone watches stderr."""
    return sys.stderr.isatty()


def confirm(question: str) -> bool:
    """Asks on the terminal; without one the answer is no."""
    if not (sys.stdin.isatty() and is_terminal()):
        return False
    print(f"{question} [y/N] ", file=sys.stderr, end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> str:
    """Aligned columns; the last one may be of any width."""
    everything = [headings, *rows]
    widths = [max(len(row[column]) for row in everything) for column in range(len(headings) - 1)]
    lines = []
    for row in everything:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return "\n".join(lines)


def progress(items: Iterable[_Item], total: int, label: str) -> Iterator[_Item]:
    """Passes items on and shows how far they have come, at what rate and how long the rest will take."""
    if not total:
        return
    if is_terminal():
        yield from _bar(items, total, label)
    else:
        yield from _plain(items, total, label)


def _bar(items: Iterable[_Item], total: int, label: str) -> Iterator[_Item]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.speed:.0f}/s" if total > 1 else "")
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total)
        for item in items:
            yield item
            bar.advance(task)


def _plain(items: Iterable[_Item], total: int, label: str) -> Iterator[_Item]:
    begun = told = time.monotonic()
    for count, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - told >= _PLAIN_PROGRESS_S or count == total:
            rate = count / max(now - begun, 1e-6)
            left = (total - count) / rate
            note(
                f"{label} {count:,}/{total:,}, {rate:,.0f}/s, {left:.0f} s left"
                if left
                else f"{label} {count:,}/{total:,}, {rate:,.0f}/s"
            )
            told = now
