"""Changes of records that must not be lost when the disk is full."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0

_Result = TypeVar("_Result")

_log = logging.getLogger(__name__)


def insist(change: Callable[[], _Result]) -> _Result:
    """Make a change of the records; while they cannot be written, try again.

    How a job or a step ends is decided once: without this its record would say for ever that it runs. A store
    that is closed meanwhile ends it (RecordsClosed).
    """
    pause = _FIRST_PAUSE_S
    while True:
        try:
            return change()
        except sqlite3.OperationalError as error:
            if pause == _FIRST_PAUSE_S:
                _log.error("the end of something cannot be recorded yet: %s", error)
        # A disk does not tell when it has room again.
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
