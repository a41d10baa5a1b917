from __future__ import annotations

import itertools
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.local.endpoints.capture import Capture, Exchange, Payload
from pipeline.local.endpoints.capture_writer import CaptureWriter
from pipeline.local.objects import Objects
from tests.pipeline.local.jobs.place import ACCOUNT, REGION, SECONDS, Place, make_place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with make_place(tmp_path) as place:
        yield place


def exchange(place: Place, event_id: str, time: float = 1_700_000_000.25) -> Exchange:
    capture = Capture(place.bucket, "c", 100, frozenset({"INPUT", "OUTPUT"}))
    return Exchange(capture, "e", "v", Payload(b"12345", "a/b"), Payload(b"12345", "a/b"), event_id, time)


def events(place: Place, key: str) -> list[str]:
    return [json.loads(each)["eventMetadata"]["eventId"] for each in place.read(key).splitlines()]


def writer(place: Place, largest: int = 1000) -> CaptureWriter:
    """Writes when it is closed."""
    numbers = itertools.count()
    return CaptureWriter(place.objects, 3600, largest, new_id=lambda: next(numbers))


def test_captures_are_stored_by_hour_when_it_closes(place: Place) -> None:
    captures = writer(place)
    captures.put(exchange(place, "1"))
    captures.put(exchange(place, "2"))
    captures.put(exchange(place, "3", 1_700_003_600.0))
    captures.close()
    first, second = "c/e/v/2023/11/14/22/13-20-250-0.jsonl", "c/e/v/2023/11/14/23/13-20-000-1.jsonl"
    assert place.keys() == [first, second]
    assert events(place, first) == ["1", "2"]
    assert events(place, second) == ["3"]


def test_captures_are_stored_without_a_close(place: Place) -> None:
    written = threading.Event()

    class Told(Objects):
        def write(self, bucket: str, key: str, data: bytes | Path) -> None:
            super().write(bucket, key, data)
            written.set()

    captures = CaptureWriter(Told(ACCOUNT, REGION), pause=0, new_id=lambda: "x")
    captures.put(exchange(place, "1"))
    assert written.wait(SECONDS)
    captures.close()
    assert events(place, "c/e/v/2023/11/14/22/13-20-250-x.jsonl") == ["1"]


def test_what_is_too_much_is_left_out(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    captures = writer(place, largest=20)
    for number in range(3):
        captures.put(exchange(place, str(number)))
    captures.close()
    captures.put(exchange(place, "late"))
    (key,) = place.keys()
    assert events(place, key) == ["0", "1"]
    assert caplog.messages == ["an invocation of endpoint e is not captured"] * 2


def test_a_bucket_that_is_gone_is_told(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    captures = writer(place)
    lost = exchange(place, "1")
    captures.put(replace(lost, capture=replace(lost.capture, bucket="no-such-bucket-anywhere")))
    captures.put(exchange(place, "2"))
    with caplog.at_level(logging.ERROR):
        captures.close()
    (key,) = place.keys()
    assert events(place, key) == ["2"]
    assert caplog.messages[0].startswith(
        "1 invocation(s) cannot be captured at s3://no-such-bucket-anywhere/c/e/v/2023/11/14/22/13-20-250-0.jsonl:"
    )
