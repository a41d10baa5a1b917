"""The servers of one endpoint configuration: one for each production variant."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from pathlib import Path

from pipeline.local.endpoints.capacity import Capacities, configured, summary
from pipeline.local.endpoints.capture import read_capture, shown
from pipeline.local.endpoints.variant import FleetEnded, Variant
from pipeline.local.errors import NotSupportedLocally
from pipeline.local.job_logs import endpoint_group
from pipeline.local.jobs.catalog import image_for
from pipeline.local.jobs.folder import JobFolder
from pipeline.local.jobs.job import Tools
from pipeline.local.jobs.model_container import BadModel, find_container, lay_out_model
from pipeline.local.jobs.process import NotStarted
from pipeline.local.jobs.reasons import cut, text_of
from pipeline.local.jobs.server_process import NotReady
from pipeline.local.objects import ObjectsError
from pipeline.local.records import Record


class FleetFailed(Exception):
    """A configuration cannot be served; the text is the endpoint's FailureReason."""


class Fleet:
    """All the servers of one endpoint configuration.

    Args:
        tools: What they work with.
        endpoint: The endpoint's name.
        config: The endpoint configuration's record.
        root: A folder of its own.
        capacities: Of its variants; as the configuration has them by default.
    """

    def __init__(
        self, tools: Tools, endpoint: str, config: Record, root: Path, capacities: Capacities | None = None
    ) -> None:
        self.config = config
        self.config_name: str = config["EndpointConfigName"]
        self.capture = read_capture(config)
        self.capture_summary = shown(config)
        self.variants: tuple[Variant, ...] = ()
        self._tools = tools
        self._endpoint = endpoint
        self._specs: Sequence[Record] = config["ProductionVariants"]
        self._capacities: Capacities = {**configured(config), **(capacities or {})}
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
                    raise FleetFailed(cut(_no_ping(variant.name, error.said))) from error
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
        capacities = self._capacities
        return self.variants[choose([capacities[variant.name].weight for variant in self.variants], point)]

    def weigh(self, capacities: Capacities) -> None:
        """Give the variants other weights and numbers of instances."""
        self._capacities = {**self._capacities, **capacities}

    def summaries(self, now: float) -> list[Record]:
        """ProductionVariants of DescribeEndpoint."""
        return [
            {
                **summary(variant.name, self._capacities[variant.name]),
                "DeployedImages": [
                    {
                        "SpecifiedImage": variant.image,
                        "ResolvedImage": variant.image,
                        "ResolutionTime": now,
                    }
                ],
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
            lay_out_model(container, self._tools.objects, folder.ml, self._tools.installer)
        except NotSupportedLocally as error:
            raise FleetFailed(cut(f"{error.what}: {error.why}")) from error
        except (BadModel, ObjectsError, OSError) as error:
            raise FleetFailed(cut(text_of(error))) from error
        # An instance's id, as AWS names the stream: <variant>/<instance>.
        stream = f"{spec['VariantName']}/i-{secrets.token_hex(9)[:17]}"
        log = self._tools.logs.open_endless(endpoint_group(self._endpoint), stream)
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


def _no_ping(variant: str, said: str = "") -> str:
    """AWS's words, and what the server wrote before it ended."""
    return (
        f"The primary container for production variant {variant} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    ) + (f" It ended with: {said}" if said else "")
