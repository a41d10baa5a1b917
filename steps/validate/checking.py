"""Makes all checks on what the ledger knows, without opening any file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial

from steps.validate.checks.classes import find_class_problems
from steps.validate.checks.duplicates import find_copies, index_digests, leave_out_leaks
from steps.validate.checks.family import Family, Found
from steps.validate.checks.flaws import find_flaws, find_unsafe_names, leave_out_flawed
from steps.validate.checks.layout import find_closed, find_hidden, find_links, find_nested, find_strays
from steps.validate.checks.near import find_near
from steps.validate.checks.quality import find_poor
from steps.validate.checks.traits import find_enlarged, find_extreme_aspects, find_traits
from steps.validate.findings import CHECKS, EXAMPLES, Culprit, Finding, Grade, Problem
from steps.validate.ledger.ledger import Ledger, Row
from steps.validate.settings import Settings

Write = Callable[[Problem], None]

_Kind = tuple[str, str, Grade]

_FAULTY_CHUNK = 4096
_FORGET = "UPDATE files SET left_out = NULL, faulty = NULL WHERE left_out NOT NULL OR faulty NOT NULL"
_FAULTY = "UPDATE files SET faulty = 1 WHERE split = ? AND path = ?"


def check(ledger: Ledger, settings: Settings, write: Write) -> list[Finding]:
    """Makes all checks and marks in the ledger what is left out and what errors were found in.

    Args:
        ledger: Listed and inspected.
        settings: The rules.
        write: Takes every single problem as it is found.

    Returns:
        What was found, in the order of CHECKS and of the splits. Memory does not grow with the problems.
    """
    ledger.change(_FORGET)
    index_digests(ledger)
    leave_out_flawed(ledger, settings)
    leave_out_leaks(ledger, settings)
    tally = _Tally(ledger, write)
    for family in _families(settings).values():
        for found in family(ledger):
            severity = severity_of(found, settings)
            if severity:
                tally.add(Problem(found.check, severity, found.culprit))
    return tally.findings()


def severity_of(found: Found, settings: Settings) -> Grade | None:
    """How grave something is: what the settings say, else it itself, else its check; None to ignore it.

    What is left out instead is a warning.
    """
    severity = settings.severities.get(found.check, found.severity or CHECKS[found.check].severity)
    if severity == "ignore":
        return None
    return "warning" if found.left_out else severity


def _families(settings: Settings) -> Mapping[str, Family]:
    """In the order in which problems are written."""
    return {
        "classes": partial(find_class_problems, settings=settings),
        "strays": find_strays,
        "hidden": find_hidden,
        "closed": find_closed,
        "nested": find_nested,
        "flaws": partial(find_flaws, settings=settings),
        "names": find_unsafe_names,
        "links": find_links,
        "traits": find_traits,
        "enlarged": partial(find_enlarged, settings=settings),
        "aspects": find_extreme_aspects,
        "quality": find_poor,
        "copies": partial(find_copies, settings=settings),
        "near": partial(find_near, settings=settings),
    }


class _Tally:
    """Counts problems, keeps the first of each kind, and marks the files that errors are found in."""

    def __init__(self, ledger: Ledger, write: Write) -> None:
        self._ledger = ledger
        self._write = write
        self._counts: dict[_Kind, int] = {}
        self._examples: dict[_Kind, list[Culprit]] = {}
        self._faulty: list[Row] = []

    def add(self, problem: Problem) -> None:
        """Takes one problem in."""
        self._write(problem)
        culprit = problem.culprit
        kind = (problem.check, culprit.split, problem.severity)
        self._counts[kind] = self._counts.get(kind, 0) + 1
        examples = self._examples.setdefault(kind, [])
        if len(examples) < EXAMPLES:
            examples.append(culprit)
        if problem.severity == "error" and CHECKS[problem.check].unit == "file":
            self._faulty.append((culprit.split, os.fsencode(culprit.path)))
            if len(self._faulty) == _FAULTY_CHUNK:
                self._mark()

    def findings(self) -> list[Finding]:
        """What was found, in the order to tell it."""
        self._mark()
        checks, splits = list(CHECKS), list(self._ledger.uris)
        return [
            Finding(check, split, severity, self._counts[check, split, severity], tuple(examples))
            for (check, split, severity), examples in sorted(
                self._examples.items(),
                key=lambda item: (checks.index(item[0][0]), splits.index(item[0][1]), item[0][2]),
            )
        ]

    def _mark(self) -> None:
        self._ledger.change_many(_FAULTY, self._faulty)
        self._faulty.clear()
