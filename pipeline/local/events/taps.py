"""Where moto tells of what happens in it: objects, PutEvents, rules and schedules.

moto keeps rules and schedules, and delivers some events itself. Here it delivers none (but to its archives):
what it would deliver is gathered, and goes its way when what caused it is kept.

It leans on these internals of moto 5.2: `send_event` calls `_send_event_bridge_message` for a bucket whose
notifications go to EventBridge; `S3Backend._set_delete_marker` and `delete_object`; `put_events` of
`EventsBackend` calls `Rule.send_to_targets`; its `put_rule` and `put_targets`;
`EventsHandler.test_event_pattern`; `create_schedule` and `update_schedule` of `EventBridgeSchedulerBackend`,
and `EventBridgeSchedulerResponse.update_schedule`.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import moto.s3.notifications
from moto.events.exceptions import InvalidEventPatternException, ValidationException
from moto.events.models import EventsBackend, Rule
from moto.events.responses import EventsHandler
from moto.s3.models import S3Backend
from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.exceptions import ValidationException as SchedulerException
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.scheduler.responses import EventBridgeSchedulerResponse

from pipeline.local.events import stored, timing
from pipeline.local.events.event import DEFAULT_BUS, Draft
from pipeline.local.events.pattern import PatternError, compile_pattern

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
_PLACE = "sageMakerPipelineParameters.pipelineParameterList"
_ROLE_NEEDED = ":sagemaker:"


@dataclass
class Gathered:
    """What happened in one write to moto.

    Attributes:
        drafts: The events, oldest first.
        schedules: Whether rules or schedules may have changed.
    """

    drafts: list[Draft] = field(default_factory=list)
    schedules: bool = False


# Each thread has its own.
_GATHERED: ContextVar[Gathered | None] = ContextVar("gathered", default=None)
_SEQUENCE = itertools.count()


@contextmanager
def gathering() -> Iterator[Gathered | None]:
    """Gather what this thread causes in a block. Inside of another one: None, the outer one gathers."""
    if _GATHERED.get() is not None:
        yield None
        return
    gathered = Gathered()
    token = _GATHERED.set(gathered)
    try:
        yield gathered
    finally:
        _GATHERED.reset(token)


def _gather(draft: Draft | None) -> None:
    gathered = _GATHERED.get()
    if gathered is not None and draft is not None:
        gathered.drafts.append(draft)


def install() -> None:
    """Make moto tell. A second call changes nothing."""
    if moto.s3.notifications._send_event_bridge_message is _object_changed:
        return
    moto.s3.notifications._send_event_bridge_message = _object_changed
    _wrap(S3Backend, "_set_delete_marker", _telling_of_markers)
    _wrap(S3Backend, "delete_object", _telling_of_versions)
    _wrap(EventsBackend, "put_events", _telling_of_events)
    _wrap(Rule, "send_to_targets", _only_to_archives)
    _wrap(EventsBackend, "put_rule", _checking_rules)
    _wrap(EventsBackend, "put_targets", _checking_targets)
    for name in ("create_schedule", "update_schedule"):
        _wrap(EventBridgeSchedulerBackend, name, _checking_schedules)
    for made, names in (
        (EventsBackend, ("put_rule", "delete_rule", "enable_rule", "disable_rule", "put_targets")),
        (EventBridgeSchedulerBackend, ("create_schedule", "update_schedule", "delete_schedule")),
        (EventBridgeSchedulerBackend, ("delete_schedule_group",)),
    ):
        for name in names:
            _wrap(made, name, _telling_of_schedules)
    EventsHandler.test_event_pattern = _test_pattern
    _wrap(EventBridgeSchedulerResponse, "update_schedule", _updating_wholly)


def _wrap(made: Any, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    before = getattr(made, name)
    setattr(made, name, functools.wraps(before)(around(before)))


def _object_changed(_account: str, bucket: Any, happened: Any, key: Any) -> None:
    # In the order of the clock, and of the calls where the clock stands still.
    sequencer = f"{time.time_ns() // 1000:012X}{next(_SEQUENCE) % 0x10000:04X}"
    _gather(
        stored.draft(
            bucket, str(getattr(happened, "value", happened)), key, sequencer, uuid.uuid4().hex[:16].upper()
        )
    )


def _telling_of_markers(before: Callable[..., Any]) -> Callable[..., Any]:
    def set_delete_marker(self: Any, bucket_name: str, key_name: str) -> Any:
        marker = before(self, bucket_name, key_name)
        bucket = self.get_bucket(bucket_name)
        if _tells(bucket):
            _object_changed(self.account_id, bucket, stored.MARKED, marker)
        return marker

    return set_delete_marker


def _telling_of_versions(before: Callable[..., Any]) -> Callable[..., Any]:
    """Tell of a deleted version when others are left, of which moto tells nothing."""

    def delete_object(
        self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> Any:
        bucket = self.get_bucket(bucket_name)
        versions = bucket.keys.getlist(key_name, []) if version_id and _tells(bucket) else []
        done = before(self, bucket_name, key_name, version_id, bypass)
        if bucket.keys.getlist(key_name, []):
            for version in versions:
                if str(version.version_id) == str(version_id):
                    _object_changed(self.account_id, bucket, stored.REMOVED, version)
        return done

    return delete_object


def _tells(bucket: Any) -> bool:
    settings = bucket.notification_configuration
    return settings is not None and settings.event_bridge is not None


def _telling_of_events(before: Callable[..., Any]) -> Callable[..., Any]:
    def put_events(self: Any, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = before(self, events)
        for given, entry in zip(events, entries, strict=True):
            if "EventId" in entry:
                _gather(_given(given, entry["EventId"]))
        return entries

    return put_events


def _given(entry: dict[str, Any], event_id: str) -> Draft | None:
    detail = json.loads(entry["Detail"])
    if not isinstance(detail, dict):
        # AWS takes it and matches it with nothing.
        return None
    return Draft(
        source=entry["Source"],
        detail_type=entry["DetailType"],
        resources=tuple(entry.get("Resources") or ()),
        detail=detail,
        bus=(entry.get("EventBusName") or DEFAULT_BUS).rpartition("/")[2],
        id=event_id,
        time=float(entry["Time"]) if isinstance(entry.get("Time"), int | float) else None,
    )


def _only_to_archives(before: Callable[..., Any]) -> Callable[..., Any]:
    def send_to_targets(self: Any, *arguments: Any, **named: Any) -> None:
        # moto makes these rules itself, for its archives.
        if self.managed_by:
            before(self, *arguments, **named)

    return send_to_targets


def _checking_rules(before: Callable[..., Any]) -> Callable[..., Any]:
    def put_rule(self: Any, name: str, **given: Any) -> Any:
        try:
            if given.get("event_pattern"):
                compile_pattern(given["event_pattern"])
            if given.get("scheduled_expression"):
                timing.parse(given["scheduled_expression"], strict=True)
        except PatternError as error:
            raise InvalidEventPatternException(str(error)) from error
        except timing.TimingError as error:
            raise ValidationException(
                f"Parameter ScheduleExpression is not valid. Reason: {error}"
            ) from error
        return before(self, name, **given)

    return put_rule


def _checking_targets(before: Callable[..., Any]) -> Callable[..., Any]:
    def put_targets(self: Any, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
        for index, target in enumerate(targets, 1):
            _check_target(index, target)
        before(self, name, event_bus_arn, targets)

    return put_targets


def _check_target(index: int, target: dict[str, Any]) -> None:
    if _ROLE_NEEDED in target["Arn"] and not target.get("RoleArn"):
        raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
    parameters = (target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or []
    for number, parameter in enumerate(parameters, 1):
        if not _NAME.fullmatch(parameter["Name"]):
            place = f"targets.{index}.member.{_PLACE}.{number}.member.name"
            raise ValidationException(
                f"1 validation error detected: Value '{parameter['Name']}' at '{place}' failed to satisfy "
                f"constraint: Member must satisfy regular expression pattern: ^{_NAME.pattern}$"
            )


def _checking_schedules(before: Callable[..., Any]) -> Callable[..., Any]:
    def put_schedule(self: Any, **given: Any) -> Any:
        expression, zone = given["schedule_expression"], given["schedule_expression_timezone"]
        if (group := given["group_name"] or "default") not in self.schedule_groups:
            raise ScheduleGroupNotFound(group)
        try:
            timing.parse(expression, zone or "UTC")
        except timing.TimingError as error:
            raise SchedulerException(f"Invalid Schedule Expression {expression}. Reason: {error}") from error
        window = given["flexible_time_window"]
        if window["Mode"] == "FLEXIBLE" and not window.get("MaximumWindowInMinutes"):
            raise SchedulerException(
                "FlexibleTimeWindow of mode FLEXIBLE must have MaximumWindowInMinutes, from 1 to 1440."
            )
        return before(self, **given)

    return put_schedule


def _updating_wholly(before: Callable[..., Any]) -> Callable[..., Any]:
    """UpdateSchedule sets what is not given to its default; moto forgets two of them."""

    def update_schedule(self: Any) -> str:
        answer: str = before(self)
        name = self.uri.partition("?")[0].rpartition("/")[2]
        schedule = self.scheduler_backend.get_schedule(self._get_param("GroupName"), name)
        schedule.action_after_completion = self._get_param("ActionAfterCompletion") or "NONE"
        schedule.state = schedule.state or "ENABLED"
        return answer

    return update_schedule


def _telling_of_schedules(before: Callable[..., Any]) -> Callable[..., Any]:
    def change(self: Any, *arguments: Any, **named: Any) -> Any:
        if (gathered := _GATHERED.get()) is not None:
            gathered.schedules = True
        return before(self, *arguments, **named)

    return change


def _test_pattern(self: Any) -> str:
    """TestEventPattern, which moto leaves out."""
    try:
        event = json.loads(self._get_param("Event"))
        matches = compile_pattern(self._get_param("EventPattern"))(event)
    except PatternError as error:
        raise InvalidEventPatternException(str(error)) from error
    except ValueError as error:
        raise ValidationException(f"Parameter Event is not valid. Reason: {error}") from error
    return json.dumps({"Result": matches})
