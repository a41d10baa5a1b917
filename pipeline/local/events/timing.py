"""Schedule expressions: at(…), rate(…) and cron(…), and their next moments.

Clocks that are put forward skip what falls into the gap; when they are put back, what falls into the hour
that comes twice happens once. So the EventBridge Scheduler User Guide, "Daylight savings time".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from pipeline.local.events import cron

_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_FORM = re.compile(r"(at|rate|cron)\(([^()]*)\)")
_RATE = re.compile(r"([1-9]\d*) +(minute|hour|day)(s?)")
_AT = "%Y-%m-%dT%H:%M:%S"


class TimingError(ValueError):
    """A schedule expression or a time zone is none; it says why."""


class Timing(Protocol):
    """When something happens. Times are seconds since the epoch."""

    @property
    def repeats(self) -> bool:
        """Whether it may happen more than once."""

    def next(self, after: float, since: float, /) -> float | None:
        """The first moment later than `after`.

        Args:
            after: A moment.
            since: What a rate counts from; it happens then for the first time.
        """


@dataclass(frozen=True)
class At:
    """Once.

    Attributes:
        moment: When.
    """

    moment: float
    repeats: bool = False

    def next(self, after: float, _since: float, /) -> float | None:
        """The moment, if it is still to come."""
        return self.moment if self.moment > after else None


@dataclass(frozen=True)
class Rate:
    """Again and again after the same time, whatever the clocks on the wall do.

    Attributes:
        seconds: Of one period.
    """

    seconds: int
    repeats: bool = True

    def next(self, after: float, since: float, /) -> float | None:
        """The next multiple of the period."""
        if after < since:
            return since
        return since + (int((after - since) // self.seconds) + 1) * self.seconds


@dataclass(frozen=True)
class Calendar:
    """By the clock on the wall.

    Attributes:
        expression: The cron expression.
        zone: Where the clock hangs.
    """

    expression: cron.Cron
    zone: ZoneInfo
    repeats: bool = True

    def next(self, after: float, _since: float, /) -> float | None:
        """The next match; not in an hour that is left out, and once in one that comes twice."""
        wall = datetime.fromtimestamp(after, self.zone).replace(tzinfo=None)
        while (found := self.expression.next(wall)) is not None:
            moment = found.replace(tzinfo=self.zone).timestamp()
            exists = datetime.fromtimestamp(moment, self.zone).replace(tzinfo=None) == found
            if exists and moment > after:
                return moment
            wall = found
        return None


def parse(expression: str, zone: str = "UTC", *, strict: bool = False) -> Timing:
    """Read a schedule expression.

    Args:
        expression: Such as `rate(5 minutes)`.
        zone: A name of the tz database.
        strict: As rules have it: no at(…), and the unit agrees with the number.

    Raises:
        TimingError: It is none.
    """
    match = _FORM.fullmatch(expression.strip())
    if match is None or (strict and match[1] == "at"):
        forms = "rate(…) or cron(…)" if strict else "at(…), rate(…) or cron(…)"
        raise TimingError(f"{expression} is neither {forms}")
    try:
        place = ZoneInfo(zone)
    except (ValueError, OSError, KeyError) as error:
        raise TimingError(f"{zone} is no time zone") from error
    kind, inside = match[1], match[2].strip()
    if kind == "at":
        return _at(inside, place)
    if kind == "rate":
        return _rate(inside, strict)
    try:
        return Calendar(cron.parse(inside), place)
    except cron.CronError as error:
        raise TimingError(str(error)) from error


def _at(text: str, zone: ZoneInfo) -> At:
    try:
        wall = datetime.strptime(text, _AT)
    except ValueError as error:
        raise TimingError(f"'{text}' is not of the form yyyy-mm-ddThh:mm:ss") from error
    return At(wall.replace(tzinfo=zone).timestamp())


def _rate(text: str, strict: bool) -> Rate:
    match = _RATE.fullmatch(text)
    if match is None:
        raise TimingError(f"'{text}' is not a number from 1 and minutes, hours or days")
    number = int(match[1])
    if strict and (number == 1) == (match[3] == "s"):
        raise TimingError(f"'{text}': 1 goes with {match[2]}, other numbers with {match[2]}s")
    return Rate(number * _UNITS[match[2]])


def iso(moment: float) -> str:
    """A moment as in events: `2026-11-23T01:00:00Z`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
