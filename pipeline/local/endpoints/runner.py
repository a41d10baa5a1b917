"""Serves endpoints as real HTTP servers (runtime.Endpoints)."""

from __future__ import annotations

import itertools
import logging
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.endpoints.alarms import Alarms
from pipeline.local.endpoints.board import Board, has_begun
from pipeline.local.endpoints.capacity import Capacities, desired
from pipeline.local.endpoints.capture_writer import CaptureWriter
from pipeline.local.endpoints.clockwork import Clockwork, Wall
from pipeline.local.endpoints.deployment import Deployment, RolledBack
from pipeline.local.endpoints.fleet import Fleet, FleetFailed
from pipeline.local.endpoints.invocations import Invocations
from pipeline.local.endpoints.policy import read_policy
from pipeline.local.endpoints.route import Route
from pipeline.local.endpoints.variant import FleetEnded
from pipeline.local.errors import ApiError
from pipeline.local.job_logs import JobLogs
from pipeline.local.jobs.catalog import IMAGES, Images
from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.job import Tools, Waits
from pipeline.local.jobs.reasons import bug
from pipeline.local.objects import Objects
from pipeline.local.records import Record, RecordMissing, Records, RecordsClosed
from pipeline.local.runtime import Invocation

INVOCATION_TIMEOUT = 60.0
"""Seconds that a model has to answer (InvokeEndpoint of the API)."""

_JOIN_S = 30.0
_SERVED = ("InService", "Updating", "RollingBack")

_log = logging.getLogger(__name__)


