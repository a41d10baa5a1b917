"""One running job: what it works with, and how it is ended from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from pipeline.local.job_logs import JobLogs, LogWriter
from pipeline.local.jobs.catalog import Images, on_this_machine
from pipeline.local.jobs.environment import environment
from pipeline.local.jobs.folder import JobFolder
from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.process import Command, LineReader, NotStarted
from pipeline.local.jobs.status import finished
from pipeline.local.jobs.supervised import Place
from pipeline.local.objects import Objects
from pipeline.local.records import Record, Records


class Cause(Enum):
    """Why a job is ended before its program has ended."""

    STOPPED = "somebody stopped it"
    OVERTIME = "it ran longer than MaxRuntimeInSeconds"
    SHUT_DOWN = "the server is going down"


@dataclass(frozen=True)
class Waits:
    """How long things may take, in seconds.

    Attributes:
        grace: From SIGTERM to SIGKILL; SageMaker gives a training job 120 s (StopTrainingJob).
        ready: Until a model's server answers its ping.
        server_grace: From SIGTERM to SIGKILL of a model's server; SageMaker gives it 30 s ("How SageMaker AI
            Runs Your Inference Image").
    """

    grace: float = 120.0
    ready: float = 300.0
    server_grace: float = 30.0


@dataclass(frozen=True)
class Tools:
    """What all jobs work with.

    Attributes:
        records: The jobs' records.
        objects: S3.
        logs: CloudWatch Logs.
        guardian: Ends programs with the server.
        images: Which program stands for an image.
        host: The server's own environment.
        clock: Seconds since the epoch.
        waits: How long things may take.
    """

    records: Records
    objects: Objects
    logs: JobLogs
    guardian: Guardian
    images: Images
    host: Mapping[str, str]
    clock: Callable[[], float]
    waits: Waits


class Endable(Protocol):
    """A running program."""

    def terminate(self, grace: float) -> None:
        """Ask it to end, and kill it if it is not gone after `grace` seconds."""

    def kill(self) -> None:
        """End it at once."""


class Control:
    """Ends a job from another thread."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._lock = threading.Lock()
        self._process: Endable | None = None
        self.cause: Cause | None = None

    def end(self, cause: Cause) -> None:
        """End the job; the first cause counts, but a shutdown does not wait for the grace of another."""
        with self._lock:
            self.cause = self.cause or cause
            if self._process is not None:
                self._end_process(self._process, cause)

    def hold(self, process: Endable) -> None:
        """From now on this is the process to end."""
        with self._lock:
            self._process = process
            if self.cause is not None:
                self._end_process(process, self.cause)

    def _end_process(self, process: Endable, cause: Cause) -> None:
        if cause is Cause.SHUT_DOWN:
            process.kill()
        else:
            process.terminate(self._grace)


@dataclass(frozen=True)
class Program:
    """What a job runs.

    Attributes:
        arguments: The container's command line.
        contract: Variables that SageMaker sets.
        requested: The request's Environment.
        max_runtime: Seconds; None for no limit.
        readers: Take the lines of its output besides the log.
    """

    arguments: Sequence[str]
    contract: Mapping[str, str]
    requested: Mapping[str, str]
    max_runtime: float | None = None
    readers: Sequence[LineReader] = ()


def command_for(tools: Tools, folder: JobFolder, program: Program) -> Command:
    """A program's command line and environment on this machine."""
    arguments = [folder.rewritten(argument) for argument in program.arguments]
    variables = environment(tools.host, folder, program.contract, program.requested)
    return Command(on_this_machine(arguments), variables, folder.work)


@dataclass(frozen=True)
class Job:
    """One running job.

    Attributes:
        kind: TrainingJob, ProcessingJob or TransformJob.
        name: Its name.
        folder: Its folder; made, and empty unless the job is taken over.
        tools: What all jobs work with.
        control: Ends it from outside.
        log: Its log stream.
        is_left: Whether a server before this one has started its program, so that its inputs are there.
    """

    kind: str
    name: str
    folder: JobFolder
    tools: Tools
    control: Control
    log: LogWriter = field(compare=False)
    is_left: bool = False

    def record(self) -> Record:
        """The record as it is now."""
        return self.amend(lambda record: record)

    def amend(self, edit: Callable[[Record], Record]) -> Record:
        """Change the record in one step; return it."""
        return self.tools.records.amend(self.kind, self.name, edit)

    def finish(
        self, status: str, reason: str | None = None, secondary: str | None = None, **fields: Any
    ) -> None:
        """Record the end of the job."""
        now = self.tools.clock()
        self.amend(lambda record: finished(self.kind, record, status, now, reason, secondary, **fields))

    def run(self, program: Program) -> int:
        """Run a program to its end, or take over the one that a server before this one has started.

        Returns:
            Its exit code; 127 or 126 if it cannot be started. `control.cause` says if it was ended.
        """

        def read(lines: Sequence[str]) -> None:
            for reader in (self.log.write, *program.readers):
                reader(lines)

        place = Place(self.folder.root)
        try:
            command = command_for(self.tools, self.folder, program)
            process = place.adopt(read) if self.is_left else place.start(command, read)
        except NotStarted as error:
            self.log.write([str(error)])
            return error.exit_code
        self.control.hold(process)
        timer = self._timer(place, program.max_runtime)
        try:
            return process.wait()
        finally:
            timer.cancel()

    def _timer(self, place: Place, max_runtime: float | None) -> threading.Timer:
        ran = time.time() - place.started() if self.is_left else 0
        timer = threading.Timer(max((max_runtime or 0) - ran, 0), self.control.end, [Cause.OVERTIME])
        timer.daemon = True
        if max_runtime is not None:
            timer.start()
        return timer
