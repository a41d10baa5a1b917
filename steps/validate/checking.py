"""Makes all checks on what the ledger knows, without opening any file."""

from __future__ import annotations

from collections.abc import Callable

from steps.validate.findings import Finding, Problem
from steps.validate.ledger import Ledger
from steps.validate.settings import Settings

Write = Callable[[Problem], None]


def check(ledger: Ledger, settings: Settings, write: Write) -> list[Finding]:
    """Makes all checks and marks in the ledger what is left out.

    Args:
        ledger: Listed and inspected.
        settings: The rules.
        write: Takes every single problem as it is found.

    Returns:
        What was found, in the order of CHECKS and of the splits. Memory does not grow with the problems.
    """
    raise NotImplementedError