class EndpointRunner:
    """The endpoints of the local SageMaker.

    Args:
        home: The project's home; the servers' folders are below its `local/endpoints`.
        records: Endpoints, endpoint configurations, models and model packages.
        objects: S3.
        logs: CloudWatch Logs.
        images: Which program stands for an image.
        host: The server's environment; by default that of this process.
        clock: Seconds since the epoch.
        waits: How long things may take.
        client: Variables by which a program's AWS SDK reaches the local SageMaker.
        point: Gives random numbers in [0, 1), to choose among variants.
        timeout: Seconds that a model has to answer.
        alarms: CloudWatch's; by default those of the local account.
        clockwork: For the waits of deployments.
        wait_scale: By how much deployments wait shorter than they are asked to, in [0, 1].
        captures: Takes what is captured of requests; stores it in `objects` by default.
    """

    def __init__(
        self,
        home: Path,
        records: Records,
        objects: Objects,
        logs: JobLogs,
        *,
        images: Images = IMAGES,
        host: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
        waits: Waits | None = None,
        client: Mapping[str, str] | None = None,
        point: Callable[[], float] = random.random,
        timeout: float = INVOCATION_TIMEOUT,
        alarms: Alarms | None = None,
        clockwork: Clockwork | None = None,
        wait_scale: float = 1.0,
        captures: CaptureWriter | None = None,
    ) -> None:
        environment = dict(os.environ) if host is None else host
        self._folder = home / "local" / "endpoints"
        self._tools = Tools(
            records,
            objects,
            logs,
            Guardian(),
            images,
            environment,
            clock,
            waits or Waits(),
            client=client or {},
            python=home / "local" / "python",
        )
        self._alarms = alarms or Alarms(ACCOUNT, REGION)
        self._clockwork = clockwork or Wall()
        self._wait_scale = wait_scale
        self._captures = captures or CaptureWriter(objects)
        self._invocations = Invocations(self._route, self._captures, point, clock, timeout)
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._routes: dict[str, Route] = {}
        self._fleets: set[Fleet] = set()
        self._threads: set[threading.Thread] = set()
        self._restoring: dict[str, threading.Event] = {}
        self._closed = False

    def create(self, name: str) -> None:
        """Serve a recorded endpoint and return at once: Creating, then InService or Failed."""
        self._in_thread(self._create, name)

    def update(self, name: str) -> None:
        """Do what the record of an endpoint in state Updating asks for, and return at once.

        With a PendingDeploymentSummary it moves to that configuration: new servers are started and take over
        the traffic as its deployment says. If they do not come up, or an alarm is tripped meanwhile, the old
        ones stay, and FailureReason says why. Without, its variants get their desired weights.
        """
        self._in_thread(self._update, name)

    def check_alarms(self, names: Sequence[str]) -> None:
        """Refuse alarms that do not exist.

        Raises:
            ApiError: ValidationException.
        """
        if missing := self._alarms.missing(names):
            raise ApiError("ValidationException", f"Could not find CloudWatch alarm(s) {', '.join(missing)}.")

    def delete(self, name: str) -> None:
        """Serve an endpoint no more. Its servers end in the background, after what they are answering."""
        with self._lock:
            route = self._routes.pop(name, None)
        if route is not None:
            self._in_thread(self._end, name, route.fleet)

    def invoke(self, invocation: Invocation) -> tuple[int, dict[str, str], bytes]:
        """Send one request to the model.

        Returns:
            The model's status, headers and body.

        Raises:
            ApiError: ValidationError: the endpoint is not in service, or has no such variant. ModelError: the
                model does not answer.
        """
        return self._invocations.send(invocation)

    def restore(self) -> None:
        """At server start: serve again every endpoint that was in service; requests wait for that.

        One that was being created is created anew. An update that was under way begins anew; one that was
        being rolled back is.
        """
        shutil.rmtree(self._folder, ignore_errors=True)
        records = self._tools.records.list("Endpoint")
        for record in records:
            if record["EndpointStatus"] == "Creating":
                self.create(record["EndpointName"])
        names = [record["EndpointName"] for record in records if record["EndpointStatus"] in _SERVED]
        self._restoring = {name: threading.Event() for name in names}
        for name in names:
            self._in_thread(self._restore, name)
        for record in records:
            if record["EndpointStatus"] == "Updating":
                self.update(record["EndpointName"])

    def close(self) -> None:
        """Kill every server, and store what was captured. Records stay as they are."""
        with self._lock:
            self._closed = True
            fleets, threads = set(self._fleets), set(self._threads)
        self._clockwork.end()
        for fleet in fleets:
            fleet.end(grace=0)
        for thread in threads:
            thread.join(_JOIN_S)
        self._captures.close()
        self._tools.guardian.close()

    def _create(self, name: str) -> None:
        if (fleet := self._started_or_failed(name)) is not None:
            self._switch(name, fleet)
            self._in_service(name, fleet)

    def _restore(self, name: str) -> None:
        try:
            if (fleet := self._started_or_failed(name)) is not None:
                self._switch(name, fleet)
        finally:
            self._restoring[name].set()
        if fleet is None:
            return
        record = self._tools.records.get("Endpoint", name)
        if record is None:
            # It was deleted meanwhile.
            self.delete(name)
        elif record["EndpointStatus"] == "RollingBack":
            self._in_service(name, fleet, record.get("FailureReason"))

    def _started_or_failed(self, name: str) -> Fleet | None:
        record = self._tools.records.get("Endpoint", name)
        if record is None:
            return None
        try:
            capacities = desired(record.get("ProductionVariants", []))
            # A configuration may be deleted while it is served.
            served = self._config(record["EndpointConfigName"]) or record.get("ServedConfig")
            return self._started(name, served, capacities)
        except FleetFailed as error:
            self._failed(name, str(error))
            return None

    def _update(self, name: str) -> None:
        self._await_restored(name)
        record = self._tools.records.get("Endpoint", name)
        if record is None or record["EndpointStatus"] != "Updating":
            return
        if "PendingDeploymentSummary" in record:
            self._deploy(name, record)
        else:
            fleet = self._route(name).fleet
            fleet.weigh(desired(record["ProductionVariants"]))
            self._in_service(name, fleet)

    def _deploy(self, name: str, record: Record) -> None:
        pending = record["PendingDeploymentSummary"]
        capacities = desired(pending["ProductionVariants"])
        board = Board(self._tools.records, name, capacities, self._tools.clock, self._wait_scale)
        policy = read_policy(record.get("PendingDeploymentConfig"), capacities)
        deployment = Deployment(policy, board, self._alarms, self._clockwork, self._wait_scale)
        new: Fleet | None = None
        try:
            if has_begun(pending):
                board.relaunching()
            new = self._started(name, self._config(pending["EndpointConfigName"]), capacities)
            deployment.run(lambda share: self._share(name, new, share))
        except (FleetFailed, RolledBack) as error:
            self._roll_back(name, new, deployment, str(error))
            if new is not None:
                self._end(name, new)
            return
        except BaseException:
            self._share(name, None, 0)
            if new is not None:
                new.end(grace=0)
            raise
        old = self._switch(name, new)
        self._in_service(name, new)
        if old is not None:
            self._end(name, old)

    def _roll_back(self, name: str, new: Fleet | None, deployment: Deployment, reason: str) -> None:
        with self._lock:
            route = self._routes.get(name)
        if route is None:
            self._failed(name, reason)
            return
        self._record(name, EndpointStatus="RollingBack", FailureReason=reason)
        deployment.roll_back(lambda share: self._share(name, new, share))
        self._share(name, None, 0)
        self._in_service(name, route.fleet, reason)

    def _config(self, name: str) -> Record | None:
        return self._tools.records.get("EndpointConfig", name)

    def _started(self, name: str, config: Record | None, capacities: Capacities) -> Fleet:
        if config is None:
            raise FleetFailed("Could not find the endpoint configuration: it was deleted.")
        root = self._folder / name / str(next(self._numbers))
        fleet = Fleet(self._tools, name, config, root, capacities)
        with self._lock:
            if self._closed:
                raise FleetEnded
            self._fleets.add(fleet)
        try:
            fleet.start()
        except BaseException as error:
            with self._lock:
                self._fleets.discard(fleet)
                if self._closed:
                    raise FleetEnded from error
            raise
        return fleet

    def _share(self, name: str, new: Fleet | None, share: float) -> None:
        with self._lock:
            if (route := self._routes.get(name)) is not None:
                self._routes[name] = replace(route, new=new, share=share)

    def _switch(self, name: str, fleet: Fleet) -> Fleet | None:
        with self._lock:
            old = self._routes.get(name)
            self._routes[name] = Route(fleet)
        return None if old is None else old.fleet

    def _in_service(self, name: str, fleet: Fleet, reason: str | None = None) -> None:
        fields = {
            "EndpointStatus": "InService",
            "EndpointConfigName": fleet.config_name,
            "ProductionVariants": fleet.summaries(self._tools.clock()),
            "DataCaptureConfig": fleet.capture_summary,
            "ServedConfig": fleet.config,
            "FailureReason": reason,
            "PendingDeploymentSummary": None,
            "PendingDeploymentConfig": None,
        }
        try:
            self._record(name, **fields)
        except RecordMissing:
            # It was deleted while it was being made.
            self.delete(name)

    def _failed(self, name: str, reason: str) -> None:
        self._record(name, EndpointStatus="Failed", FailureReason=reason, PendingDeploymentSummary=None)

    def _record(self, name: str, **fields: Any) -> None:
        now = self._tools.clock()
        self._tools.records.update("Endpoint", name, **fields, LastModifiedTime=now)

    def _end(self, name: str, fleet: Fleet) -> None:
        _log.info("the servers of endpoint %s for %s end", name, fleet.config_name)
        fleet.end(self._tools.waits.server_grace)
        with self._lock:
            self._fleets.discard(fleet)

    def _await_restored(self, name: str) -> None:
        if (restored := self._restoring.get(name)) is not None:
            restored.wait()

    def _route(self, name: str) -> Route:
        self._await_restored(name)
        with self._lock:
            route = self._routes.get(name)
        if route is None:
            record = self._tools.records.get("Endpoint", name) or {}
            status = record.get("EndpointStatus", "Deleting")
            raise ApiError(
                "ValidationError", f"Endpoint {name} of account {ACCOUNT} not found: its status is {status}."
            )
        return route

    def _in_thread(self, work: Callable[..., None], name: str, *arguments: Any) -> None:
        thread = threading.Thread(
            target=self._guarded, args=(work, name, *arguments), name=f"endpoint-{name}"
        )
        with self._lock:
            if self._closed:
                return
            self._threads.add(thread)
            thread.start()

    def _guarded(self, work: Callable[..., None], name: str, *arguments: Any) -> None:
        try:
            work(name, *arguments)
        except (FleetEnded, RecordMissing, RecordsClosed):
            _log.info("the work on endpoint %s is void", name)
        except Exception as error:
            _log.exception("the work on endpoint %s failed for a reason of our own", name)
            with suppress(RecordMissing, RecordsClosed):
                self._failed(name, bug(error))
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
