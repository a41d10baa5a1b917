"""Stand-ins for the parts that run things, and a server around them."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto.backends import get_backend
from moto.core.base_backend import BackendDict

from pipeline.local import arns
from pipeline.local.api.service import ObjectReader
from pipeline.local.errors import ApiError, NotSupportedLocally
from pipeline.local.home import Home, KeyPair, key_pair
from pipeline.local.kept import SERVICES
from pipeline.local.objects import Objects
from pipeline.local.records import Record, Records
from pipeline.local.runtime import Invocation
from pipeline.local.server import Ground, LocalServer, Runners

Finish = Callable[[str, Record], Record | None]
"""Given kind and record of a job that starts: the fields that end it, or None to let it run."""

COMPLETED = {
    "TrainingJob": {"TrainingJobStatus": "Completed", "SecondaryStatus": "Completed"},
    "ProcessingJob": {"ProcessingJobStatus": "Completed"},
    "TransformJob": {"TransformJobStatus": "Completed"},
}


def complete(kind: str, record: Record) -> Record:
    """Every job completes at once; a training job leaves an artifact and a metric."""
    fields: Record = dict(COMPLETED[kind])
    if kind == "TrainingJob":
        name = record["TrainingJobName"]
        output = f"{record['OutputDataConfig']['S3OutputPath']}/{name}/output/model.tar.gz"
        fields["ModelArtifacts"] = {"S3ModelArtifacts": output}
        fields["FinalMetricDataList"] = [{"MetricName": "validation:accuracy", "Value": 0.95}]
    return fields


@dataclass
class FakeJobs:
    records: Records
    finish: Finish = complete
    checked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    left: set[tuple[str, str]] = field(default_factory=set)

    def check(self, kind: str, request: Mapping[str, Any]) -> None:
        self.checked.append((kind, request))
        if "no-program" in json.dumps(request):
            raise NotSupportedLocally(f"no program stands for the image of this {kind}", "it is unknown")

    def start(self, kind: str, name: str) -> None:
        self.started.append(name)
        record = self.records.get(kind, name)
        assert record is not None
        fields = self.finish(kind, record)
        if fields is not None:
            self.records.update(kind, name, **fields)

    def adopt(self) -> set[tuple[str, str]]:
        return self.left

    def stop(self, kind: str, name: str) -> None:
        self.records.update(kind, name, **{f"{kind}Status": "Stopped"})

    def close(self) -> None:
        """There is nothing to end."""


@dataclass
class FakeEndpoints:
    records: Records
    failure: str | None = None
    restored: bool = False
    invoked: list[Invocation] = field(default_factory=list)
    answer: tuple[int, dict[str, str], bytes] = (200, {"Content-Type": "application/json"}, b"[0.1, 0.9]")

    def create(self, name: str) -> None:
        status = "Failed" if self.failure else "InService"
        ended = {"EndpointStatus": status, "PendingDeploymentSummary": None}
        self.records.update("Endpoint", name, **ended, FailureReason=self.failure)

    def update(self, name: str) -> None:
        record = self.records.get("Endpoint", name)
        assert record is not None
        pending = record.get("PendingDeploymentSummary")
        if pending is not None and not self.failure:
            self.records.update("Endpoint", name, EndpointConfigName=pending["EndpointConfigName"])
        ended = {"EndpointStatus": "InService", "PendingDeploymentSummary": None}
        self.records.update("Endpoint", name, **ended, FailureReason=self.failure)

    def check_alarms(self, names: Sequence[str]) -> None:
        if "no-alarm" in names:
            raise ApiError("ValidationException", "Could not find CloudWatch alarm(s) no-alarm.")

    def delete(self, name: str) -> None:
        """There is nothing to end."""

    def invoke(self, invocation: Invocation) -> tuple[int, dict[str, str], bytes]:
        self.invoked.append(invocation)
        return self.answer

    def restore(self) -> None:
        self.restored = True

    def close(self) -> None:
        """There is nothing to end."""


@dataclass(frozen=True)
class Running:
    """A server with stand-ins, and clients of it."""

    server: LocalServer
    keys: KeyPair
    jobs: FakeJobs
    endpoints: FakeEndpoints
    objects: ObjectReader

    @cached_property
    def sagemaker(self) -> Any:
        """A client of SageMaker."""
        return self.client("sagemaker")

    def wait_for(self, kind: str, name: str, **fields: object) -> Record:
        """Wait until a record has some fields."""
        return self.server.records.wait(
            kind, name, lambda record: all(record.get(key) == value for key, value in fields.items()), 20
        )

    def client(self, service: str, **changes: Any) -> Any:
        """A boto3 client with our keys; without retries, so that an error is one request."""
        settings = {
            "endpoint_url": self.server.url,
            "region_name": "us-east-1",
            "aws_access_key_id": self.keys.access_key,
            "aws_secret_access_key": self.keys.secret_key,
            "config": Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        }
        session: Any = boto3.Session()
        return session.client(service, **{**settings, **changes})


@contextmanager
def running(home: Path, clock: Callable[[], float] | None = None) -> Iterator[Running]:
    """A server in this process on a port of its own. moto's state is the process's: one at a time."""
    at = Home(home)
    at.make()
    made: dict[str, Any] = {}

    def runners(ground: Ground) -> Runners:
        made["jobs"], made["endpoints"] = FakeJobs(ground.records), FakeEndpoints(ground.records)
        made["objects"] = Objects("123456789012", "us-east-1", ground.keeping)
        return Runners(made["objects"], made["jobs"], made["endpoints"])

    keys = key_pair(at)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = LocalServer(at, listener, keys, runners, **({"clock": clock} if clock else {}))
        server.start()
        try:
            yield Running(server=server, keys=keys, **made)
        finally:
            server.close()


def forget_moto() -> None:
    """Empty moto's state, as in a new process."""
    BackendDict.reset()


def clear_moto() -> None:
    """Empty moto's state, as in a new process, and leave alone what `own_moto` has put aside."""
    for service in SERVICES:
        dict.clear(get_backend(service))
    get_backend("s3").bucket_accounts.clear()


@contextmanager
def own_moto() -> Iterator[None]:
    """moto as in a new process; at the end it holds again what it held, for the server that tests share."""
    before = {service: dict.copy(get_backend(service)) for service in SERVICES}
    accounts = dict(get_backend("s3").bucket_accounts)
    clear_moto()
    try:
        yield
    finally:
        clear_moto()
        for service, backends in before.items():
            dict.update(get_backend(service), backends)
        get_backend("s3").bucket_accounts.update(accounts)


def ended(running_server: Running, arn: str) -> Record:
    """Wait until an execution has ended; returns its record."""
    name = arns.name_of("PipelineExecution", arn)
    return running_server.server.records.wait(
        "PipelineExecution",
        name,
        lambda record: record["PipelineExecutionStatus"] not in ("Executing", "Stopping"),
        20,
    )
