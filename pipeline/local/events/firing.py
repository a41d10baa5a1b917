"""Firings: one event that one rule, or one schedule, sends to one target."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pipeline.local.events.event import Event
from pipeline.local.records import Record

FIRING = "EventFiring"
"""Kind of the records, named by a digest of what they are."""

PENDING, DELIVERED, FAILED = "Pending", "Delivered", "Failed"

KEPT = 1000
"""Ended firings that are kept: enough to look back over days, and small beside a log."""


def name_of(source: str, event: Event, target: Mapping[str, Any]) -> str:
    """The name of the firing: the same when the same is recorded twice."""
    parts = "\n".join((source, event["id"], str(target.get("Id", ""))))
    return hashlib.sha256(parts.encode()).hexdigest()[:40]


def new_firing(source: str, event: Event, target: Mapping[str, Any], now: float, began: float) -> Record:
    """The record of a firing that is to be delivered.

    Args:
        source: ARN of the rule or schedule.
        event: What happened.
        target: The target as it is now, in the API's words.
        now: Seconds since the epoch.
        began: When it should have been delivered; its age counts from then.
    """
    return {
        "FiringId": name_of(source, event, target),
        "Source": source,
        "TargetArn": target["Arn"],
        "Target": dict(target),
        "Event": event,
        "Status": PENDING,
        "Attempts": 0,
        "BeginTime": began,
        "CreationTime": now,
        "NextAttemptTime": now,
    }
