"""Batches that form by themselves: images that arrive while the model is busy go through it together.

Nothing waits for a batch to fill. An idle model takes an image at once, so a single request pays nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, Thread
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from steps.model.preprocessing import Pixels

Row = NDArray[np.float32]
"""The probabilities of one image."""


class Batcher:
    """A thread of its own that runs the model. Any thread may submit images.

    Leaving the context answers what was submitted and ends the thread.

    Args:
        infer: From images [N, 3, H, W] to rows [N, classes].
        largest: Images of a batch at most.
        observe: Is told the size of each batch.
    """

    def __init__(
        self, infer: Callable[[Pixels], NDArray[np.float32]], largest: int, observe: Callable[[int], None]
    ) -> None:
        self._infer = infer
        self._largest = largest
        self._observe = observe
        self._waiting: deque[tuple[Pixels, Future[Row]]] = deque()
        self._changed = Condition()
        self._closed = False
        self._thread = Thread(target=self._work, name="model")

    def __enter__(self) -> Batcher:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def submit(self, image: Pixels) -> Future[Row]:
        """Queues an image [3, H, W]; its row comes later."""
        answer: Future[Row] = Future()
        with self._changed:
            self._waiting.append((image, answer))
            self._changed.notify()
        return answer

    def _work(self) -> None:
        while batch := self._next():
            self._observe(len(batch))
            self._answer([image for image, _ in batch], [answer for _, answer in batch])

    def _next(self) -> list[tuple[Pixels, Future[Row]]]:
        """What waits, in its order; nothing once it is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]

    def _answer(self, images: list[Pixels], answers: list[Future[Row]]) -> None:
        try:
            rows = self._infer(np.stack(images))
        # Whatever went wrong, each request has to hear of it, and the thread has to live on.
        except Exception as error:
            for answer in answers:
                _settle(answer, error)
        else:
            for answer, row in zip(answers, rows, strict=True):
                _settle(answer, row)


def _settle(answer: Future[Row], result: Row | Exception) -> None:
    # The request may have been given up in the meantime; a running one can no longer be.
    if not answer.set_running_or_notify_cancel():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)
