"""Time that a test moves by hand (Clockwork)."""

from __future__ import annotations

import threading

SECONDS = 30.0


class Hands:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._now = 0.0
        self._ended = False

    def now(self) -> float:
        return self._now

    def wait(self, seconds: float) -> bool:
        with self._moved:
            until = self._now + seconds
            assert self._moved.wait_for(lambda: self._now >= until or self._ended, SECONDS)
            return self._ended

    def end(self) -> None:
        with self._moved:
            self._ended = True
            self._moved.notify_all()

    def move(self, seconds: float) -> None:
        with self._moved:
            self._now += seconds
            self._moved.notify_all()
