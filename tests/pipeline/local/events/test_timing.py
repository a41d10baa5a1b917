from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.local.events.timing import TimingError, iso, parse


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def moments(expression: str, zone: str, after: str, count: int, since: str = "2026-01-01") -> list[str]:
    timing, moment, found = parse(expression, zone), at(after), []
    for _ in range(count):
        following = timing.next(moment, at(since))
        assert following is not None
        found.append(iso(following))
        moment = following
    return found


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        pytest.param(
            "rate(90 minutes)",
            "UTC",
            "2026-01-01T00:10",
            ["2026-01-01T01:30:00Z", "2026-01-01T03:00:00Z"],
            id="a rate counts from its start",
        ),
        pytest.param(
            "rate(1 day)",
            "Europe/Berlin",
            "2025-12-31",
            ["2026-01-01T00:00:00Z"],
            id="a rate starts with its start",
        ),
        pytest.param(
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "2026-03-28T00:00",
            ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"],
            id="the hour that is left out",
        ),
        pytest.param(
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "2026-10-24T12:00",
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            id="the hour that comes twice",
        ),
        pytest.param(
            "cron(0/30 * * * ? *)",
            "America/New_York",
            "2026-11-01T05:15",
            ["2026-11-01T05:30:00Z", "2026-11-01T07:00:00Z"],
            id="often, in the hour that comes twice",
        ),
        pytest.param(
            "cron(0 8 ? * MON *)",
            "Asia/Kolkata",
            "2026-11-23T00:00",
            ["2026-11-23T02:30:00Z"],
            id="half hours",
        ),
        pytest.param(
            "at(2026-12-24T18:00:00)", "Europe/Berlin", "2026-11-23", ["2026-12-24T17:00:00Z"], id="once"
        ),
    ],
)
def test_the_next_moments(expression: str, zone: str, after: str, expected: list[str]) -> None:
    assert moments(expression, zone, after, len(expected)) == expected


def test_once_is_over_afterwards() -> None:
    timing = parse("at(2026-12-24T18:00:00)")
    assert timing.next(at("2026-12-24T18:00"), 0.0) is None
    assert not timing.repeats


def test_an_hour_that_comes_twice_is_not_left_by_stepping_back() -> None:
    """Asked in the second of the two hours, the next moment lies after it."""
    timing = parse("cron(45 2 * * ? *)", "Europe/Berlin")
    following = timing.next(at("2026-10-25T01:10"), 0.0)
    assert following is not None
    assert iso(following) == "2026-10-26T01:45:00Z"


@pytest.mark.parametrize(
    ("expression", "zone", "reason"),
    [
        ("every day", "UTC", "every day is neither at(…), rate(…) or cron(…)"),
        ("at(tomorrow)", "UTC", "'tomorrow' is not of the form yyyy-mm-ddThh:mm:ss"),
        ("rate(0 minutes)", "UTC", "'0 minutes' is not a number from 1 and minutes, hours or days"),
        ("rate(5 seconds)", "UTC", "'5 seconds' is not a number from 1 and minutes, hours or days"),
        ("cron(0 12 * * ?)", "UTC", "a cron expression has 6 fields, not 5"),
        ("rate(1 day)", "Europe/Atlantis", "Europe/Atlantis is no time zone"),
        ("rate(1 day)", "../etc", "../etc is no time zone"),
    ],
)
def test_what_is_no_expression_is_told(expression: str, zone: str, reason: str) -> None:
    with pytest.raises(TimingError) as caught:
        parse(expression, zone)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("at(2026-12-24T18:00:00)", "at(2026-12-24T18:00:00) is neither rate(…) or cron(…)"),
        ("rate(1 days)", "'1 days': 1 goes with day, other numbers with days"),
        ("rate(2 hour)", "'2 hour': 1 goes with hour, other numbers with hours"),
    ],
)
def test_rules_are_stricter(expression: str, reason: str) -> None:
    parse(expression)
    with pytest.raises(TimingError) as caught:
        parse(expression, strict=True)
    assert str(caught.value) == reason


CHANGES = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    # Half an hour.
    "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),
    # At midnight.
    "America/Asuncion": ("2023-03-26", "2023-10-01"),
    "UTC": ("2026-01-01", "2026-07-01"),
}


@given(
    st.sampled_from([(zone, day) for zone, days in CHANGES.items() for day in days]),
    st.integers(-18 * 60, 18 * 60),
    st.sets(st.integers(0, 59), min_size=1, max_size=3),
    st.sets(st.integers(0, 5), min_size=1, max_size=3),
)
def test_around_changes_of_the_clock_it_agrees_with_the_reference(
    place: tuple[str, str], minutes: int, at_minutes: set[int], at_hours: set[int]
) -> None:
    """The reference looks at the clock on the wall in each minute."""
    zone, day = place
    after = at(f"{day}T12:00") + 60 * minutes
    text = f"cron({','.join(map(str, at_minutes))} {','.join(map(str, at_hours))} * * ? *)"
    found = parse(text, zone).next(after, 0.0)
    expected = None
    for number in range(1, 3 * 24 * 60):
        wall = datetime.fromtimestamp(after + 60 * number, ZoneInfo(zone))
        if wall.minute in at_minutes and wall.hour in at_hours and not wall.fold:
            expected = after + 60 * number
            break
    assert found == expected
