"""Waiting that ends when the server goes down."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Protocol

WAIT_SCALE = "IMGPIPE_LOCAL_WAIT_SCALE"
"""Variable of the server's environment: by how much deployments of endpoints wait shorter, in [0, 1]."""

_log = logging.getLogger(__name__)


def wait_scale(environment: Mapping[str, str]) -> float:
    """What WAIT_SCALE says; 1 if it is not set, or no number from 0 to 1."""
    given = environment.get(WAIT_SCALE, "1")
    try:
        scale = float(given)
    except ValueError:
        scale = -1
    if 0 <= scale <= 1:
        return scale
    _log.warning("%s is %r, which is no number from 0 to 1: deployments wait as asked", WAIT_SCALE, given)
    return 1.0


class Clockwork(Protocol):
    """Time as a deployment has it."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""

    def wait(self, seconds: float) -> bool:
        """Wait; returns early, with True, once `end` was called."""

    def end(self) -> None:
        """Wake everyone who waits; nobody waits from now on."""


class Wall:
    """The time of this machine."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the end."""
        return self._ended.wait(seconds)

    def end(self) -> None:
        """Wake everyone who waits."""
        self._ended.set()
