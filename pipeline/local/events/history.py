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


def row(firing: Record) -> tuple[str, str, str, str]:
    """When, what fired, for what, and what came of it."""
    return firing["CreationTime"], _source(firing["Source"]), _cause(firing["Event"]), _outcome(firing)


def _source(arn: str) -> str:
    """`rule nightly` or `schedule default/weekly`."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    return f"{kind} {name}"


def _cause(event: Record) -> str:
    """The event's type, and the object or the resource that it is about."""
    kind, thing = event["detail-type"], event["detail"].get("object")
    if isinstance(thing, dict) and "key" in thing:
        return f"{kind} {thing['key']}"
    if kind == "Scheduled Event" or not event["resources"]:
        return str(kind)
    return f"{kind} {event['resources'][-1].split(':', 5)[-1]}"


def _outcome(firing: Record) -> str:
    if firing["Status"] == "Delivered":
        return str(firing["Result"])
    return f"{firing['Status'].lower()}: {firing['Reason']}" if "Reason" in firing else "to be delivered"
