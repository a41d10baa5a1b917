"""Stops a rule that starts executions without end, as when a pipeline writes the key that starts it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

LIMITS: tuple[tuple[int, int], ...] = ((60, 20), (3600, 120))
"""Seconds, and how many executions one rule may start in them. More is a loop, or a rule for each file of a
data set; on AWS it would be paid for."""

TERMS: Mapping[int, str] = {60: "a minute", 3600: "an hour"}


class Guard:
    """Counts what each rule starts."""

    def __init__(self) -> None:
        self._starts: dict[str, deque[float]] = {}

    def excess(self, rule: str, now: float) -> str | None:
        """Why a rule may not start another execution; None: it may, and it is counted.

        Args:
            rule: Its ARN.
            now: Seconds since the epoch.
        """
        most = max(count for _, count in LIMITS)
        starts = self._starts.setdefault(rule, deque(maxlen=most))
        for seconds, count in LIMITS:
            if sum(start > now - seconds for start in starts) >= count:
                return (
                    f"it fired {count} times within {TERMS[seconds]}: what it starts may cause what fires it"
                )
        starts.append(now)
        return None
