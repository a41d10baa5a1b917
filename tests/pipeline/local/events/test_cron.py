from __future__ import annotations

import calendar
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.local.events.cron import CronError, parse


def following(text: str, after: str, count: int) -> list[str]:
    expression, moment, found = parse(text), datetime.fromisoformat(after), []
    for _ in range(count):
        following = expression.next(moment)
        assert following is not None
        found.append(following.isoformat(" ", "minutes"))
        moment = following
    return found


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        pytest.param(
            "0 12 * * ? *", "2026-11-23T11:59:59", ["2026-11-23 12:00", "2026-11-24 12:00"], id="daily"
        ),
        pytest.param("0 12 * * ? *", "2026-11-23T12:00:00", ["2026-11-24 12:00"], id="later, not at once"),
        pytest.param(
            "5,35 14 * * ? *", "2026-11-23T14:04", ["2026-11-23 14:05", "2026-11-23 14:35"], id="a list"
        ),
        pytest.param(
            "0/25 9 ? * MON-FRI *",
            "2026-11-20T09:25",
            ["2026-11-20 09:50", "2026-11-23 09:00"],
            id="a step, on weekdays",
        ),
        pytest.param("10-50/20 1 ? * 2 *", "2026-11-23T01:30", ["2026-11-23 01:50"], id="a step in a range"),
        pytest.param("15 10 L * ? *", "2026-01-31T12:00", ["2026-02-28 10:15"], id="last day"),
        pytest.param("0 0 LW * ? *", "2026-01-30T12:00", ["2026-02-27 00:00"], id="last weekday"),
        pytest.param("0 0 15W * ? *", "2026-08-01T00:00", ["2026-08-14 00:00"], id="a Saturday's weekday"),
        pytest.param("0 0 1W * ? *", "2026-07-15T00:00", ["2026-08-03 00:00"], id="not in the month before"),
        pytest.param("0 0 31W * ? *", "2026-05-02T00:00", ["2026-05-29 00:00"], id="not in the month after"),
        pytest.param("0 0 ? * L *", "2026-11-23T00:00", ["2026-11-28 00:00"], id="last day of the week"),
        pytest.param("15 10 ? * 6L 2026-2027", "2026-11-23T00:00", ["2026-11-27 10:15"], id="last Friday"),
        pytest.param("0 9 ? * MON#2 *", "2026-11-23T00:00", ["2026-12-14 09:00"], id="second Monday"),
        pytest.param("0 9 ? * 2#5 *", "2026-10-01T00:00", ["2026-11-30 09:00"], id="fifth Monday"),
        pytest.param("0 0 29 FEB ? *", "2026-01-01T00:00", ["2028-02-29 00:00"], id="leap day"),
        pytest.param("0 0 1 1/3 ? *", "2026-02-01T00:00", ["2026-04-01 00:00"], id="each third month"),
    ],
)
def test_the_next_moments(text: str, after: str, expected: list[str]) -> None:
    assert following(text, after, len(expected)) == expected


def test_what_is_over_has_no_next_moment() -> None:
    assert parse("0 0 1 1 ? 2025").next(datetime(2026, 1, 1)) is None
    assert parse("0 0 30 FEB ? *").next(datetime(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 12 * * ?", "a cron expression has 6 fields, not 5"),
        ("0 12 * * * *", "one of day-of-month and day-of-week must be ?, and not both"),
        ("0 12 ? * ? *", "one of day-of-month and day-of-week must be ?, and not both"),
        ("60 12 * * ? *", "'60' is no minutes: numbers go from 0 to 59"),
        ("0 12 * * ? 1969", "'1969' is no year: numbers go from 1970 to 2199"),
        ("0/0 12 * * ? *", "'0/0' is no minutes: a step is a number from 1"),
        ("0 12 32W * ? *", "'32W' is no day-of-month: numbers go from 1 to 31"),
        ("0 12 ? * FRI-MON *", "'FRI-MON' is no day-of-week: a range runs upwards"),
        ("0 12 ? * MON#6 *", "'MON#6' is no day-of-week: a month has a weekday 1 to 5 times"),
        ("0 12 ? * 0L *", "'0L' is no day-of-week: numbers go from 1 to 7"),
        ("0 12 * XYZ ? *", "'XYZ' is no month: numbers go from 1 to 12"),
        ("L 12 * * ? *", "'L' is no minutes: numbers go from 0 to 59"),
        ("0 12 ? ? MON *", "'?' is no month: numbers go from 1 to 12"),
    ],
)
def test_what_is_no_expression_is_told(text: str, reason: str) -> None:
    with pytest.raises(CronError) as caught:
        parse(text)
    assert str(caught.value) == reason


