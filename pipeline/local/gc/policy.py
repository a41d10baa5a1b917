"""What shall be kept, and what was found that need not be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

DAYS = 30.0
"""Days that are kept if nothing else is said: a month of a weekly pipeline."""

_DAY_S = 86_400


@dataclass(frozen=True)
class Policy:
    """What shall be kept.

    Attributes:
        days: Executions, jobs and logs that ended so many days ago at most.
        executions: The newest of each pipeline; None: `days` alone decides. If it is given, jobs, logs and
            firings of no execution are left, whatever their age.
        outputs: Whether objects below `executions/<id>/` of executions that go, go too.
        damaged: Whether what was damaged and put aside at a start goes.
        dry_run: Whether all is left, and only counted.
    """

    days: float = DAYS
    executions: int | None = None
    outputs: bool = False
    damaged: bool = False
    dry_run: bool = True

    def oldest(self, now: float) -> float:
        """What ended before this moment may go, in seconds since the epoch."""
        return now - self.days * _DAY_S

    def told(self) -> dict[str, Any]:
        """As JSON, for `of`."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Policy:
        """From JSON.

        Raises:
            ValueError: It does not fit.
        """
        try:
            policy = cls(**told)
            fits = policy.days >= 0 and (policy.executions is None or policy.executions >= 0)
        except TypeError as error:
            raise ValueError(str(error)) from error
        if not fits:
            raise ValueError("neither days nor executions can be negative")
        return policy


@dataclass(frozen=True)
class Found:
    """Things of one sort that may go.

    Attributes:
        what: The sort, in the plural.
        count: How many.
        size: Their bytes, on the disk or as the records hold them.
    """

    what: str
    count: int
    size: int
