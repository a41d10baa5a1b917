"""The bridge: takes events, asks the rules and schedules, and delivers what they fire.

    change of a record ─┐                        ┌ started execution
    write to moto ──────┼→ events → firings ─→ targets ─ message, log, …
    a schedule's moment ┘          (recorded)    └ tried again, dead-letter queue

A firing is recorded before what caused it is acknowledged, for a record in one transaction with it. So it
is delivered after a `kill -9` too: an execution starts once, as its token is made of the firing's id; a queue
may get a message twice, as on AWS.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from pipeline.local.events import changes, letters, rules, schedules
from pipeline.local.events.event import DEFAULT_BUS, Draft
from pipeline.local.events.firing import DELIVERED, FAILED, FIRING, KEPT, PENDING, new_firing
from pipeline.local.events.guard import Guard
from pipeline.local.events.schedules import CLOCK, MAXIMUM_AGE, Schedule
from pipeline.local.events.targets import Outlets, Shot, Undeliverable, deliver
from pipeline.local.records import Change, Record, RecordExists, RecordMissing, Records, RecordsClosed

# Tries double their distance: 2 s, 4 s, … and no more than five minutes.
_LONGEST_WAIT = 300
_MOST_TRIES = 185
# A clock that is set is noticed within this time.
_LONGEST_SLEEP = 30.0

_log = logging.getLogger(__name__)


class Bridge:
    """EventBridge and its Scheduler.

    Args:
        records: All that is recorded; firings and clocks of schedules are among them.
        call: Our own API.
        keeping: A block that ends when what was written to moto in it is kept.
        clock: Seconds since the epoch.
        new_id: A UUID, for an event.
    """

    def __init__(
        self,
        records: Records,
        call: Callable[[str, Mapping[str, Any]], Record],
        keeping: Callable[[], AbstractContextManager[None]],
        clock: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self._records = records
        self._clock = clock
        self._new_id = new_id
        self._keeping = keeping
        self._outlets = Outlets(call, keeping, self.publish, clock)
        self._guard = Guard()
        self._pending: dict[str, float] = {}
        self._ended: deque[str] = deque()
        self._turn = threading.RLock()
        self._wake = threading.Condition()
        self._stirred = self._closed = False
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        records.accompany(self._firings_of_change)
        records.subscribe(self._note)

    def start(self) -> None:
        """Deliver what an earlier server has left, and all that comes, in a thread."""
        self.restore()
        self._thread.start()

    def restore(self) -> None:
        """Find what an earlier server has left."""
        for name, record in self._records.items(FIRING):
            if record["Status"] == PENDING:
                self._pending[name] = record["NextAttemptTime"]
            else:
                self._ended.append(name)
        self.note_schedules()

    def close(self) -> None:
        """Deliver no more; what is left is delivered by the next server."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def publish(self, drafts: Iterable[Draft]) -> None:
        """Record the firings of events, and return when they are."""
        now = self._clock()
        for draft in drafts:
            event = draft.event(self._new_id(), now)
            for firing in rules.firings(event, draft.bus, now):
                self._create(firing)

    def note_schedules(self) -> None:
        """Record since when there are the schedules that are new or have changed; look at them at once."""
        with self._turn:
            self._set_clocks({each.arn: each for each in schedules.find_all()})
        self.wake()

    def _set_clocks(self, found: Mapping[str, Schedule]) -> None:
        now = self._clock()
        clocks = dict(self._records.items(CLOCK))
        for arn in clocks.keys() - found.keys():
            self._records.delete(CLOCK, arn)
        for arn, schedule in found.items():
            if arn not in clocks:
                self._records.create(CLOCK, arn, schedule.first_clock(now))
                _warn_of_window(schedule)
            elif clocks[arn]["Form"] != schedule.form:
                self._records.update(CLOCK, arn, **schedule.new_clock(now))

    def wake(self) -> None:
        """Look again now what is due."""
        with self._wake:
            self._stirred = True
            self._wake.notify_all()

    def run_due(self) -> float | None:
        """Fire and deliver all that is due.

        Returns:
            When there is more to do; None: nothing is known.
        """
        with self._turn:
            coming = [moment for each in schedules.find_all() if (moment := self._fire(each)) is not None]
            while due := [name for name, moment in list(self._pending.items()) if moment <= self._clock()]:
                for name in due:
                    self._deliver(name)
            self._forget()
            return min([*coming, *self._pending.values()], default=None)

    def _run(self) -> None:
        while True:
            try:
                coming = self.run_due()
            except RecordsClosed:
                return
            except Exception:
                # A full disk, for instance. The next look tries again.
                _log.exception("events wait")
                coming = None
            with self._wake:
                sleep = _LONGEST_SLEEP if coming is None else min(coming - self._clock(), _LONGEST_SLEEP)
                if not self._stirred and not self._closed and sleep > 0:
                    self._wake.wait(sleep)
                self._stirred = False
                if self._closed:
                    return

    def _firings_of_change(self, change: Change) -> list[tuple[str, str, Record]]:
        try:
            return list(self._of_change(change))
        except Exception:
            # The change must not fail because of us.
            _log.exception("no event of the change of %s %s", change.kind, change.name)
            return []

    def _of_change(self, change: Change) -> Iterator[tuple[str, str, Record]]:
        if change.kind not in changes.MAKERS or not rules.rules_of(DEFAULT_BUS):
            return
        now = self._clock()
        for draft in changes.drafts(change, self._tags):
            for firing in rules.firings(draft.event(self._new_id(), now), draft.bus, now):
                yield FIRING, firing["FiringId"], firing

    def _tags(self, arn: str) -> dict[str, str]:
        record = self._records.get("Tags", arn) or {"Tags": []}
        return {tag["Key"]: tag["Value"] for tag in record["Tags"]}

    def _note(self, change: Change) -> None:
        if change.kind == FIRING and change.before is None and change.after is not None:
            self._pending[change.name] = change.after["NextAttemptTime"]
            self.wake()

    def _create(self, firing: Record) -> None:
        try:
            self._records.create(FIRING, firing["FiringId"], firing)
        except RecordExists:
            # Recorded before a kill, and not yet noted.
            return

    def _fire(self, schedule: Schedule) -> float | None:
        """Record the firings of a schedule that are due; returns its next moment."""
        clock, now = self._records.get(CLOCK, schedule.arn), self._clock()
        if clock is None or clock["Form"] != schedule.form or not schedule.enabled:
            # Its write is not kept yet: the look comes when it is.
            return None
        moment, missed = schedule.due(clock, now)
        if moment is not None:
            if missed:
                _log.warning("%s: %s earlier moments passed unnoticed and do not fire", schedule.arn, missed)
            event = schedule.event(moment)
            for target in schedule.targets:
                self._create(new_firing(schedule.arn, event, target, now, moment))
            clock = self._records.update(CLOCK, schedule.arn, Last=moment, Fired=True)
        coming = schedule.next(clock)
        if coming is None and schedule.remove and (clock.get("Fired") or schedule.has_ended(now)):
            self._remove(schedule)
        return coming

    def _remove(self, schedule: Schedule) -> None:
        """Delete a schedule that is over, when all that it has fired has ended."""
        pending = (self._records.get(FIRING, name) or {} for name in list(self._pending))
        if any(firing.get("Source") == schedule.arn for firing in pending):
            return
        with self._keeping():
            schedules.remove(schedule.arn)
        self._records.delete(CLOCK, schedule.arn)
        _log.info("%s is over and deleted", schedule.arn)

    def _deliver(self, name: str) -> None:
        firing = self._records.get(FIRING, name)
        if firing is None or firing["Status"] != PENDING:
            self._pending.pop(name, None)
            return
        attempt = firing["Attempts"] + 1
        shot = Shot(self._outlets, name, firing["Source"], firing["Target"], firing["Event"], attempt)
        try:
            self._refuse(shot, firing)
            result = deliver(shot)
        except Undeliverable as error:
            self._failed(shot, firing, error)
        except RecordsClosed:
            raise
        except Exception as error:
            _log.exception("%s to %s", shot.source, firing["TargetArn"])
            text = f"{type(error).__name__}: {error}"
            self._failed(shot, firing, Undeliverable("SDK_CLIENT_ERROR", text, again=True))
        else:
            _log.info("%s fired: %s", shot.source, result)
            self._end(shot, Status=DELIVERED, Result=result, Reason=None)

    def _refuse(self, shot: Shot, firing: Record) -> None:
        """Refuse what is too old, and what a rule in a loop fires."""
        age = self._clock() - firing["BeginTime"]
        if firing["Attempts"] == 0 and age > _maximum_age(shot.target):
            raise Undeliverable(
                "EVENT_AGE_EXCEEDED", f"it was due {age:.0f} s before the server could fire it"
            )
        if shot.scheduled or firing["Attempts"] or not shot.may_loop:
            return
        if reason := self._guard.excess(shot.source, self._clock()):
            with self._keeping():
                rules.disable(shot.source)
            _log.error("%s is disabled: %s; EnableRule lets it fire again", shot.source, reason)
            raise Undeliverable("LOOP", f"the rule is disabled, as {reason}; EnableRule lets it fire again")

    def _failed(self, shot: Shot, firing: Record, error: Undeliverable) -> None:
        """Try again later, or give up."""
        policy = shot.target.get("RetryPolicy") or {}
        after = self._clock() + min(2**shot.attempt, _LONGEST_WAIT)
        exhausted = None
        if shot.attempt > policy.get("MaximumRetryAttempts", _MOST_TRIES):
            exhausted = "MaximumRetryAttempts"
        elif after > firing["BeginTime"] + _maximum_age(shot.target):
            exhausted = "MaximumEventAgeInSeconds"
        reason = f"{error.code}: {error.reason}"
        if error.again and exhausted is None:
            _log.warning("%s is tried again: %s", shot.source, reason)
            self._records.update(FIRING, shot.id, Attempts=shot.attempt, NextAttemptTime=after, Reason=reason)
            self._pending[shot.id] = after
            return
        _log.error("%s is not delivered: %s", shot.source, reason)
        letter = letters.post(shot, error, exhausted if error.again else None)
        self._end(shot, Status=FAILED, Reason=reason, DeadLetter=letter)

    def _end(self, shot: Shot, **fields: object) -> None:
        try:
            now = self._clock()
            self._records.update(
                FIRING, shot.id, **fields, Attempts=shot.attempt, EndTime=now, NextAttemptTime=None
            )
            self._ended.append(shot.id)
        except RecordMissing:
            _log.warning("firing %s is gone", shot.id)
        self._pending.pop(shot.id, None)

    def _forget(self) -> None:
        """Remove the oldest of the firings that have ended."""
        while len(self._ended) > KEPT:
            name = self._ended.popleft()
            if self._records.get(FIRING, name) is not None:
                self._records.delete(FIRING, name)


def _maximum_age(target: Mapping[str, Any]) -> int:
    return int((target.get("RetryPolicy") or {}).get("MaximumEventAgeInSeconds", MAXIMUM_AGE))


def _warn_of_window(schedule: Schedule) -> None:
    if schedule.window is not None:
        _log.warning(
            "%s: its flexible time window of %s minutes is ignored, it fires at the beginning",
            schedule.arn,
            schedule.window,
        )
