"""Kills the server at random moments of a busy pipeline, and checks all that it had acknowledged."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random
from subprocess import Popen, TimeoutExpired

from pipeline.local.lifecycle import stop
from tests.soak import pipelines, writes
from tests.soak.server import Clients, kill_while_it_starts, start
from tests.soak.writes import KINDS

_LONGEST_S = 1.5
_START_S = 1.5
_WRITERS = 3
_DYING_S = 5.0
# Every so many kills one comes while the server starts.
_EARLY = 0.2
# A history of executions is not what is tested here.
_RUNNING = 3
_STARTED = "started"


class Soak:
    """One soak.

    Args:
        home: An empty folder.
        seed: Of all that is random, but for the threads' turns.
        say: Takes a line on how it goes.
    """

    def __init__(self, home: Path, seed: int, say: Callable[[str], object]) -> None:
        self._home = home
        self._seed = seed
        self._rng = Random(seed)
        self._say = say
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._server: Popen[bytes] | None = None
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, str | None]] = {kind: {} for kind in KINDS}
        self._unsure: dict[tuple[str, str], str | None] = {}
        self._touched: set[tuple[str, str]] = set()
        self._executions: dict[str, str] = {}
        self._started_before: list[str] = []
        self._failures: list[str] = []
        self.counts: Counter[str] = Counter()

    def run(self, kills: int) -> None:
        """Kill so many servers."""
        try:
            self._run(kills)
        finally:
            if self._server is not None:
                self._server.kill()
                self._server.wait()
            # Jobs that the last server left.
            stop(self._home)

    def _run(self, kills: int) -> None:
        self._start()
        clients = Clients(self._home, self._port)
        writes.prepare(clients)
        pipelines.prepare(clients)
        pipelines.check_endpoint(clients)
        for number in range(1, kills + 1):
            self._work_and_kill(clients, number)
            while self._rng.random() < _EARLY:
                kill_while_it_starts(self._home, self._port, self._rng.uniform(0, _START_S))
                self.counts["kills at the start"] += 1
            self._start()
            self._check(clients, everything=number == kills)
            older, self._started_before = self._started_before, list(self._executions)
            self._check_executions(clients, older)
            self._say(f"kill {number} of {kills}: {self.summary()}")
        self._check_executions(clients, list(self._executions))
        self._end()
        self._start()
        self._check(clients, everything=True)
        self._end()

    def _start(self) -> None:
        self._server = start(self._home, self._port)

    def _end(self) -> None:
        assert self._server is not None
        self._server.terminate()
        self._server.wait()

    def _check_executions(self, clients: Clients, arns: list[str]) -> None:
        for arn in arns:
            if self._executions[arn] == _STARTED:
                self._executions[arn] = pipelines.check_execution(clients, arn)

    def summary(self) -> str:
        """What was done so far."""
        ends = Counter(self._executions.values())
        parts = {**self.counts, **{f"executions {status}": number for status, number in ends.items()}}
        return ", ".join(f"{number} {what}" for what, number in parts.items())

    def _work_and_kill(self, clients: Clients, number: int) -> None:
        threads = [
            threading.Thread(target=self._write, args=(clients, Random(f"{self._seed} {number} {each}")))
            for each in range(_WRITERS)
        ]
        threads.append(threading.Thread(target=self._execute, args=(clients,)))
        for thread in threads:
            thread.start()
        time.sleep(self._rng.uniform(0.0, _LONGEST_S))
        assert self._server is not None
        self._server.kill()
        self._server.wait()
        self.counts["kills"] += 1
        for thread in threads:
            thread.join()
        assert not self._failures, self._failures

    def _write(self, clients: Clients, rng: Random) -> None:
        """Write until the server is gone."""
        try:
            while True:
                self._write_one(clients, rng)
        except Exception as error:
            self._judge(error)

    def _write_one(self, clients: Clients, rng: Random) -> None:
        name = rng.choice(sorted(KINDS))
        with self._lock:
            write = KINDS[name].plan(clients, rng, next(self._numbers), self._known[name])
            if (name, write.key) in self._unsure:
                # Two writers of one thing at once would leave it open which was last.
                return
            self._unsure[name, write.key] = write.value
            self._touched.add((name, write.key))
        write.do()
        with self._lock:
            self._known[name][write.key] = self._unsure.pop((name, write.key))
            self.counts["writes"] += 1

    def _execute(self, clients: Clients) -> None:
        """Start executions until the server is gone."""
        try:
            for _ in range(_RUNNING):
                self._executions[pipelines.start(clients)] = _STARTED
                time.sleep(0.2)
        except Exception as error:
            self._judge(error)

    def _judge(self, error: Exception) -> None:
        """An error is the kill's, or a failure. botocore takes half of an answer for one without a text."""
        assert self._server is not None
        try:
            self._server.wait(_DYING_S)
        except TimeoutExpired:
            self._failures.append(f"{type(error).__name__}: {error}")

    def _check(self, clients: Clients, *, everything: bool) -> None:
        if everything:
            self._touched |= {(kind, key) for kind, known in self._known.items() for key in known}
        for kind, key in sorted(self._touched):
            found = KINDS[kind].read(clients, key)
            allowed = {self._known[kind].get(key)}
            if (kind, key) in self._unsure:
                allowed.add(self._unsure.pop((kind, key)))
            assert found in allowed, f"seed {self._seed}: {kind} {key} is {found}, not {allowed}"
            # What was not acknowledged is there or not; from now on it stays so.
            self._known[kind][key] = found
            self.counts["checks"] += 1
        self._touched.clear()
        pipelines.check_endpoint(clients)
