"""Time that a test moves by hand (Clockwork)."""

from __future__ import annotations

import threading

SECONDS = 30.0


class Hands:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._now = 0.0
        self._waiting = 0
        self._ended = False

    def now(self) -> float:
        return self._now

    def wait(self, seconds: float) -> bool:
        with self._changed:
            until = self._now + seconds
            self._waiting += 1
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._now >= until or self._ended, SECONDS)
            self._waiting -= 1
            return self._ended

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def until_waiting(self) -> None:
        """Return when somebody waits."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._waiting > 0, SECONDS)

    def move(self, seconds: float) -> None:
        """Let so much time go by, once somebody waits."""
        self.until_waiting()
        with self._changed:
            self._now += seconds
            self._changed.notify_all()
