"""Dead-letter queues: where a firing goes that cannot be delivered."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from pipeline.local.events.targets import REFUSALS, Shot, Undeliverable, send

_log = logging.getLogger(__name__)


def post(shot: Shot, error: Undeliverable, exhausted: str | None) -> str | None:
    """Send a firing to its dead-letter queue.

    Args:
        shot: The last try.
        error: Why it failed.
        exhausted: Which part of the RetryPolicy has come to its end; None: trying again is useless.

    Returns:
        The queue's ARN and the message's id, or why it cannot be sent; None: there is no such queue.
    """
    queue = (shot.target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return None
    attributes = _of_schedule if shot.scheduled else _of_rule
    try:
        return send(shot.outlets, queue, _body(shot), attributes(shot, error, exhausted))
    except REFUSALS as refused:
        _log.error("dead-letter queue %s: %s", queue, refused)
        return f"not sent to {queue}: {refused}"


def _body(shot: Shot) -> str:
    try:
        return shot.text()
    except Undeliverable:
        # What the target would receive is just what cannot be made.
        return json.dumps(shot.event)


def _of_rule(shot: Shot, error: Undeliverable, exhausted: str | None) -> Mapping[str, str]:
    """Source: "Using dead-letter queues to process undelivered events" of the EventBridge User Guide."""
    return {
        "RULE_ARN": shot.source,
        "TARGET_ARN": shot.target["Arn"],
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.reason,
        "EXHAUSTED_RETRY_CONDITION": exhausted or "",
        "RETRY_ATTEMPTS": str(shot.attempt - 1),
    }


def _of_schedule(shot: Shot, error: Undeliverable, exhausted: str | None) -> Mapping[str, str]:
    """Source: "Configuring a schedule's dead-letter queue" of the EventBridge Scheduler User Guide."""
    return {
        "SCHEDULE_ARN": shot.source,
        "TARGET_ARN": shot.target["Arn"],
        "EXECUTION_ID": shot.event["id"],
        "SCHEDULED_TIME": shot.event["time"],
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.reason,
        "EXHAUSTED_RETRY_CONDITION": exhausted or "",
        "RETRY_ATTEMPTS": str(shot.attempt - 1),
        "IS_PAYLOAD_TRUNCATED": "false",
    }
