"""Checks as texts, to compare them whole."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.preflight.check import Check


def told(checks: Iterable[Check]) -> list[str]:
    """A line for each check, and its problems below it."""
    return [line for check in checks for line in _lines(check)]


def _lines(check: Check) -> list[str]:
    problems = [str(problem) for problem in check.problems]
    return [f"{check.name}: {check.outcome}: {check.text}", *problems]
