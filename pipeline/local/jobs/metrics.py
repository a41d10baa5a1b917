"""Metrics that SageMaker reads from the log of a training job."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MetricDefinition:
    """One metric (MetricDefinition of the API).

    Attributes:
        name: Such as validation:accuracy.
        regex: Finds it in a line; the first group is the value.
    """

    name: str
    regex: str


class MetricWatch:
    """Keeps the last value of each metric.

    Args:
        definitions: What to look for.
        clock: Seconds since the epoch.

    Raises:
        re.error: A definition's regular expression is wrong.
    """

    def __init__(self, definitions: Sequence[MetricDefinition], clock: Callable[[], float]) -> None:
        self._patterns = [(each.name, re.compile(each.regex)) for each in definitions]
        self._clock = clock
        self._last: dict[str, tuple[float, float]] = {}

    def read(self, lines: Sequence[str]) -> None:
        """Look at the next lines of the log."""
        for line in lines:
            for name, pattern in self._patterns:
                value = _value(pattern.search(line))
                if value is not None:
                    self._last[name] = (value, self._clock())

    def final(self) -> list[Mapping[str, Any]]:
        """FinalMetricDataList: the last emitted value of each metric, in the order of their names."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": at}
            for name, (value, at) in sorted(self._last.items())
        ]


def _value(match: re.Match[str] | None) -> float | None:
    """The number that was found; none for what is no number, nor for nan and inf, which JSON lacks."""
    if match is None or not match.re.groups:
        return None
    try:
        value = float(match.group(1) or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
