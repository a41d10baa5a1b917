"""Cron expressions of EventBridge: six fields, with ?, L, W and #.

Source: "Cron-based schedules" in the EventBridge Scheduler User Guide. Libraries for Unix's cron know neither
the year nor the letters.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

# Not calendar's names: those follow the locale.
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS: Mapping[str, int] = {name: number for number, name in enumerate(_MONTHS, 1)}
DAYS: Mapping[str, int] = {name: number for number, name in enumerate(_DAYS, 1)}
YEARS = (1970, 2199)


class CronError(ValueError):
    """A text is no cron expression; it says why."""


@dataclass(frozen=True)
class Field:
    """One field of the expression.

    Attributes:
        name: As AWS calls it.
        low: The least number.
        high: The greatest.
        names: Words that stand for numbers.
    """

    name: str
    low: int
    high: int
    names: Mapping[str, int]

    def numbers(self, text: str) -> frozenset[int]:
        """The numbers that a text of lists, ranges and steps stands for.

        Raises:
            CronError: It is none.
        """
        found: set[int] = set()
        for part in text.split(","):
            span, slash, step = part.partition("/")
            if slash and (not step.isdecimal() or int(step) == 0):
                raise self.error(part, "a step is a number from 1")
            first, last = self._span(span, part)
            if slash and "-" not in span:
                last = self.high
            found.update(range(first, last + 1, int(step) if slash else 1))
        return frozenset(found)

    def _span(self, span: str, part: str) -> tuple[int, int]:
        if span == "*":
            return self.low, self.high
        first, dash, last = span.partition("-")
        low = self.number(first, part)
        high = self.number(last, part) if dash else low
        if high < low:
            raise self.error(part, "a range runs upwards")
        return low, high

    def number(self, text: str, part: str) -> int:
        """One number, or a word for it."""
        if text.upper() in self.names:
            return self.names[text.upper()]
        if not text.isdecimal() or not self.low <= int(text) <= self.high:
            raise self.error(part, f"numbers go from {self.low} to {self.high}")
        return int(text)

    def error(self, part: str, why: str) -> CronError:
        """What is wrong with a part of this field."""
        return CronError(f"'{part}' is no {self.name}: {why}")


MINUTES = Field("minutes", 0, 59, {})
HOURS = Field("hours", 0, 23, {})
DAY_OF_MONTH = Field("day-of-month", 1, 31, {})
MONTH = Field("month", 1, 12, MONTHS)
DAY_OF_WEEK = Field("day-of-week", 1, 7, DAYS)
YEAR = Field("year", *YEARS, {})


@dataclass(frozen=True)
class Cron:
    """A cron expression, without a time zone.

    Attributes:
        minutes: Minutes of an hour.
        hours: Hours of a day.
        day_of_month: Text of the field.
        months: 1 is January.
        day_of_week: Text of the field.
        years: Four digits.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    day_of_month: str
    months: frozenset[int]
    day_of_week: str
    years: frozenset[int]

    def next(self, after: datetime) -> datetime | None:
        """The first moment after one, on a clock on the wall; None if there is none until 2199."""
        start = (after + timedelta(minutes=1)).replace(second=0, microsecond=0)
        for year in sorted(each for each in self.years if each >= start.year):
            for month in sorted(self.months):
                if (year, month) < (start.year, start.month):
                    continue
                for day in self.days(year, month):
                    begin = max(start, datetime(year, month, day))
                    if begin.date() == date(year, month, day) and (found := self._on(begin)):
                        return found
        return None

    def _on(self, begin: datetime) -> datetime | None:
        """The first moment from `begin` on, on the same day."""
        for hour in sorted(each for each in self.hours if each >= begin.hour):
            least = begin.minute if hour == begin.hour else 0
            if minutes := [each for each in self.minutes if each >= least]:
                return begin.replace(hour=hour, minute=min(minutes))
        return None

    def days(self, year: int, month: int) -> list[int]:
        """The days of a month."""
        if self.day_of_month == "?":
            return _weekdays(self.day_of_week, year, month)
        return _monthdays(self.day_of_month, year, month)


def parse(text: str) -> Cron:
    """Read the inside of `cron(…)`.

    Raises:
        CronError: It is no such expression.
    """
    fields = text.split()
    if len(fields) != 6:
        raise CronError(f"a cron expression has 6 fields, not {len(fields)}")
    minutes, hours, day_of_month, month, day_of_week, year = (field.upper() for field in fields)
    if (day_of_month == "?") == (day_of_week == "?"):
        raise CronError("one of day-of-month and day-of-week must be ?, and not both")
    if day_of_month == "?":
        _weekdays(day_of_week, 2024, 1)
    else:
        _monthdays(day_of_month, 2024, 1)
    return Cron(
        minutes=MINUTES.numbers(minutes),
        hours=HOURS.numbers(hours),
        day_of_month=day_of_month,
        months=MONTH.numbers(month),
        day_of_week=day_of_week,
        years=YEAR.numbers(year),
    )


def _monthdays(text: str, year: int, month: int) -> list[int]:
    last = calendar.monthrange(year, month)[1]
    found: set[int] = set()
    for part in text.split(","):
        if part == "L":
            found.add(last)
        elif part == "LW":
            found.add(_nearest_weekday(year, month, last))
        elif match := re.fullmatch(r"(\d+)W", part):
            day = DAY_OF_MONTH.number(match[1], part)
            if day <= last:
                found.add(_nearest_weekday(year, month, day))
        else:
            found.update(DAY_OF_MONTH.numbers(part))
    return sorted(day for day in found if day <= last)


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """The day from Monday to Friday that is nearest, in the same month."""
    weekday = date(year, month, day).weekday()
    if weekday == 5:
        return day - 1 if day > 1 else day + 2
    if weekday == 6:
        return day + 1 if day < calendar.monthrange(year, month)[1] else day - 2
    return day


def _weekdays(text: str, year: int, month: int) -> list[int]:
    # EventBridge counts from Sunday, 1; Python from Monday, 0.
    first = (date(year, month, 1).weekday() + 1) % 7 + 1
    last = calendar.monthrange(year, month)[1]
    found: set[int] = set()
    for part in text.split(","):
        if match := re.fullmatch(r"([A-Z]+|\d)#(\d)", part):
            if not 1 <= int(match[2]) <= 5:
                raise DAY_OF_WEEK.error(part, "a month has a weekday 1 to 5 times")
            found.update(_all(DAY_OF_WEEK.number(match[1], part), first, last)[int(match[2]) - 1 :][:1])
        elif part != "L" and part.endswith("L"):
            found.add(_all(DAY_OF_WEEK.number(part[:-1], part), first, last)[-1])
        else:
            # Alone, L is the last day of the week.
            numbers = frozenset({7}) if part == "L" else DAY_OF_WEEK.numbers(part)
            found.update(day for number in numbers for day in _all(number, first, last))
    return sorted(found)


def _all(number: int, first: int, last: int) -> list[int]:
    """The days of a month that are a weekday, given the weekday of its first day and its length."""
    return list(range((number - first) % 7 + 1, last + 1, 7))
