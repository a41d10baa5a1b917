"""The instances of a running job."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.local.job_logs import GROUPS, JobLogs, LogWriter
from pipeline.local.jobs.cluster import FIRST
from pipeline.local.jobs.folder import JobFolder
from pipeline.local.jobs.process import NotStarted


@dataclass(frozen=True)
class Host:
    """One instance.

    Attributes:
        name: Such as algo-1.
        folder: Its folder.
        log: Its log stream.
    """

    name: str
    folder: JobFolder
    log: LogWriter = field(compare=False)


@dataclass(frozen=True)
class Ended:
    """How the programs of a job ended.

    Attributes:
        code: 0 if all succeeded, else the exit code of the one that failed first.
        host: That one, or the first.
    """

    code: int
    host: Host


def open_log(logs: JobLogs, kind: str, job: str, folder: JobFolder, host: str = FIRST) -> LogWriter:
    """The log stream of one of a job's instances; one that is taken over goes on with its own."""
    # A model's server is started anew: it does not say again what the one before it said.
    again = logs.open if kind == "TransformJob" else logs.reopen
    if folder.stream.exists() and (stream := folder.stream.read_text(encoding="utf-8")):
        return again(GROUPS[kind], stream)
    stream = logs.stream_of(job, host)
    # First: a server that is killed in between leaves no stream that nobody knows.
    folder.stream.write_text(stream, encoding="utf-8")
    return logs.open(GROUPS[kind], stream)


class Running(Protocol):
    """A running program."""

    def wait(self) -> int:
        """Wait for its end; returns its exit code."""

    def terminate(self, grace: float) -> None:
        """Ask it to end, and kill it if it is not gone after `grace` seconds."""

    def kill(self) -> None:
        """End it at once."""


class Together:
    """Running programs that are ended as one."""

    def __init__(self, programs: Sequence[Running]) -> None:
        self._programs = programs

    def terminate(self, grace: float) -> None:
        """Ask all to end, and kill those that are not gone after `grace` seconds."""
        for program in self._programs:
            program.terminate(grace)

    def kill(self) -> None:
        """End all at once."""
        for program in self._programs:
            program.kill()


def run_all(
    hosts: Sequence[Host],
    start: Callable[[Host], Running],
    hold: Callable[[Together], None],
    grace: float,
) -> Ended:
    """Run a program on each host; when one fails the others are ended, as a job fails with any instance.

    Args:
        hosts: The hosts.
        start: Starts the program of a host; raises NotStarted, or OSError if its files cannot be made.
        hold: Takes what ends them all from outside.
        grace: Seconds from asking the others to end until they are killed.
    """
    running: list[Running] = []
    for host in hosts:
        try:
            running.append(start(host))
        except (NotStarted, OSError) as error:
            Together(running).kill()
            for program in running:
                program.wait()
            if isinstance(error, OSError):
                raise
            host.log.write([str(error)])
            return Ended(error.exit_code, host)
    together = Together(running)
    hold(together)
    if len(running) == 1:
        return Ended(running[0].wait(), hosts[0])
    return _wait(list(zip(hosts, running, strict=True)), together, grace)


def _wait(running: Sequence[tuple[Host, Running]], together: Together, grace: float) -> Ended:
    ends: queue.Queue[Ended] = queue.Queue()

    def watch(host: Host, program: Running) -> None:
        ends.put(Ended(program.wait(), host))

    for host, program in running:
        threading.Thread(target=watch, args=(host, program), name=f"wait-{host.name}", daemon=True).start()
    failed = None
    for _ in running:
        ended = ends.get()
        if ended.code != 0 and failed is None:
            failed = ended
            together.terminate(grace)
    return failed or Ended(0, running[0][0])
