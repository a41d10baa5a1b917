"""Turns: who writes to an object of S3 waits for whoever does."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext

_LOCKS = 64


class Turns:
    """Locks for any number of objects; a few objects share one.

    Two writers of one object at once would see moto close it under the first.
    """

    def __init__(self) -> None:
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def of(self, service: str, target: str) -> AbstractContextManager[object]:
        """The lock for a request; other services have none, as one request may wait there for another.

        Args:
            service: moto's name of the service.
            target: The request's path and query.
        """
        if service != "s3":
            return nullcontext()
        return self._locks[hash(target.partition("?")[0]) % _LOCKS]
