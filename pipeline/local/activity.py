"""What a local SageMaker is at, read from its records by another process."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from pipeline.local.home import Home

_KIND = "PipelineExecution"
_RUNNING = ("Executing", "Stopping")


def running_executions(home: Path) -> tuple[str, ...]:
    """Executions that have not ended, as `<pipeline>/<execution id>`, the oldest first."""
    file = Home(home).records
    if not file.is_file():
        return ()
    # Read only: the server is the only one that writes.
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute(
                "SELECT name, body FROM records WHERE kind = ? ORDER BY seq", (_KIND,)
            ).fetchall()
    except sqlite3.Error:
        # To tell what runs is a courtesy; it must not keep anybody from stopping the server.
        return ()
    return tuple(name for name, body in rows if json.loads(body)["PipelineExecutionStatus"] in _RUNNING)
