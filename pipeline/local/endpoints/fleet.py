"""The servers of one endpoint configuration: one for each production variant."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.local.errors import NotSupportedLocally
from pipeline.local.job_logs import LogWriter, endpoint_group
from pipeline.local.jobs.catalog import image_for
from pipeline.local.jobs.connections import Answer, Call, NoAnswer
from pipeline.local.jobs.folder import JobFolder
from pipeline.local.jobs.job import Program, Tools, command_for
from pipeline.local.jobs.model_container import BadModel, ModelContainer, find_container, lay_out_model
from pipeline.local.jobs.process import Command, NotStarted
from pipeline.local.jobs.reasons import cut, text_of
from pipeline.local.jobs.server_process import NotReady, ServerProcess
from pipeline.local.objects import ObjectsError
from pipeline.local.records import Record


class FleetFailed(Exception):
    """A configuration cannot be served; the text is the endpoint's FailureReason."""


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
        self.weight: float = spec.get("InitialVariantWeight", 1.0)
        self.image = container.image
        self.instances: int = spec.get("InitialInstanceCount", 1)
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
            self._log.write([f"the server is not ready: {error}"])
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
                "AWS_REGION": self._tools.objects.region,
                "SAGEMAKER_BIND_TO_PORT": str(port),
            },
            requested=self._container.environment,
        )
        return command_for(self._tools, self._folder, program)


class Fleet:
    """All the servers of one endpoint configuration.

    Args:
        tools: What they work with.
        endpoint: The endpoint's name.
        config: The endpoint configuration's record.
        root: A folder of its own.
    """

    def __init__(self, tools: Tools, endpoint: str, config: Record, root: Path) -> None:
        self.config_name: str = config["EndpointConfigName"]
        self.variants: tuple[Variant, ...] = ()
        self._tools = tools
        self._endpoint = endpoint
        self._specs: Sequence[Record] = config["ProductionVariants"]
        self._folder = JobFolder(root)
        self._lock = threading.Lock()
        self._ended = False

    def start(self) -> None:
        """Start all servers and wait until they answer; if one does not, none is left.

        Raises:
            FleetFailed: One cannot be started, or does not answer.
            FleetEnded: Somebody ended it meanwhile.
        """
        try:
            for number, spec in enumerate(self._specs):
                self._add(self._variant(spec, JobFolder(self._folder.root / str(number))))
            for variant in self.variants:
                try:
                    variant.wait_ready()
                except NotReady as error:
                    raise FleetFailed(_no_ping(variant.name)) from error
        except BaseException:
            self.end(grace=0)
            raise

    def end(self, grace: float) -> None:
        """End all servers, for good, and remove their folders."""
        with self._lock:
            self._ended = True
            variants = self.variants
        for variant in variants:
            variant.end(grace)
        self._folder.remove()

    def find(self, name: str) -> Variant | None:
        """A variant by its name."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def choose(self, point: float) -> Variant:
        """A variant by weight, for a random number in [0, 1)."""
        return self.variants[choose([variant.weight for variant in self.variants], point)]

    def summaries(self, now: float) -> list[Mapping[str, Any]]:
        """ProductionVariants of DescribeEndpoint."""
        return [
            {
                "VariantName": variant.name,
                "DeployedImages": [
                    {
                        "SpecifiedImage": variant.image,
                        "ResolvedImage": variant.image,
                        "ResolutionTime": now,
                    }
                ],
                "CurrentWeight": variant.weight,
                "DesiredWeight": variant.weight,
                "CurrentInstanceCount": variant.instances,
                "DesiredInstanceCount": variant.instances,
            }
            for variant in self.variants
        ]

    def _add(self, variant: Variant) -> None:
        with self._lock:
            if self._ended:
                raise FleetEnded
            self.variants = (*self.variants, variant)
        try:
            variant.start()
        except NotStarted as error:
            raise FleetFailed(_no_ping(variant.name)) from error

    def _variant(self, spec: Record, folder: JobFolder) -> Variant:
        try:
            container = find_container(self._tools.records, spec["ModelName"])
            image_for(self._tools.images, "serving", container.image)
            folder.make()
            lay_out_model(container, self._tools.objects, folder.ml)
        except NotSupportedLocally as error:
            raise FleetFailed(cut(f"{error.what}: {error.why}")) from error
        except (BadModel, ObjectsError, OSError) as error:
            raise FleetFailed(cut(text_of(error))) from error
        # An instance's id, as AWS names the stream: <variant>/<instance>.
        stream = f"{spec['VariantName']}/i-{secrets.token_hex(9)[:17]}"
        log = self._tools.logs.open(endpoint_group(self._endpoint), stream)
        return Variant(self._tools, spec, folder, container, log)


def choose(weights: Sequence[float], point: float) -> int:
    """The index that a point falls on when each index has a share of its weight; the first if all are 0.

    Args:
        weights: None is negative.
        point: In [0, 1).
    """
    left = point * sum(weights)
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return index
    return next((index for index, weight in reversed(list(enumerate(weights))) if weight > 0), 0)


def _no_ping(variant: str) -> str:
    return (
        f"The primary container for production variant {variant} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
