"""One running job: what it works with, and how it is ended from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from pipeline.local.insistence import insist
from pipeline.local.job_logs import JobLogs, LogWriter
from pipeline.local.jobs import mounts
from pipeline.local.jobs.catalog import Images, on_this_machine
from pipeline.local.jobs.cluster import Cluster, share
from pipeline.local.jobs.environment import environment
from pipeline.local.jobs.folder import JobFolder
from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.hosts import Ended, Host, open_log, run_all
from pipeline.local.jobs.inputs import find_inputs
from pipeline.local.jobs.layer import make_layer, python_of, search_path
from pipeline.local.jobs.process import Command, LineReader
from pipeline.local.jobs.requirements import Installer, pip_variables
from pipeline.local.jobs.status import finished
from pipeline.local.jobs.supervised import Place, Supervised
from pipeline.local.objects import Objects
from pipeline.local.records import Record, Records

_HOSTS_FILE = Path("/etc/hosts")


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
        upload: Between two uploads of what a running job has changed in its checkpoints and its continuous
            outputs.
    """

    grace: float = 120.0
    ready: float = 300.0
    server_grace: float = 30.0
    upload: float = 5.0


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
        client: Variables by which a program's AWS SDK reaches the local SageMaker.
        python: The folder of Python environments that jobs have in common.
    """

    records: Records
    objects: Objects
    logs: JobLogs
    guardian: Guardian
    images: Images
    host: Mapping[str, str]
    clock: Callable[[], float]
    waits: Waits
    client: Mapping[str, str] = field(default_factory=dict)
    python: Path = Path("python")

    def aws(self, *, isolated: bool) -> dict[str, str]:
        """Variables by which a program reaches AWS; one without a network is told only its region's name."""
        region = {"AWS_REGION": self.objects.region}
        return region if isolated else {**region, **self.client}

    @property
    def installer(self) -> Installer:
        """What installs what the scripts of models require."""
        return Installer(str(self.python), pip_variables(self.host))


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
        layer: The Python environment that it uses; None for that of this project.
    """

    arguments: Sequence[str]
    contract: Mapping[str, str]
    requested: Mapping[str, str]
    max_runtime: float | None = None
    readers: Sequence[LineReader] = ()
    layer: Path | None = None


def command_for(tools: Tools, folder: JobFolder, program: Program) -> Command:
    """A program's command line and environment on this machine."""
    arguments = [folder.rewritten(argument) for argument in program.arguments]
    variables = environment(tools.host, folder, program.contract, program.requested)
    if program.layer is None:
        arguments = on_this_machine(arguments)
    else:
        arguments = on_this_machine(arguments, str(python_of(program.layer)))
        variables["PATH"] = search_path(program.layer, variables.get("PATH"))
    if folder.mounted:
        arguments = [*mounts.command(folder.ml, folder.hosts), *arguments]
    return Command(arguments, variables, folder.work)


def lay_out(folder: JobFolder, cluster: Cluster) -> None:
    """Make what any program of a job needs, besides the files of its contract."""
    make_layer(folder.python)
    if folder.mounted:
        try:
            before = _HOSTS_FILE.read_text(encoding="utf-8")
        except (OSError, ValueError):
            before = "127.0.0.1 localhost"
        folder.hosts.write_text(cluster.names(before), encoding="utf-8")


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
        is_left: Whether a server before this one has started its program, so that its inputs are there; of a
            transform job, whether some of its objects may be done.
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

        def end(record: Record) -> Record:
            return finished(self.kind, record, status, now, reason, secondary, **fields)

        insist(lambda: self.amend(end))

    def hosts(self, names: Sequence[str]) -> list[Host]:
        """The job's instances: the first has the job's own folder and log."""
        found = [Host(names[0], self.folder, self.log)]
        for name in names[1:]:
            folder = self.folder.of(name)
            if not self.is_left:
                folder.make()
            found.append(Host(name, folder, open_log(self.tools.logs, self.kind, self.name, folder, name)))
        return found

    def run(self, hosts: Sequence[Host], program: Callable[[Host], Program]) -> Ended:
        """Run a program on each instance to its end, or take over those that a server before has started.

        Returns:
            How it ended; `control.cause` says if it was ended.
        """
        first = program(hosts[0])

        def start(host: Host) -> Supervised:
            its = program(host)

            def read(lines: Sequence[str]) -> None:
                for reader in (host.log.write, *its.readers):
                    reader(lines)

            place = Place(host.folder.root)
            if self.is_left:
                return place.adopt(read)
            return place.start(command_for(self.tools, host.folder, its), read)

        timer = self._timer(first.max_runtime)
        try:
            return run_all(hosts, start, self.control.hold, self.tools.waits.grace)
        finally:
            timer.cancel()

    def _timer(self, max_runtime: float | None) -> threading.Timer:
        place = Place(self.folder.root)
        ran = time.time() - place.started() if self.is_left else 0
        timer = threading.Timer(max((max_runtime or 0) - ran, 0), self.control.end, [Cause.OVERTIME])
        timer.daemon = True
        # One that has ended while there was no server took no longer than it did.
        if max_runtime is not None and place.exit_code() is None:
            timer.start()
        return timer


def copy_input(job: Job, source: Mapping[str, Any], role: str, hosts: Sequence[Host], path: str) -> None:
    """Copy an input to a path of each instance's container: all of it, or each its share.

    Raises:
        ObjectsError: It cannot be had.
        OutsideFolder: The path is not below /opt/ml.
    """
    items = find_inputs(job.tools.objects, source, role)
    for number, host in enumerate(hosts):
        folder = host.folder.path(path)
        folder.mkdir(parents=True, exist_ok=True)
        job.tools.objects.download_all(share(items, source, number, len(hosts)), folder)
