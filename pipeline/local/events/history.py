"""What rules and schedules have fired, read from the records by another process."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from pipeline.local.events.firing import FIRING
from pipeline.local.events.timing import iso
from pipeline.local.home import Home
from pipeline.local.records import Record

_INSIDE = ("Target", "NextAttemptTime")
_TIMES = ("BeginTime", "CreationTime", "EndTime")


def firings(home: Path, last: int) -> list[Record]:
    """The last firings, the newest at the end; times as in ISO 8601.

    Args:
        home: The folder of imgpipe.
        last: How many.

    Raises:
        sqlite3.Error: The records cannot be read.
    """
    file = Home(home).records
    if not file.is_file():
        return []
    # Read only: the server is the only one that writes.
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT body FROM records WHERE kind = ? ORDER BY seq DESC LIMIT ?", (FIRING, last)
        ).fetchall()
    return [_shown(json.loads(body)) for (body,) in reversed(rows)]


def _shown(firing: Record) -> Record:
    found = {key: value for key, value in firing.items() if key not in _INSIDE}
    return found | {key: iso(found[key]) for key in _TIMES if key in found}


def name_of(source: str) -> str:
    """A rule or a schedule in a few words: `rule nightly`, `schedule default/weekly`."""
    kind, _, name = source.split(":", 5)[-1].partition("/")
    return f"{kind} {name}"


def cause(firing: Record) -> str:
    """What it was fired for: the event's type, and what the event is about if it says so in short."""
    event = firing["Event"]
    detail = event["detail"]
    thing = detail.get("object", {})
    about = thing.get("key") if isinstance(thing, dict) else None
    about = about or (event["resources"][-1].rpartition(":")[2] if event["resources"] else "")
    return (
        event["detail-type"]
        if event["detail-type"] == "Scheduled Event"
        else f"{event['detail-type']} {about}"
    )


def outcome(firing: Record) -> str:
    """What came of it."""
    if firing["Status"] == "Delivered":
        return str(firing["Result"])
    return f"{firing['Status'].lower()}: {firing['Reason']}" if "Reason" in firing else "to be delivered"
