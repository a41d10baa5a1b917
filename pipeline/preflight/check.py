"""What a check before the start found out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.errors import Finding


class Outcome(StrEnum):
    """How a check went. What could not be checked is never said to have passed."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True)
class Check:
    """One check and its outcome.

    Attributes:
        name: What was checked, such as "bucket".
        outcome: How it went.
        text: What was found, in one line; for UNKNOWN why it could not be checked.
        problems: What is wrong and how to fix it; only of a check that failed.
    """

    name: str
    outcome: Outcome
    text: str
    problems: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The check for programs."""
        return {
            "check": self.name,
            "outcome": self.outcome.value,
            "text": self.text,
            "findings": [problem.to_json() for problem in self.problems],
        }


def passed(name: str, text: str) -> Check:
    """A check that found nothing wrong."""
    return Check(name, Outcome.PASSED, text)


def failed(name: str, *problems: Finding) -> Check:
    """A check that found problems; the first one's message is its line."""
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Check(name, Outcome.FAILED, problems[0].message + more, problems)


def unknown(name: str, why: str) -> Check:
    """A check that could not be made."""
    return Check(name, Outcome.UNKNOWN, f"could not be checked: {why}")


def not_needed(name: str, why: str = "not needed on the local SageMaker") -> Check:
    """A check that makes no sense here."""
    return Check(name, Outcome.NOT_NEEDED, why)
