"""All checks of a definition, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from pipeline.checks import (
    algorithm,
    comparisons,
    experiments,
    limits,
    machines,
    primitives,
    references,
    refused,
    requests,
)
from pipeline.language.definition import Definition, read
from pipeline.language.parameters import Value, overridden
from pipeline.language.problem import Path, Problem

Check = Callable[[Definition, Mapping[str, Value]], Iterator[Problem]]
"""Looks for one sort of problem in a definition that can be read, with the parameters' values by name."""

CHECKS: tuple[Check, ...] = (
    references.problems,
    primitives.problems,
    comparisons.problems,
    experiments.problems,
    limits.problems,
    refused.problems,
    requests.problems,
    algorithm.problems,
    machines.problems,
)


_ALTOGETHER = ("D411", "D414")
"""Codes of problems that say all there is to say of a value."""


def problems(text: str, values: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """All that is wrong with a definition, by where it stands, each once.

    Args:
        text: The definition's JSON.
        values: What an execution would be started with; parameters without a value and a default are unknown.
    """
    reading = read(text)
    found = [*reading.problems, *limits.of_text(text)]
    if reading.definition is not None:
        typed, wrong = overridden(reading.definition.parameters, values or {})
        found += wrong
        for check in CHECKS:
            found += check(reading.definition, typed)
    return tuple(sorted(_once(found), key=_order))


def _once(found: Iterable[Problem]) -> Iterator[Problem]:
    """Each problem once: what is refused altogether, or is no text, is not also measured."""
    distinct = list(dict.fromkeys(found))
    refusals = {problem.path for problem in distinct if problem.code in _ALTOGETHER}
    for problem in distinct:
        inside = any(problem.path[: len(path)] == path for path in refusals)
        if problem.code in _ALTOGETHER or not inside:
            yield problem


def _order(problem: Problem) -> tuple[tuple[tuple[int, int, str], ...], str, str]:
    return _path_order(problem.path), problem.code, problem.message


def _path_order(path: Path) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in path)
