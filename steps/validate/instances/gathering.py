"""What the first instance of a job does for the others: it gathers the ledgers of their parts."""

from __future__ import annotations

import errno
import json
import logging
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from steps.container import ProgramError
from steps.validate.instances.cluster import Cluster
from steps.validate.instances.wire import Message, WireError, receive_pieces, send, welcome
from steps.validate.sources.source import Entry

HANDSHAKE_SECONDS = 10.0
_HANDSHAKES = 8
"""So many strangers at most are listened to at once."""


@dataclass(frozen=True)
class Patience:
    """How long instances wait for each other.

    Attributes:
        contact: Seconds from the start to the first word: another one may have to download more, or start
            later.
        silence: Seconds without a word from one that has begun to talk. It says that it is alive far more
            often than that.
    """

    contact: float = 1800.0
    silence: float = 600.0


_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Told:
    """What became of a peer: the file with its ledger, or why there is none."""

    host: str
    ledger: Path | None
    reason: str = ""


class Gathering:
    """Listens from its start until its end; use it in a with statement.

    Args:
        cluster: The instances. This one is the leader.
        folder: Where ledgers go.
        patience: How long to wait.
    """

    def __init__(self, cluster: Cluster, folder: Path, patience: Patience) -> None:
        self._cluster, self._folder, self._patience = cluster, folder, patience
        self._listener = _listen(cluster)
        self._told: queue.Queue[_Told] = queue.Queue()
        self._lock = threading.Lock()
        self._handshakes = threading.BoundedSemaphore(_HANDSHAKES)
        self._connections: dict[str, socket.socket] = {}
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept, name="gathering", daemon=True)]
        self._until = time.monotonic() + patience.contact

    def __enter__(self) -> Gathering:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        # Closing alone does not wake a thread that waits for a connection.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        with self._lock:
            for connection in self._connections.values():
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for connection in self._connections.values():
            connection.close()

    def fetch(self, split: str, entry: Entry) -> bytes | None:
        """A file that another instance has; None if nobody can send it. Only after all ledgers have come."""
        wanted = Message("want", json.dumps([split, entry.path, entry.size, entry.version]).encode())
        for connection in self._connections.values():
            with suppress(WireError):
                send(connection, wanted)
                return b"".join(receive_pieces(connection))
        return None

    def ledgers(self) -> Iterator[Path]:
        """The ledgers of all others, as they come.

        Raises:
            ProgramError: One of them failed, is gone or did not call in time.
        """
        waiting = set(self._cluster.peers)
        while waiting:
            told = self._next(waiting)
            if told.ledger is None:
                raise ProgramError(
                    f"{told.host} could not check its part of the images: {told.reason}\n"
                    f"  hint: see the log of the instance {told.host}"
                )
            waiting.remove(told.host)
            yield told.ledger

    def _next(self, waiting: set[str]) -> _Told:
        while True:
            with self._lock:
                silent = sorted(waiting - self._connections.keys())
            left = self._until - time.monotonic() if silent else None
            if left is not None and left <= 0:
                raise ProgramError(
                    f"no word of {', '.join(silent)} within {self._patience.contact:g} s\n"
                    "  hint: in a VPC, allow the members of the security group to reach each other; "
                    "network.isolation may keep instances apart; or check with validate.instance_count: 1"
                )
            try:
                return self._told.get(timeout=left)
            except queue.Empty:
                continue  # who was silent may have called meanwhile

    def _accept(self) -> None:
        while not self._ended.is_set():
            self._handshakes.acquire()
            try:
                connection, address = self._listener.accept()
            except OSError:
                return  # closed
            thread = threading.Thread(
                target=self._answer, args=(connection, address[0]), name=f"from-{address[0]}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket, address: str) -> None:
        connection.settimeout(HANDSHAKE_SECONDS)
        try:
            host = welcome(connection, self._cluster.key)
            self._admit(host, connection)
        except (WireError, ValueError) as error:
            connection.close()
            _log.warning("refused a connection from %s: %s", address, error)
            return
        finally:
            self._handshakes.release()
        connection.settimeout(self._patience.silence)
        try:
            self._told.put(_Told(host, self._receive(host, connection)))
        except (WireError, OSError) as error:
            self._told.put(_Told(host, None, str(error)))

    def _admit(self, host: str, connection: socket.socket) -> None:
        with self._lock:
            if host not in self._cluster.peers:
                raise WireError(f"{host!r} is none of the instances")
            if host in self._connections:
                raise WireError(f"{host} has called already")
            self._connections[host] = connection

    def _receive(self, host: str, connection: socket.socket) -> Path:
        path = self._folder / f"{host}.ledger"
        with path.open("wb") as file:
            file.writelines(receive_pieces(connection))
        send(connection, Message("kept"))
        return path


def _listen(cluster: Cluster) -> socket.socket:
    """A socket that listens at the address of the leader's name; on loopback if it has none."""
    try:
        address = socket.gethostbyname(cluster.leader)
    except OSError:
        address = "127.0.0.1"
    for port in cluster.ports:
        listener = socket.socket()
        try:
            # Ports of connections that have just ended are free; those that others listen at are not.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _bind(listener, address, port)
            listener.listen(len(cluster.hosts))
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                raise ProgramError(f"cannot listen for the other instances: {error}") from error
        else:
            return listener
    ports = ", ".join(map(str, cluster.ports))
    raise ProgramError(f"cannot listen for the other instances: the ports {ports} are all in use")


def _bind(listener: socket.socket, address: str, port: int) -> None:
    try:
        listener.bind((address, port))
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        # The name leads to this instance from outside only.
        listener.bind(("", port))
