"""Progress of tasks that tell how far they are."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice, repeat

from pipeline.cli import console


class Meter:
    """Shows one task after the other as `console.progress` does."""

    def __init__(self) -> None:
        self._steps: Iterator[None] = iter(())

    def begin(self, task: str, total: int) -> None:
        """A task begins: so many things are to be done."""
        self.end()
        self._steps = console.progress(repeat(None), total, task)
        # What is asked for next is what is being worked on.
        next(self._steps, None)

    def advance(self, done: int) -> None:
        """So many more are done."""
        for _ in islice(self._steps, done):
            pass

    def end(self) -> None:
        """The task is over."""
        if isinstance(self._steps, Generator):
            self._steps.close()


@contextmanager
def metered() -> Iterator[Meter]:
    """A meter that leaves the terminal in order, however its tasks end."""
    meter = Meter()
    try:
        yield meter
    finally:
        meter.end()
