"""A bridge without a server: its clock stands still, its API notes what is asked."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.errors import ApiError
from pipeline.local.events import taps
from pipeline.local.events.bridge import Bridge
from pipeline.local.events.event import Draft
from pipeline.local.events.firing import FIRING
from pipeline.local.records import Record, Records

PIPELINE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/p"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/imgpipe-execution"
START = "2026-11-23T12:00:00"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


@dataclass
class Place:
    """A bridge and what is around it. Nothing runs by itself: a test calls `run`."""

    folder: Path
    now: float = at(START)
    started: list[Mapping[str, Any]] = field(default_factory=list)
    refusal: ApiError | Exception | None = None
    records: Records = field(init=False)
    bridge: Bridge = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """A server starts; its thread does not."""
        numbers = itertools.count(1)
        self.records = Records(self.folder / "records.db")
        taps.install()
        self.bridge = Bridge(
            self.records,
            self._call,
            self.keeping,
            lambda: self.now,
            lambda: f"event-{next(numbers)}-{self.now}",
        )

    def kill(self) -> None:
        """It is gone without a word, and another one starts."""
        self.records.close()
        self.open()
        self.bridge.restore()

    def _call(self, operation: str, request: Mapping[str, Any]) -> Record:
        assert operation == "StartPipelineExecution"
        if self.refusal is not None:
            raise self.refusal
        self.started.append(request)
        return {"PipelineExecutionArn": f"{PIPELINE}/execution/{len(self.started)}"}

    @contextmanager
    def keeping(self) -> Iterator[None]:
        with taps.gathering() as gathered:
            yield
        if gathered is not None:
            self.bridge.publish(gathered.drafts)
            if gathered.schedules:
                self.bridge.note_schedules()

    def run(self, until: str | None = None) -> float | None:
        """Let the clock stand at a moment, and do what is due."""
        if until is not None:
            self.now = at(until)
        return self.bridge.run_due()

    def rule(
        self, name: str, pattern: Mapping[str, Any] | None, *targets: Mapping[str, Any], **more: Any
    ) -> str:
        """Put a rule; returns its ARN."""
        events = get_backend("events")[ACCOUNT][REGION]
        with self.keeping():
            text = None if pattern is None else json.dumps(pattern)
            rule = events.put_rule(name, event_pattern=text, **more)
            events.put_targets(name, more.get("event_bus_arn"), [dict(each) for each in targets])
        return str(rule.arn)

    def schedule(
        self, name: str, expression: str, target: Mapping[str, Any] | None = None, **more: Any
    ) -> str:
        """Create a schedule; returns its ARN."""
        given: dict[str, Any] = dict.fromkeys(
            ("description", "end_date", "group_name", "kms_key_arn", "start_date", "state")
        )
        given |= {"schedule_expression_timezone": None, "action_after_completion": None}
        given |= {"flexible_time_window": {"Mode": "OFF"}, "schedule_expression": expression, "name": name}
        given |= {"target": dict(target or {"Arn": PIPELINE, "RoleArn": ROLE}), **more}
        with self.keeping():
            return str(get_backend("scheduler")[ACCOUNT][REGION].create_schedule(**given).arn)

    def queue(self, name: str) -> str:
        """Make a queue; returns its ARN."""
        get_backend("sqs")[ACCOUNT][REGION].create_queue(name, {})
        return queue_arn(name)

    def messages(self, name: str) -> list[Any]:
        """The messages in a queue."""
        return list(get_backend("sqs")[ACCOUNT][REGION].get_queue(name)._messages)

    def bodies(self, name: str) -> list[Any]:
        """The bodies of the messages in a queue."""
        return [message.body for message in self.messages(name)]

    def publish(self, detail: Mapping[str, Any], detail_type: str = "T", bus: str = "default") -> None:
        self.bridge.publish([Draft("test", detail_type, (), detail, bus)])

    def firings(self) -> list[Record]:
        return self.records.list(FIRING)


def pipeline_target(**more: Any) -> dict[str, Any]:
    return {"Id": "1", "Arn": PIPELINE, "RoleArn": ROLE, **more}


@contextmanager
def opened(folder: Path) -> Iterator[Place]:
    """A place with a moto of its own: that of this process may belong to a server that is up."""
    backends = [get_backend(service) for service in ("events", "scheduler", "sqs", "sns", "logs")]
    before = [dict.copy(each) for each in backends]
    for each in backends:
        dict.clear(each)
    place = Place(folder)
    try:
        yield place
    finally:
        place.records.close()
        for each, kept in zip(backends, before, strict=True):
            dict.clear(each)
            dict.update(each, kept)
