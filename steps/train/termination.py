"""SIGTERM, which SageMaker sends two minutes before it kills the job (StopTrainingJob)."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODE = 128 + signal.SIGTERM
"""What shells report for a process that SIGTERM ended."""

_log = logging.getLogger(__name__)


class Termination:
    """Whether the job was told to end.

    Until `gentle` is set, a SIGTERM ends the program at once with EXIT_CODE; from then on it only sets
    `requested`, for the training loop to end itself and keep its best weights.

    Attributes:
        gentle: Wait for the program to end itself.
        requested: SIGTERM arrived.
    """

    def __init__(self) -> None:
        self.gentle = False
        self.requested = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        if not self.gentle:
            raise SystemExit(EXIT_CODE)

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Take SIGTERM while the context lasts. Main thread only."""
        before = signal.signal(signal.SIGTERM, self._on_signal)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)
