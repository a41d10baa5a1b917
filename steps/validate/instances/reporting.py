"""What the other instances of a job do: they tell the first one that they live, and what they found."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType

from steps.container import ProgramError
from steps.validate.instances.cluster import Cluster
from steps.validate.instances.gathering import HANDSHAKE_SECONDS, Patience
from steps.validate.instances.wire import PIECE, Message, WireError, introduce, receive, send, send_pieces
from steps.validate.sources.source import Entry, Source

_BETWEEN_CALLS = 0.25
_BEATS = 20
"""Words within the time of silence that would be taken for the end."""

_LAST_WORDS = 30.0
"""Seconds to wait for the leader before failing in silence."""

_log = logging.getLogger(__name__)


class Reporting:
    """Talks to the leader from its start until its end; use it in a with statement.

    Args:
        cluster: The instances. This one is not the leader.
        patience: How long to wait.
    """

    def __init__(self, cluster: Cluster, patience: Patience) -> None:
        self._cluster, self._patience = cluster, patience
        self._ended = threading.Event()
        self._connected = threading.Event()
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._live, name="reporting", daemon=True)

    def __enter__(self) -> Reporting:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(value, Exception):
            self._tell_failure(value)
        self._ended.set()
        self._thread.join()
        if self._connection is not None:
            self._connection.close()

    def send(self, ledger: Path) -> None:
        """Sends the file, and waits until it has arrived.

        Raises:
            ProgramError: It did not.
        """
        self._connected.wait()
        try:
            with self._lock:
                self._send(ledger)
        except WireError as error:
            raise ProgramError(
                f"{self._cluster.leader} did not take what was found here: {error}\n"
                f"  hint: see the log of the instance {self._cluster.leader}"
            ) from error

    def answer(self, sources: Mapping[str, Source]) -> None:
        """Sends files that the leader wants to show, until it needs no more. Only after the ledger."""
        connection = self._connection
        assert connection is not None
        # There is no saying how long the checks take; if the leader is gone, the connection breaks.
        connection.settimeout(None)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        with suppress(WireError):
            while True:
                split, *entry = json.loads(receive(connection).body)
                path, size, version = entry
                (content,) = sources[split].open().read([Entry(path, "file", size, version)])
                with self._lock:
                    if isinstance(content, bytes):
                        starts = range(0, len(content), PIECE)
                        send_pieces(connection, (content[start : start + PIECE] for start in starts))
                    else:
                        send(connection, Message("failed", content.reason.encode()))

    def _send(self, ledger: Path) -> None:
        if self._connection is None:
            raise WireError(f"it could not be reached within {self._patience.contact:g} s")
        with ledger.open("rb") as file:
            send_pieces(self._connection, iter(partial(file.read, PIECE), b""))
        if receive(self._connection).kind != "kept":
            raise WireError("it answered something else than that it has it")

    def _tell_failure(self, error: Exception) -> None:
        # The leader may be about to listen.
        self._connected.wait(min(_LAST_WORDS, self._patience.contact))
        text = str(error) if isinstance(error, ProgramError) else f"{type(error).__name__}: {error}"
        with self._lock:
            if self._connection is None:
                return
            try:
                send(self._connection, Message("failed", text.encode("utf-8", "backslashreplace")[:PIECE]))
            except WireError as broken:
                _log.warning("%s is not there to be told: %s", self._cluster.leader, broken)

    def _live(self) -> None:
        """Calls until somebody answers, and then says from time to time that this instance is alive."""
        try:
            self._connection = self._call()
        finally:
            self._connected.set()
        while self._connection is not None and not self._ended.wait(self._patience.silence / _BEATS):
            try:
                with self._lock:
                    send(self._connection, Message("alive"))
            except WireError:
                return  # whoever sends next is told

    def _call(self) -> socket.socket | None:
        until = time.monotonic() + self._patience.contact
        while time.monotonic() < until:
            for port in self._cluster.ports:
                if connection := self._try(port):
                    return connection
            if self._ended.wait(_BETWEEN_CALLS):
                break
        return None

    def _try(self, port: int) -> socket.socket | None:
        try:
            connection = socket.create_connection((_address(self._cluster.leader), port), HANDSHAKE_SECONDS)
        except OSError:
            return None
        try:
            introduce(connection, self._cluster.key, self._cluster.here)
        except WireError:
            connection.close()
            return None
        connection.settimeout(self._patience.silence)
        return connection


def _address(name: str) -> str:
    """The address of an instance: loopback if its name has none, as in some jobs of the local SageMaker."""
    try:
        return socket.gethostbyname(name)
    except OSError:
        return "127.0.0.1"