# A reference that looks at every minute, and at each field on its own.


def in_field(text: str, value: int, low: int) -> bool:
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if first == "*" else int(first)
        end = int(last) if dash else 10**6 if first == "*" or step else start
        if start <= value <= end and (value - start) % int(step or 1) == 0:
            return True
    return False


def on_monthday(text: str, moment: datetime) -> bool:
    last = calendar.monthrange(moment.year, moment.month)[1]
    if text == "L":
        return moment.day == last
    if text.endswith("W"):
        wanted = last if text == "LW" else int(text[:-1])
        near = [
            (abs(day - wanted), day)
            for day in range(1, last + 1)
            if datetime(moment.year, moment.month, day).weekday() < 5
        ]
        return wanted <= last and min(near)[1] == moment.day
    return in_field(text, moment.day, 1)


def on_weekday(text: str, moment: datetime) -> bool:
    number = moment.isoweekday() % 7 + 1
    if text == "L":
        return number == 7
    if text.endswith("L"):
        return number == int(text[:-1]) and (moment + timedelta(days=7)).month != moment.month
    if "#" in text:
        day, _, which = text.partition("#")
        return number == int(day) and (moment.day - 1) // 7 + 1 == int(which)
    return in_field(text, number, 1)


def matches(text: str, moment: datetime) -> bool:
    minutes, hours, monthday, month, weekday, year = text.split()
    return (
        in_field(minutes, moment.minute, 0)
        and in_field(hours, moment.hour, 0)
        and in_field(month, moment.month, 1)
        and in_field(year, moment.year, 1970)
        and (on_weekday(weekday, moment) if monthday == "?" else on_monthday(monthday, moment))
    )


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda two: f"{min(two)}-{max(two)}")
    step = st.tuples(number.map(str) | span | st.just("*"), st.integers(1, 9)).map(
        lambda two: f"{two[0]}/{two[1]}"
    )
    return st.just("*") | st.lists(number.map(str) | span | step, min_size=1, max_size=3).map(",".join)


DAYS = st.one_of(
    fields(1, 31).map(lambda day: (day, "?")),
    st.sampled_from([("L", "?"), ("LW", "?")]),
    st.integers(1, 31).map(lambda day: (f"{day}W", "?")),
    fields(1, 7).map(lambda day: ("?", day)),
    st.just(("?", "L")),
    st.integers(1, 7).map(lambda day: ("?", f"{day}L")),
    st.tuples(st.integers(1, 7), st.integers(1, 5)).map(lambda two: ("?", f"{two[0]}#{two[1]}")),
)


@given(
    fields(0, 59),
    fields(0, 23),
    DAYS,
    fields(1, 12),
    st.datetimes(datetime(2023, 1, 1), datetime(2029, 1, 1)),
)
def test_it_agrees_with_the_reference(
    minutes: str, hours: str, days: tuple[str, str], month: str, after: datetime
) -> None:
    text = f"{minutes} {hours} {days[0]} {month} {days[1]} *"
    found = parse(text).next(after)
    step, look = timedelta(minutes=1), after.replace(second=0, microsecond=0)
    for _ in range(1500):
        look += step
        if found is not None and look == found:
            assert matches(text, look)
            return
        assert not matches(text, look), look
    # Too far to look at each minute in between.
    assert found is None or matches(text, found)
