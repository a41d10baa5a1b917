"""The schedules that moto keeps, of EventBridge Scheduler and of rules, and when they fire.

When several moments pass while nobody looks, as the server is down or the machine sleeps, the last of them
fires, late, unless it is older than the target's MaximumEventAgeInSeconds. AWS would have fired each in time.
"""

from __future__ import annotations

import functools
import json
import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.events import rules, timing
from pipeline.local.events.event import DEFAULT_BUS, Draft, Event
from pipeline.local.records import Record

CLOCK = "ScheduleClock"
"""Kind of the records that say how far a schedule is, named by its ARN."""

MAXIMUM_AGE = 86_400
"""MaximumEventAgeInSeconds, if none is said."""

# Seconds: Scheduler fires within the minute. The SageMaker SDK sends the present moment as StartDate.
_PRECISION = 60

# More moments than these are not looked at one by one: those of four days, one a minute.
_MOST = 6_000

_log = logging.getLogger(__name__)
_parse = functools.lru_cache(maxsize=1024)(timing.parse)


@dataclass(frozen=True)
class Schedule:
    """One schedule, or a rule that has one.

    Attributes:
        arn: Of the schedule or the rule.
        expression: When.
        zone: Where the clock hangs.
        targets: In the API's words.
        enabled: Whether it fires.
        start: It does not fire before; seconds since the epoch.
        end: It does not fire after.
        remove: Whether it is deleted when it is over.
        window: Minutes of its flexible window.
        rule: Whether it is a rule's.
    """

    arn: str
    expression: str
    zone: str
    targets: tuple[Mapping[str, Any], ...] = field(hash=False)
    enabled: bool
    start: float | None = None
    end: float | None = None
    remove: bool = False
    window: int | None = None
    rule: bool = False

    @property
    def timing(self) -> timing.Timing:
        """When."""
        return _parse(self.expression, self.zone)

    @property
    def form(self) -> str:
        """What makes it another schedule when it changes."""
        return json.dumps([self.expression, self.zone, self.start, self.end, self.enabled])

    def first_clock(self, now: float) -> Record:
        """The clock of a new one. A rate fires at once, but that of a rule and one that starts later."""
        clock = self.new_clock(now)
        begins_now = self.start is None or now - _PRECISION < self.start <= now
        if isinstance(self.timing, timing.Rate) and not self.rule and begins_now:
            return {**clock, "Last": clock["Since"] - 0.001}
        return clock

    def new_clock(self, now: float) -> Record:
        """The clock of a schedule that has changed: it counts anew, and makes up for nothing."""
        since = now if self.start is None or not self.timing.repeats else self.start
        return {"Form": self.form, "Since": since, "Last": now}

    def has_ended(self, now: float) -> bool:
        """Whether its EndDate has passed."""
        return self.end is not None and self.end < now

    def next(self, clock: Record) -> float | None:
        """The next moment after the last; None: it is over."""
        return self._after(clock, clock["Last"])

    def _after(self, clock: Record, last: float) -> float | None:
        repeats = self.timing.repeats
        if repeats and self.start is not None:
            last = max(last, self.start - 0.001)
        moment = self.timing.next(last, clock["Since"])
        over = moment is None or (repeats and self.end is not None and moment > self.end)
        return None if over else moment

    def due(self, clock: Record, now: float) -> tuple[float | None, int]:
        """The last moment that has passed, and how many passed before it."""
        last, passed = None, 0
        moment = self.next(clock)
        while moment is not None and moment <= now:
            last, passed = moment, passed + 1
            # Far behind: what comes after a jump is as good.
            begin = max(moment, now - MAXIMUM_AGE) if passed == _MOST else moment
            moment = self._after(clock, begin)
        return last, max(passed - 1, 0)

    def event(self, moment: float) -> Event:
        """The event of one moment."""
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.arn} {moment}"))
        source = "aws.events" if self.rule else "aws.scheduler"
        return Draft(source, "Scheduled Event", (self.arn,), {}, DEFAULT_BUS, name, moment).event(
            name, moment
        )


def find_all() -> list[Schedule]:
    """All schedules that can be read."""
    return [each for each in (*_of_scheduler(), *_of_rules()) if _is_readable(each)]


def _of_scheduler() -> Iterator[Schedule]:
    groups = list(_scheduler().schedule_groups.values())
    for kept in (each for group in groups for each in list(group.schedules.values())):
        window = kept.flexible_time_window or {}
        yield Schedule(
            arn=kept.arn,
            expression=kept.schedule_expression,
            zone=kept.schedule_expression_timezone or "UTC",
            targets=(kept.target,),
            enabled=kept.state != "DISABLED",
            start=_time(kept.start_date),
            end=_time(kept.end_date),
            remove=kept.action_after_completion == "DELETE",
            window=window.get("MaximumWindowInMinutes") if window.get("Mode") == "FLEXIBLE" else None,
        )


def _of_rules() -> Iterator[Schedule]:
    bus = rules.backend().event_buses[DEFAULT_BUS]
    for rule in list(bus.rules.values()):
        if rule.scheduled_expression:
            targets = tuple(rule.targets)
            yield Schedule(
                rule.arn, rule.scheduled_expression, "UTC", targets, rule.state != "DISABLED", rule=True
            )


def _scheduler() -> Any:
    return get_backend("scheduler")[ACCOUNT][REGION]


def _time(value: Any) -> float | None:
    return None if value is None else float(value)


def _is_readable(schedule: Schedule) -> bool:
    try:
        return schedule.timing is not None
    except timing.TimingError as error:
        # Kept from a time before expressions were checked.
        _log.warning("schedule %s never fires: %s", schedule.arn, error)
        return False


def remove(arn: str) -> None:
    """Delete a schedule, as DeleteSchedule does; nothing if it is gone."""
    group, _, name = arn.partition(":schedule/")[2].partition("/")
    found = _scheduler().schedule_groups.get(group)
    if found is not None and name in found.schedules:
        found.delete_schedule(name)
