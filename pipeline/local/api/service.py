"""What every operation works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.local.errors import ApiError
from pipeline.local.records import Record, RecordExists, RecordMissing, Records
from pipeline.local.runtime import Endpoints, Jobs

Request = Mapping[str, Any]
"""A request that fits the operation's input shape."""


class ObjectReader(Protocol):
    """Reads objects of S3."""

    def read(self, bucket: str, key: str) -> bytes:
        """The object's bytes; an ImgpipeError if there is none."""


class Executor(Protocol):
    """Runs pipeline executions."""

    def start(self, name: str) -> None:
        """Run a recorded execution (`<pipeline>/<execution id>`) in a thread and return at once."""

    def stop(self, name: str) -> None:
        """Stop an execution whose record says Stopping; returns at once."""


@dataclass(frozen=True)
class Service:
    """The parts behind the operations.

    Attributes:
        records: All that is recorded.
        jobs: Runs jobs.
        endpoints: Serves endpoints.
        objects: S3.
        executor: Runs pipeline executions.
        clock: Seconds since the epoch.
        new_id: A random string of lower-case letters and digits of a length.
    """

    records: Records
    jobs: Jobs
    endpoints: Endpoints
    objects: ObjectReader
    executor: Executor
    clock: Callable[[], float]
    new_id: Callable[[int], str]

    def create(
        self, kind: str, name: str, record: Record, taken: ApiError, tags: list[dict[str, str]] | None = None
    ) -> None:
        """Add a record with its tags, or raise `taken` if its name is in use."""
        try:
            with self.records.together():
                # Tags first: the event of the new record shows them.
                self.set_tags(record[f"{kind}Arn"], tags or [])
                self.records.create(kind, name, record)
        except RecordExists as error:
            raise taken from error

    def find(self, kind: str, name: str, missing: ApiError) -> Record:
        """A record, or raise `missing`."""
        record = self.records.get(kind, name)
        if record is None:
            raise missing
        return record

    def remove(self, kind: str, name: str, missing: ApiError) -> None:
        """Remove a record and its tags, or raise `missing`."""
        record = self.find(kind, name, missing)
        try:
            with self.records.together():
                self.records.delete(kind, name)
                self.set_tags(record[f"{kind}Arn"], [])
        except RecordMissing as error:
            raise missing from error

    def set_tags(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Replace the tags of a resource."""
        existing = self.records.get("Tags", arn)
        if existing is not None and not tags:
            self.records.delete("Tags", arn)
        elif existing is not None:
            self.records.update("Tags", arn, Tags=tags)
        elif tags:
            self.records.create("Tags", arn, {"Tags": tags})

    def tags(self, arn: str) -> list[dict[str, str]]:
        """The tags of a resource."""
        record = self.records.get("Tags", arn)
        return list(record["Tags"]) if record else []


Handler = Callable[[Service, Request], Record]
"""One operation: takes a checked request, gives the response's body; raises ApiError or ImgpipeError."""


def without(request: Request, *names: str) -> Record:
    """A copy of a request without some of its members and without nulls."""
    return {key: value for key, value in request.items() if key not in names and value is not None}
