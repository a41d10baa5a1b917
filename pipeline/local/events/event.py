"""Events as EventBridge has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.events.timing import iso

Event = dict[str, Any]
"""The JSON object that patterns are matched with and targets receive."""

DEFAULT_BUS = "default"


@dataclass(frozen=True)
class Draft:
    """What happened, before it is an event.

    Attributes:
        source: Such as aws.sagemaker.
        detail_type: Such as Object Created.
        resources: ARNs.
        detail: What the source tells.
        bus: Name of the event bus.
        id: The event's id, if it has one already.
        time: Seconds since the epoch, if it is not now.
    """

    source: str
    detail_type: str
    resources: tuple[str, ...]
    detail: Mapping[str, Any]
    bus: str = DEFAULT_BUS
    id: str | None = None
    time: float | None = None

    def event(self, new_id: str, now: float) -> Event:
        """The event."""
        return {
            "version": "0",
            "id": self.id or new_id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": ACCOUNT,
            "time": iso(now if self.time is None else self.time),
            "region": REGION,
            "resources": list(self.resources),
            "detail": dict(self.detail),
        }
