"""HTTP to a model's server on this machine, over connections that are kept open."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        method: Such as POST.
        path: Such as /invocations.
        timeout: Seconds for each wait on the network.
        body: The request's body.
        headers: The request's headers.
    """

    method: str
    path: str
    timeout: float
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the server answered.

    Attributes:
        status: HTTP status.
        headers: Its headers; names in lower case.
        body: Its body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(Exception):
    """The server took no connection, broke it off, took too long or did not speak HTTP."""


class TooSlow(NoAnswer):
    """The server took too long."""


class Connections:
    """Open connections to one port, for many threads.

    Args:
        port: The server's port on loopback.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._closed = False

    def send(self, call: Call) -> Answer:
        """Send a request and read the whole answer.

        Raises:
            NoAnswer: There is none.
        """
        while (connection := self._take()) is not None:
            try:
                return self._exchange(connection, call)
            except ConnectionError:
                # The server had closed it while it was idle, which says nothing of its health.
                continue
            except (OSError, http.client.HTTPException) as error:
                raise _no_answer(error) from error
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=call.timeout)
        try:
            return self._exchange(connection, call)
        except (OSError, http.client.HTTPException) as error:
            raise _no_answer(error) from error

    def close(self) -> None:
        """Close the idle connections, and those in use once they are idle."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _exchange(self, connection: http.client.HTTPConnection, call: Call) -> Answer:
        try:
            if connection.sock is not None:
                connection.sock.settimeout(call.timeout)
            connection.request(call.method, call.path, call.body, dict(call.headers))
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(response.status, headers, response.read())
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)
        return answer


def _no_answer(error: Exception) -> NoAnswer:
    kind = TooSlow if isinstance(error, TimeoutError) else NoAnswer
    return kind(str(error) or type(error).__name__)
