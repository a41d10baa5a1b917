"""What targets do with a firing, by the service in their ARN."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend
from moto.core.exceptions import JsonRESTError, ServiceException

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.errors import ApiError
from pipeline.local.events.event import DEFAULT_BUS, Draft, Event
from pipeline.local.events.jsonpath import PathError, find
from pipeline.local.events.payload import payload
from pipeline.local.records import Record

START = "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution"
"""The universal target of Scheduler that is known here."""

REFUSALS = (ServiceException, JsonRESTError)
"""How moto says that it does not do something."""

_MS = 1000
_MAY_LOOP = ("sagemaker", "events")


class Undeliverable(Exception):
    """A target does not take a firing.

    Attributes:
        code: As in ERROR_CODE of a message in a dead-letter queue.
        reason: Why.
        again: Whether it may take it later.
    """

    def __init__(self, code: str, reason: str, *, again: bool = False) -> None:
        super().__init__(f"{code}: {reason}")
        self.code, self.reason, self.again = code, reason, again


@dataclass(frozen=True)
class Outlets:
    """Where firings go.

    Attributes:
        call: Our own API.
        keeping: A block that ends when what was written to moto in it is kept.
        publish: Sends events on.
        clock: Seconds since the epoch.
    """

    call: Callable[[str, Mapping[str, Any]], Record]
    keeping: Callable[[], AbstractContextManager[None]]
    publish: Callable[[list[Draft]], None]
    clock: Callable[[], float]


@dataclass(frozen=True)
class Shot:
    """One try to deliver a firing.

    Attributes:
        outlets: Where it goes.
        id: The firing's.
        source: ARN of the rule or the schedule.
        target: The target.
        event: The event.
        attempt: 1 for the first.
    """

    outlets: Outlets
    id: str
    source: str
    target: Mapping[str, Any]
    event: Event
    attempt: int

    @property
    def scheduled(self) -> bool:
        """Whether EventBridge Scheduler fires it, and no rule."""
        return ":scheduler:" in self.source

    @property
    def may_loop(self) -> bool:
        """Whether the target may cause the very event that it was fired for."""
        return self.service in _MAY_LOOP

    @property
    def service(self) -> str:
        """The service in the target's ARN; empty if it is none."""
        parts = str(self.target["Arn"]).split(":")
        return parts[2] if len(parts) > 5 else ""

    @property
    def place(self) -> str:
        """The last part of the target's ARN."""
        return str(self.target["Arn"]).split(":", 5)[5]

    def text(self) -> str:
        """What the target receives."""
        if not self.scheduled:
            try:
                return payload(self.target, self.event, self.source, self.outlets.clock())
            except PathError as error:
                raise Undeliverable("INVALID_PARAMETER", str(error)) from error
        given = self.target.get("Input")
        return json.dumps({**self.event, "detail": "{}"}) if given is None else self._with_context(given)

    def _with_context(self, text: str) -> str:
        context = {
            "schedule-arn": self.source,
            "scheduled-time": self.event["time"],
            "execution-id": self.event["id"],
            "attempt-number": str(self.attempt),
        }
        for name, value in context.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return text


def deliver(shot: Shot) -> str:
    """Deliver a firing.

    Returns:
        What came of it, such as the ARN of an execution.

    Raises:
        Undeliverable: The target does not take it.
    """
    arn = str(shot.target["Arn"])
    handler = TARGETS.get(shot.service)
    if handler is None:
        known = ", ".join(TARGETS)
        raise Undeliverable(
            "NOT_SUPPORTED_LOCALLY",
            f"{arn}: the local SageMaker delivers to {known}, not to '{shot.service}'",
        )
    try:
        return handler(shot)
    except REFUSALS as error:
        raise Undeliverable("NO_RESOURCE", f"{arn}: {error}") from error


