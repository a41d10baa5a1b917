"""Serves endpoints as real HTTP servers (runtime.Endpoints)."""

from __future__ import annotations

import itertools
import logging
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.local.arns import ACCOUNT, PARTITION, REGION
from pipeline.local.errors import ApiError
from pipeline.local.job_logs import JobLogs, endpoint_group
from pipeline.local.jobs.catalog import IMAGES, Images
from pipeline.local.jobs.connections import Call, NoAnswer
from pipeline.local.endpoints.fleet import Fleet, FleetEnded, FleetFailed, Variant
from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.job import Tools, Waits
from pipeline.local.jobs.reasons import bug
from pipeline.local.objects import Objects
from pipeline.local.records import RecordMissing, Records, RecordsClosed

INVOCATION_TIMEOUT = 60.0
"""Seconds that a model has to answer (InvokeEndpoint of the API)."""

_JOIN_S = 30.0

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
        point: Gives random numbers in [0, 1), to choose among variants.
        timeout: Seconds that a model has to answer.
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
        point: Callable[[], float] = random.random,
        timeout: float = INVOCATION_TIMEOUT,
    ) -> None:
        environment = dict(os.environ) if host is None else host
        self._folder = home / "local" / "endpoints"
        self._tools = Tools(records, objects, logs, Guardian(), images, environment, clock, waits or Waits())
        self._point = point
        self._timeout = timeout
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._serving: dict[str, Fleet] = {}
        self._fleets: set[Fleet] = set()
        self._threads: set[threading.Thread] = set()
        self._restoring: dict[str, threading.Event] = {}
        self._closed = False

    def create(self, name: str) -> None:
        """Serve a recorded endpoint and return at once: Creating, then InService or Failed."""
        self._in_thread(self._create, name)

    def update(self, name: str, config_name: str) -> None:
        """Move an endpoint to another configuration and return at once.

        The new servers answer before the old ones are ended, all at once. If they do not come up the old ones
        stay, and FailureReason says why.
        """
        self._in_thread(self._update, name, config_name)

    def delete(self, name: str) -> None:
        """Serve an endpoint no more. Its servers end in the background, after what they are answering."""
        with self._lock:
            fleet = self._serving.pop(name, None)
        if fleet is not None:
            self._in_thread(self._end, name, fleet)

    def invoke(
        self, name: str, body: bytes, content_type: str, accept: str, target_variant: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request to the model.

        Returns:
            The model's status, headers and body.

        Raises:
            ApiError: ValidationError: the endpoint is not in service, or has no such variant. ModelError: the
                model does not answer.
        """
        headers = {"Content-Type": content_type, "Accept": accept}
        call = Call(
            "POST",
            "/invocations",
            self._timeout,
            body,
            {key: value for key, value in headers.items() if value},
        )
        fleet = self._fleet(name)
        while True:
            variant = self._variant(name, fleet, target_variant)
            try:
                answer = variant.send(call)
                break
            except NoAnswer as error:
                # An update may have ended these servers while the request was on its way.
                before, fleet = fleet, self._fleet(name)
                if fleet is before:
                    raise _model_error(name, error) from error
        kind = answer.headers.get("content-type", "application/octet-stream")
        return (
            answer.status,
            {"Content-Type": kind, "x-Amzn-Invoked-Production-Variant": variant.name},
            answer.body,
        )

    def restore(self) -> None:
        """At server start: serve again every endpoint that was in service; requests wait for that.

        One that was being created is created anew.
        """
        shutil.rmtree(self._folder, ignore_errors=True)
        records = self._tools.records.list("Endpoint")
        for record in records:
            if record["EndpointStatus"] == "Creating":
                self.create(record["EndpointName"])
        names = [record["EndpointName"] for record in records if record["EndpointStatus"] == "InService"]
        self._restoring = {name: threading.Event() for name in names}
        for name in names:
            self._in_thread(self._restore, name)

    def close(self) -> None:
        """Kill every server. Records stay as they are."""
        with self._lock:
            self._closed = True
            fleets, threads = set(self._fleets), set(self._threads)
        for fleet in fleets:
            fleet.end(grace=0)
        for thread in threads:
            thread.join(_JOIN_S)
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

    def _started_or_failed(self, name: str) -> Fleet | None:
        record = self._tools.records.get("Endpoint", name)
        if record is None:
            return None
        try:
            return self._started(name, record["EndpointConfigName"])
        except FleetFailed as error:
            self._record(name, EndpointStatus="Failed", FailureReason=str(error))
            return None

    def _update(self, name: str, config_name: str) -> None:
        try:
            fleet = self._started(name, config_name)
        except FleetFailed as error:
            with self._lock:
                still_served = name in self._serving
            if still_served:
                self._record(name, EndpointStatus="RollingBack")
            status = "InService" if still_served else "Failed"
            self._record(name, EndpointStatus=status, FailureReason=str(error))
            return
        old = self._switch(name, fleet)
        self._in_service(name, fleet)
        if old is not None:
            self._end(name, old)

    def _started(self, name: str, config_name: str) -> Fleet:
        config = self._tools.records.get("EndpointConfig", config_name)
        if config is None:
            raise FleetFailed(f"Could not find endpoint configuration {config_name}.")
        root = self._folder / name / str(next(self._numbers))
        fleet = Fleet(self._tools, name, config, root)
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

    def _switch(self, name: str, fleet: Fleet) -> Fleet | None:
        with self._lock:
            old = self._serving.get(name)
            self._serving[name] = fleet
        return old

    def _in_service(self, name: str, fleet: Fleet) -> None:
        fields = {
            "EndpointStatus": "InService",
            "EndpointConfigName": fleet.config_name,
            "ProductionVariants": fleet.summaries(self._tools.clock()),
            "FailureReason": None,
        }
        try:
            self._record(name, **fields)
        except RecordMissing:
            # It was deleted while it was being made.
            self.delete(name)

    def _record(self, name: str, **fields: Any) -> None:
        now = self._tools.clock()
        self._tools.records.update("Endpoint", name, **fields, LastModifiedTime=now)

    def _end(self, name: str, fleet: Fleet) -> None:
        _log.info("the servers of endpoint %s for %s end", name, fleet.config_name)
        fleet.end(self._tools.waits.server_grace)
        with self._lock:
            self._fleets.discard(fleet)

    def _fleet(self, name: str) -> Fleet:
        if (restored := self._restoring.get(name)) is not None:
            restored.wait(self._tools.waits.ready)
        with self._lock:
            fleet = self._serving.get(name)
        if fleet is None:
            record = self._tools.records.get("Endpoint", name) or {}
            status = record.get("EndpointStatus", "Deleting")
            raise ApiError(
                "ValidationError", f"Endpoint {name} of account {ACCOUNT} not found: its status is {status}."
            )
        return fleet

    def _variant(self, name: str, fleet: Fleet, target: str | None) -> Variant:
        if target is None:
            return fleet.choose(self._point())
        variant = fleet.find(target)
        if variant is None:
            known = ", ".join(each.name for each in fleet.variants)
            raise ApiError(
                "ValidationError", f"Variant {target} not found for endpoint {name}; it has {known}."
            )
        return variant

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
                self._record(name, EndpointStatus="Failed", FailureReason=bug(error))
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())


def _model_error(name: str, error: NoAnswer) -> ApiError:
    group = endpoint_group(name)
    message = f"Your invocation got no answer from container primary: {error}"
    return ApiError(
        "ModelError",
        f'Received server error (0) from primary with message "{message}". See log group {group} in account '
        f"{ACCOUNT} for more information.",
        status=424,
        OriginalStatusCode=0,
        OriginalMessage=message,
        LogStreamArn=f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:{group}",
    )
