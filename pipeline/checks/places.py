"""Where the problems of a definition stand in its text, and how they are told."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.errors import Code, Finding
from pipeline.language import positions
from pipeline.language.positions import Spot
from pipeline.language.problem import Path, Problem
from pipeline.source import Mark, Source, printable


def findings(
    problems: Iterable[Problem], text: str, file: str, codes: Mapping[str, Code]
) -> tuple[Finding, ...]:
    """The problems of a definition as findings at their places, in the order of the text.

    Args:
        problems: From the check engine.
        text: The text that was checked.
        file: What errors call it.
        codes: What the problems' codes stand for.
    """
    places = Places(text, file)
    marked = [(places.mark(problem), problem) for problem in problems]
    marked.sort(key=lambda pair: (pair[0].line, pair[0].column))
    return tuple(finding(problem, mark, codes) for mark, problem in marked)


def finding(problem: Problem, mark: Mark, codes: Mapping[str, Code]) -> Finding:
    """A problem as a finding at its place."""
    return Finding(
        code=problem.code,
        slug=codes[problem.code].slug,
        message=printable(problem.message),
        place=mark.place,
        excerpt=mark.excerpt(),
        details=(("why", printable(problem.why)),) if problem.why else (),
        hint=printable(problem.hint) if problem.hint else None,
        severity=problem.severity,
    )


_FIRST_KEY = re.compile(r'\{\s*(?P<key>"(?:[^"\\]|\\.)*")')


@dataclass(frozen=True)
class Places:
    """The places in a text, which need not be JSON.

    Attributes:
        text: The text.
        file: What errors call it.
    """

    text: str
    file: str

    def mark(self, problem: Problem) -> Mark:
        """The stretch of a line that shows a problem best."""
        if self._syntax_error is not None:
            return self._mark(self._syntax_error, self._syntax_error + 1)
        path = problem.path
        if not path:
            # Also where the text is nested too deep to be read for places.
            start = len(self.text) - len(self.text.lstrip())
            return self._mark(start, start + 1)
        while path not in self._spots:
            path = path[:-1]
        return self._mark(*self._stretch(path, problem.at_key and path == problem.path))

    def _stretch(self, path: Path, at_key: bool) -> tuple[int, int]:
        spot = self._spots[path]
        is_container = self.text[spot.start] in "{["
        if spot.key is not None and (at_key or is_container):
            return spot.key
        name = self._spots.get((*path, "Name"))
        if is_container and path:
            # A line with a brace alone tells nobody which step or condition it is.
            return (name.start, name.end) if name is not None else self._first_key(spot.start)
        return (spot.start, spot.start + 1) if is_container else (spot.start, spot.end)

    def _first_key(self, opening: int) -> tuple[int, int]:
        """The first key of an object, or the bracket of what has none."""
        found = _FIRST_KEY.match(self.text, opening)
        return found.span("key") if found else (opening, opening + 1)

    def _mark(self, start: int, end: int) -> Mark:
        line = bisect_right(self._line_starts, start)
        return Mark(self._source, line, start - self._line_starts[line - 1] + 1, max(1, end - start))

    @cached_property
    def _source(self) -> Source:
        return Source(self.file, tuple(line.removesuffix("\r") for line in self.text.split("\n")))

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        return (0, *(index + 1 for index, char in enumerate(self.text) if char == "\n"))

    @cached_property
    def _syntax_error(self) -> int | None:
        """Where the text stops to be JSON that is read, if so."""
        try:
            json.loads(self.text)
        except json.JSONDecodeError as error:
            return error.pos
        except (ValueError, RecursionError):
            return 0
        return None

    @cached_property
    def _spots(self) -> Mapping[Path, Spot]:
        return positions.read(self.text).spots
