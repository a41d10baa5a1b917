"""Stores captured invocations in S3, in the background."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from uuid import uuid4

from pipeline.local.endpoints.capture import Exchange, folder_of, line
from pipeline.local.objects import Objects, ObjectsError

_FLUSH_S = 2.0
# Bodies have up to 25 MiB: so much may wait in memory, what comes beyond is not captured.
_LARGEST_BACKLOG = 256 * 1024 * 1024

_log = logging.getLogger(__name__)


class CaptureWriter:
    """Writes captures: a file for each destination and hour, every few seconds. An answer never waits for it.

    Args:
        objects: S3.
        pause: Seconds that captures are gathered before they are written.
        largest: Bytes of bodies that may wait to be written.
        new_id: A part of the files' names; unique.
    """

    def __init__(
        self,
        objects: Objects,
        pause: float = _FLUSH_S,
        largest: int = _LARGEST_BACKLOG,
        new_id: Callable[[], object] = uuid4,
    ) -> None:
        self._objects = objects
        self._pause = pause
        self._largest = largest
        self._new_id = new_id
        self._changed = threading.Condition()
        self._waiting: list[Exchange] = []
        self._size = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def put(self, exchange: Exchange) -> None:
        """Take an exchange and return at once. It is left out if too much waits already."""
        size = len(exchange.request.data) + len(exchange.answer.data)
        with self._changed:
            if self._closed or self._size + size > self._largest:
                _log.warning("an invocation of endpoint %s is not captured", exchange.endpoint)
                return
            self._waiting.append(exchange)
            self._size += size
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="captures", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """Write what waits, and take no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _write(self) -> None:
        while exchanges := self._gathered():
            groups: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
            for exchange in exchanges:
                groups[exchange.capture.bucket, folder_of(exchange)].append(exchange)
            for (bucket, folder), group in groups.items():
                try:
                    self._store(bucket, folder, group)
                except Exception:
                    _log.exception("invocations cannot be captured at s3://%s/%s", bucket, folder)

    def _gathered(self) -> list[Exchange]:
        """Wait until there is something, and a moment more; nothing if it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            self._changed.wait_for(lambda: self._closed, self._pause)
            exchanges, self._waiting = self._waiting, []
            self._size = 0
            return exchanges

    def _store(self, bucket: str, folder: str, group: Sequence[Exchange]) -> None:
        first = group[0].time
        # Minute, second, millisecond and an id: as the files of SageMaker are called.
        stamp = f"{time.strftime('%M-%S', time.gmtime(first))}-{int(first * 1000) % 1000:03d}"
        key = f"{folder}/{stamp}-{self._new_id()}.jsonl"
        try:
            self._objects.write(bucket, key, b"".join(line(exchange) for exchange in group))
        except (ObjectsError, OSError) as error:
            _log.error(
                "%d invocation(s) cannot be captured at s3://%s/%s: %s", len(group), bucket, key, error
            )
