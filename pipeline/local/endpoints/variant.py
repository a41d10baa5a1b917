"""The server of one production variant."""

from __future__ import annotations

import threading

from pipeline.local.job_logs import LogWriter
from pipeline.local.jobs.catalog import image_for
from pipeline.local.jobs.connections import Answer, Call, NoAnswer
from pipeline.local.jobs.folder import JobFolder
from pipeline.local.jobs.job import Program, Tools, command_for
from pipeline.local.jobs.model_container import ModelContainer
from pipeline.local.jobs.process import Command, NotStarted
from pipeline.local.jobs.server_process import NotReady, ServerProcess
from pipeline.local.records import Record


class FleetEnded(Exception):
    """Somebody ended the servers while they were being started."""


class Variant:
    """The server of one production variant.

    One process answers for all the instances that the variant asks for: more would share the same cores. A
    process that has ended is started again by the next request, as SageMaker restarts a container.

    Args:
        tools: What it works with.
        spec: The ProductionVariant.
        folder: Its folder.
        container: Its model's container.
        log: Its log stream.
    """

    def __init__(
        self, tools: Tools, spec: Record, folder: JobFolder, container: ModelContainer, log: LogWriter
    ) -> None:
        self.name: str = spec["VariantName"]
        self.image = container.image
        self._tools = tools
        self._folder = folder
        self._container = container
        self._log = log
        self._ready_s: float = spec.get("ContainerStartupHealthCheckTimeoutInSeconds", tools.waits.ready)
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._ended = False
        self._server: ServerProcess | None = None

    def start(self) -> None:
        """Start its process; `wait_ready` says whether it works.

        Raises:
            FleetEnded: It was ended before.
            NotStarted: There is no such program.
        """
        with self._lock:
            if self._ended:
                raise FleetEnded
            self._server = ServerProcess(self._command, self._log.write, self._tools.guardian)

    def wait_ready(self) -> None:
        """Wait until it answers its ping.

        Raises:
            FleetEnded: It was ended meanwhile.
            NotReady: It does not answer.
        """
        assert self._server is not None
        try:
            self._server.wait_ready(self._ready_s)
        except NotReady as error:
            if self._ended:
                raise FleetEnded from error
            self._log.write([f"the server is not ready: {error.what}"])
            raise

    def send(self, call: Call) -> Answer:
        """Send a request; start the server again first if it has ended.

        Raises:
            NoAnswer: There is no answer.
        """
        with self._starting:
            server = self._server
            if server is None or server.process.has_exited:
                server = self._restarted(server)
        return server.send(call)

    def end(self, grace: float) -> None:
        """End it, for good: at once if `grace` is 0, else after so many seconds at most."""
        with self._lock:
            self._ended = True
            server = self._server
        if server is not None and grace:
            server.stop(grace)
        elif server is not None:
            server.kill()

    def _restarted(self, before: ServerProcess | None) -> ServerProcess:
        if before is not None:
            before.kill()
        self._log.write(["the server has ended; it is started again"])
        try:
            self.start()
            self.wait_ready()
        except (FleetEnded, NotStarted, NotReady) as error:
            raise NoAnswer(f"the server has ended and cannot be started again: {error}") from error
        assert self._server is not None
        return self._server

    def _command(self, port: int) -> Command:
        image = image_for(self._tools.images, "serving", self._container.image)
        program = Program(
            arguments=image.serve or (),
            contract={
                **self._tools.aws(isolated=self._container.isolated),
                "SAGEMAKER_BIND_TO_PORT": str(port),
            },
            requested=self._container.environment,
        )
        return command_for(self._tools, self._folder, program)
