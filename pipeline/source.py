"""The text of a file, and places in it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import Place

_WIDTH = 100
"""Longest part of a line that an excerpt shows, in characters."""


@dataclass(frozen=True)
class Source:
    """A file, by the name that errors call it, and its lines without their ends."""

    file: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """A stretch of a line.

    Attributes:
        source: The file.
        line: Counts from 1.
        column: Counts from 1.
        width: Characters that the stretch takes on this line, at least 1.
    """

    source: Source
    line: int
    column: int
    width: int = 1

    @property
    def place(self) -> Place:
        """The start, for a finding."""
        return Place(self.source.file, self.line, self.column)

    def excerpt(self) -> str | None:
        """The line before and the line itself, with the stretch underlined; None if there is no such line."""
        lines = self.source.lines
        if not 1 <= self.line <= len(lines):
            return None
        # A long line is shown from a little before the stretch.
        start = max(0, self.column - 1 - _WIDTH // 2) if len(lines[self.line - 1]) > _WIDTH else 0
        shown = []
        if self.line > 1 and lines[self.line - 2].strip():
            shown.append(f"{self.line - 1:>5} | {printable(lines[self.line - 2][start : start + _WIDTH])}")
        shown.append(f"{self.line:>5} | {printable(lines[self.line - 1][start : start + _WIDTH])}")
        offset = self.column - 1 - start
        underline = "^" * max(1, min(self.width, _WIDTH - offset))
        shown.append(f"      | {' ' * offset}{underline}")
        return "\n".join(line.rstrip() for line in shown)


def printable(text: str) -> str:
    """The text with one visible character for each one that a terminal would obey or hide."""
    return "".join(char if char.isprintable() else " " if char == "\t" else "·" for char in text)
