"""Clients of an HTTP server, each on a connection that it keeps."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A request to send again and again.

    Attributes:
        port: On 127.0.0.1.
        path: Of the request.
        body: Posted.
        headers: Of the request.
        status: That the answer has to have.
    """

    port: int
    path: str
    body: bytes
    headers: Mapping[str, str]
    status: int = 200

    def connect(self) -> http.client.HTTPConnection:
        """A connection to send it on."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def send(self, connection: http.client.HTTPConnection) -> None:
        """Sends it, reads the answer and checks its status."""
        connection.request("POST", self.path, self.body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == self.status, (answer.status, content)


def rate(target: Target, clients: int, seconds: float) -> float:
    """Answers a second to so many clients at once."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        counts = list(pool.map(lambda _: _send_until(target, begun + seconds), range(clients)))
    return sum(counts) / (time.perf_counter() - begun)


def latencies(target: Target, count: int) -> list[float]:
    """Seconds of each of so many requests, one after another."""
    connection = target.connect()
    took = []
    for _ in range(count):
        begun = time.perf_counter()
        target.send(connection)
        took.append(time.perf_counter() - begun)
    connection.close()
    return took


def wait(target: Target, seconds: float) -> None:
    """Until the server answers the request."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return target.send(target.connect())
        except (OSError, http.client.HTTPException, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _send_until(target: Target, end: float) -> int:
    connection = target.connect()
    count = 0
    while time.perf_counter() < end:
        target.send(connection)
        count += 1
    connection.close()
    return count
