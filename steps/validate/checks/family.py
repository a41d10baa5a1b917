"""What a family of checks is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from steps.validate.findings import Culprit, Grade
from steps.validate.ledger.ledger import Ledger


@dataclass(frozen=True)
class Found:
    """One thing that fails a check.

    Attributes:
        check: A key of CHECKS.
        culprit: Which thing, and why.
        severity: How grave this one is, where that is not the check's own severity.
        left_out: The settings ask to leave it out instead of failing.
    """

    check: str
    culprit: Culprit
    severity: Grade | None = None
    left_out: bool = False


class Family(Protocol):
    """Checks that are made together."""

    def __call__(self, ledger: Ledger) -> Iterator[Found]:
        """Everything that fails, in the same order for the same files, one at a time."""
