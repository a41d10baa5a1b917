from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.backends import get_backend

from pipeline.local.job_logs import CUT, GROUPS, JobLogs, endpoint_group

ACCOUNT = "100000000002"


def clock(*times: float) -> Callable[[], float]:
    left: Iterator[float] = iter(times)
    return lambda: next(left)


def events(group: str, stream: str) -> list[tuple[int, str]]:
    backend = get_backend("logs")[ACCOUNT]["us-east-1"]
    page, _, _ = backend.get_log_events(group, None, stream, None, None, 10_000, None, True)
    return [(event["timestamp"], event["message"]) for event in page]


def now_ms() -> int:
    # moto refuses events that are older than 14 days.
    import time

    return int(time.time() * 1000)


def test_lines_come_in_order_with_their_times() -> None:
    start = now_ms()
    times = [start / 1000, start / 1000, start / 1000 - 5, start / 1000 + 1]
    logs = JobLogs(ACCOUNT, "us-east-1", clock(*times))
    log = logs.open(GROUPS["ProcessingJob"], logs.stream_of("in-order", "algo-1"))
    log.write(["a", "b"])
    log.write(["the clock was set back"])
    log.write([])
    log.write(["c"])
    assert log.group == "/aws/sagemaker/ProcessingJobs"
    assert log.stream == f"in-order/algo-1-{start // 1000}"
    assert [text for _, text in events(log.group, log.stream)] == ["a", "b", "the clock was set back", "c"]
    stamps = [stamp for stamp, _ in events(log.group, log.stream)]
    assert stamps == pytest.approx([start, start, start, start + 1000], abs=1)


def test_a_deleted_group_is_made_again() -> None:
    log = JobLogs(ACCOUNT, "us-east-1").open("/aws/sagemaker/Endpoints/e", "v/i-1")
    get_backend("logs")[ACCOUNT]["us-east-1"].delete_log_group("/aws/sagemaker/Endpoints/e")
    log.write(["x"])
    assert [text for _, text in events(log.group, log.stream)] == ["x"]
    assert endpoint_group("e") == log.group


def test_streams_made_at_once_share_their_group() -> None:
    logs = JobLogs(ACCOUNT, "us-east-1")
    names = [f"stream-{number}" for number in range(16)]
    threads = [threading.Thread(target=logs.open, args=("shared", name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    group = get_backend("logs")[ACCOUNT]["us-east-1"].groups["shared"]
    assert sorted(group.streams) == sorted(names)


def test_a_log_that_cannot_be_written_does_not_stop_the_job(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    logs = JobLogs(ACCOUNT, "us-east-1")
    log = logs.open("broken", "stream")

    def fail(*args: Any) -> None:
        raise RuntimeError("no space")

    monkeypatch.setattr(logs, "put", fail)
    with caplog.at_level(logging.ERROR):
        log.write(["x"])
    assert "cannot write to log stream stream of broken" in caplog.text


def test_a_stream_is_bounded_also_when_its_lines_come_again() -> None:
    logs = JobLogs(ACCOUNT, "us-east-1", largest=10)
    log = logs.open(GROUPS["ProcessingJob"], "long/algo-1-1")
    log.write(["1234"])
    log.write(["5678", "and more", "and more"])
    log.write(["and more"])
    again = logs.reopen(log.group, log.stream)
    again.write(["1234", "5678", "and more", "and more", "and more", "and more"])
    assert [text for _, text in events(log.group, log.stream)] == ["1234", CUT]


def test_a_log_without_an_end_keeps_what_is_new() -> None:
    logs = JobLogs(ACCOUNT, "us-east-1", largest=10)
    log = logs.open_endless("/aws/sagemaker/Endpoints/long", "v/i-1")
    streams = get_backend("logs")[ACCOUNT]["us-east-1"].groups[log.group].streams
    log.write(["1234", "5678"])
    log.write(["more"])
    assert {name: [text for _, text in events(log.group, name)] for name in streams} == {
        "v/i-1": ["1234", "5678"],
        "v/i-1-2": ["more"],
    }
    # Somebody else may have removed one.
    logs.remove(log.group, "v/i-1")
    for line in ("a line longer than that", "another one", "the last"):
        log.write([line])
    assert {name: [text for _, text in events(log.group, name)] for name in streams} == {
        "v/i-1-3": ["another one"],
        "v/i-1-4": ["the last"],
    }
