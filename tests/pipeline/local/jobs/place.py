"""A small local SageMaker without its API, for tests."""

from __future__ import annotations

import io
import itertools
import os
import sys
import tarfile
import textwrap
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from pipeline.local.endpoints.runner import EndpointRunner
from pipeline.local.job_logs import GROUPS, JobLogs
from pipeline.local.jobs.catalog import Framework, Image, Images
from pipeline.local.jobs.job import Waits
from pipeline.local.jobs.metrics import MetricDefinition
from pipeline.local.jobs.mounts import Mounts, NoMounts
from pipeline.local.jobs.runner import JobRunner
from pipeline.local.objects import Objects
from pipeline.local.records import Record, Records

from .servers import SERVER

# An account of these tests: moto's state is shared by all the tests of a process.
ACCOUNT = "100000000003"
REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/imgpipe-execution"
SECONDS = 30.0

_numbers = itertools.count()

NO_MOUNTS = NoMounts()
MOUNTS = Mounts()
"""Finds out once for a process of tests."""

METRICS = (
    MetricDefinition("train:accuracy", r"Train-accuracy=(\S+)"),
    MetricDefinition("validation:accuracy", r"Validation-accuracy=(\S+)"),
)


class WatchedLogs(JobLogs):
    """Logs on which a test can wait for lines."""

    def __init__(self) -> None:
        super().__init__(ACCOUNT, REGION)
        self._lines: dict[str, list[str]] = {}
        self._changed = threading.Condition()

    def put(self, group: str, stream: str, events: list[dict[str, Any]]) -> None:
        super().put(group, stream, events)
        with self._changed:
            self._lines.setdefault(f"{group}/{stream}", []).extend(event["message"] for event in events)
            self._changed.notify_all()

    def wait_for(self, start: str, count: int) -> list[str]:
        """Wait until the one stream that starts so has so many lines."""

        def lines() -> list[str]:
            return [line for name, found in self._lines.items() if name.startswith(start) for line in found]

        with self._changed:
            assert self._changed.wait_for(lambda: len(lines()) >= count, SECONDS)
            return lines()


@dataclass
class Place:
    """A small local SageMaker without its API: records, S3 with one bucket, logs, and programs to run."""

    home: Path
    records: Records
    objects: Objects
    logs: WatchedLogs
    bucket: str
    runners: list[JobRunner | EndpointRunner] = field(default_factory=list)

    def runner(
        self,
        waits: Waits | None = None,
        images: Images | None = None,
        mounts: Mounts = NO_MOUNTS,
        client: Mapping[str, str] | None = None,
        most: int = 4,
        **programs: str,
    ) -> JobRunner:
        """A runner whose images `train` and `serve` run Python source, and `script` runs scripts."""
        host = {"PATH": os.environ["PATH"], "SECRET": "x", "IMGPIPE_LOCAL_JOBS": str(most)}
        images = images or {
            "train": Image(train=self.program(programs.get("train", "")), metrics=METRICS),
            "serve": Image(serve=self.program(programs.get("serve", ""))),
            "script": Image(runs_scripts=True, framework=Framework((), "script_container.training:main")),
        }
        runner = JobRunner(
            self.home,
            self.records,
            self.objects,
            self.logs,
            images=images,
            host=host,
            waits=waits,
            mounts=mounts,
            client=client,
        )
        self.runners.append(runner)
        return runner

    def endpoints(
        self, waits: Waits | None = None, images: Images | None = None, serve: str = SERVER, **more: Any
    ) -> EndpointRunner:
        """A runner of endpoints whose image `serve` runs Python source."""
        host = {"PATH": os.environ["PATH"], "SECRET": "x"}
        images = images or {"serve": Image(serve=self.program(serve))}
        runner = EndpointRunner(
            self.home, self.records, self.objects, self.logs, images=images, host=host, waits=waits, **more
        )
        self.runners.append(runner)
        return runner

    def model(self, name: str, content: bytes, image: str = "serve:1", **container: Any) -> None:
        """Record a model whose archive holds a model.txt."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            member = tarfile.TarInfo("model.txt")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        self.write(f"models/{name}.tar.gz", buffer.getvalue())
        only = {"Image": image, "ModelDataUrl": self.uri(f"models/{name}.tar.gz"), **container}
        self.records.create(
            "Model", name, {"ModelName": name, "PrimaryContainer": only, "ExecutionRoleArn": ROLE}
        )

    def program(self, source: str) -> tuple[str, ...]:
        """A command line that runs Python source without site-packages: that starts ten times as fast."""
        path = self.home / f"program-{next(_numbers)}.py"
        path.write_text(textwrap.dedent(source))
        return (sys.executable, "-I", "-S", "-u", str(path))

    def write(self, key: str, content: bytes) -> None:
        """Store one object."""
        self.objects.write(self.bucket, key, content)

    def read(self, key: str) -> bytes:
        """Read one object."""
        return self.objects.read(self.bucket, key)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys under a prefix."""
        return self.objects.list_keys(self.bucket, prefix)

    def uri(self, key: str = "") -> str:
        """The URI of a key."""
        return f"s3://{self.bucket}/{key}"

    def finish(self, kind: str, name: str) -> Record:
        """Wait for the end of a job."""
        ended = ("Completed", "Failed", "Stopped")
        return self.records.wait(kind, name, lambda record: record[f"{kind}Status"] in ended, SECONDS)

    def wait_for_log(self, kind: str, name: str, count: int) -> list[str]:
        """Wait for so many lines in the log of a running job."""
        return self.logs.wait_for(f"{GROUPS[kind]}/{name}/", count)

    def log(self, kind: str, name: str, end: str = "") -> list[str]:
        """The lines of a job's log stream, or of that with another end."""
        return self.log_of(GROUPS[kind], f"{name}/algo-1-", end)

    def log_of(self, group: str, start: str, end: str = "") -> list[str]:
        """The lines of the one stream that starts and ends so."""
        streams = get_backend("logs")[ACCOUNT][REGION].groups[group].streams
        (found,) = [
            stream
            for name, stream in streams.items()
            if name.startswith(start) and name.endswith(end) and ("data-log" in name) == ("data-log" in end)
        ]
        return [event.message for event in found.events]


def wait_for_threads(name: str) -> None:
    """Wait until a job's thread has ended, whatever its record says."""
    for thread in threading.enumerate():
        if thread.name.endswith(f"-{name}"):
            thread.join(SECONDS)


@contextmanager
def make_place(home: Path) -> Iterator[Place]:
    """A place in a folder, with nothing in its bucket, its records or its logs."""
    bucket = f"jobs-test-{os.getpid()}-{next(_numbers)}"
    backend = get_backend("s3")[ACCOUNT]["aws"]
    backend.create_bucket(bucket, REGION)
    get_backend("logs")[ACCOUNT][REGION].groups.clear()
    records = Records(home / "records.sqlite")
    place = Place(home, records, Objects(ACCOUNT, REGION), WatchedLogs(), bucket)
    try:
        yield place
    finally:
        for runner in place.runners:
            runner.close()
        records.close()
        for key in list(backend.buckets[bucket].keys):
            backend.delete_object(bucket, key)
        backend.delete_bucket(bucket)