def _pipeline(shot: Shot) -> str:
    given = (shot.target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or []
    try:
        parameters = [{"Name": each["Name"], "Value": _value(shot, each["Value"])} for each in given]
    except PathError as error:
        raise Undeliverable("INVALID_PARAMETER", str(error)) from error
    kind, _, name = shot.place.partition("/")
    if kind != "pipeline" or not name:
        raise Undeliverable("NOT_SUPPORTED_LOCALLY", f"{shot.target['Arn']} is not the ARN of a pipeline")
    request: dict[str, Any] = {"PipelineName": name}
    if parameters:
        request["PipelineParameters"] = parameters
    return _start(shot, request)


def _value(shot: Shot, value: str) -> str:
    if shot.scheduled or not value.startswith("$."):
        return value
    found = find(value, shot.event)
    return found if isinstance(found, str) else json.dumps(found)


def _start(shot: Shot, request: Mapping[str, Any]) -> str:
    # The same firing starts one execution, however often it is delivered.
    token = hashlib.sha256(f"events {shot.id}".encode()).hexdigest()
    try:
        answer = shot.outlets.call("StartPipelineExecution", {"ClientRequestToken": token, **request})
    except ApiError as error:
        again = error.status >= 500 or error.code in ("ThrottlingException", "ResourceLimitExceeded")
        raise Undeliverable(error.code, error.message, again=again) from error
    return str(answer["PipelineExecutionArn"])


def _universal(shot: Shot) -> str:
    if str(shot.target["Arn"]).lower() != START.lower():
        raise Undeliverable(
            "NOT_SUPPORTED_LOCALLY", f"{shot.target['Arn']}: of the universal targets, {START} is known"
        )
    try:
        request = json.loads(shot.text())
    except ValueError as error:
        raise Undeliverable("INVALID_PARAMETER", f"Input is not JSON: {error}") from error
    if not isinstance(request, dict):
        raise Undeliverable("INVALID_PARAMETER", "Input is not a JSON object")
    return _start(shot, request)


def _queue(shot: Shot) -> str:
    group = (shot.target.get("SqsParameters") or {}).get("MessageGroupId")
    return send(shot.outlets, str(shot.target["Arn"]), shot.text(), {}, group)


def send(
    outlets: Outlets, arn: str, text: str, attributes: Mapping[str, str], group: str | None = None
) -> str:
    """Send a message to a queue.

    Returns:
        Its ARN and the message's id.

    Raises:
        ServiceException: moto refuses it.
    """
    written = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
    }
    with outlets.keeping():
        queues = get_backend("sqs")[ACCOUNT][REGION]
        message = queues.send_message(arn.rpartition(":")[2], text, written or None, group_id=group)
    return f"{arn} {message.id}"


def _topic(shot: Shot) -> str:
    arn, text = str(shot.target["Arn"]), shot.text()
    with shot.outlets.keeping():
        message = get_backend("sns")[ACCOUNT][REGION].publish(text, arn=arn)
    return f"{arn} {message}"


def _log_group(shot: Shot) -> str:
    name = shot.place.removeprefix("log-group:").removesuffix(":*")
    text = shot.text()
    entry = {"timestamp": int(shot.outlets.clock() * _MS), "message": text}
    with shot.outlets.keeping():
        logs = get_backend("logs")[ACCOUNT][REGION]
        logs.create_log_stream(name, shot.id)
        logs.put_log_events(name, shot.id, [entry])
    return f"{name} {shot.id}"


def _bus(shot: Shot) -> str:
    bus = shot.place.partition("event-bus/")[2] or DEFAULT_BUS
    if bus not in get_backend("events")[ACCOUNT][REGION].event_buses:
        raise Undeliverable("NO_RESOURCE", f"Event bus {bus} does not exist.")
    event = shot.event
    if shot.scheduled:
        given = shot.target.get("EventBridgeParameters") or {}
        detail = json.loads(shot.text())
        draft = Draft(given["Source"], given["DetailType"], (shot.source,), detail, bus)
    else:
        draft = Draft(
            event["source"],
            event["detail-type"],
            tuple(event["resources"]),
            event["detail"],
            bus,
            event["id"],
        )
    shot.outlets.publish([draft])
    return str(shot.target["Arn"])


TARGETS: Mapping[str, Callable[[Shot], str]] = {
    "sagemaker": _pipeline,
    "scheduler": _universal,
    "sqs": _queue,
    "sns": _topic,
    "logs": _log_group,
    "events": _bus,
}
DELIVERED_TO: Mapping[str, str] = {
    "sagemaker": "a pipeline: an execution starts; values that begin with `$.` are taken from a rule's event",
    "scheduler": f"of Scheduler's universal targets, `{START}`",
    "sqs": "a queue: a message",
    "sns": "a topic: a message",
    "logs": "a log group: a stream for each firing",
    "events": "another event bus: its rules are asked",
}
"""For the page of parity."""
