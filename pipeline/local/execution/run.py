"""One execution of a pipeline as its steps see it, and where their expressions find values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from pipeline.errors import ImgpipeError
from pipeline.language.definition import Definition, Step
from pipeline.language.expressions import ExpressionError
from pipeline.language.parameters import Value
from pipeline.local import arns
from pipeline.local.records import Record, Records
from pipeline.s3_uri import split_uri

STEP = "PipelineExecutionStep"
"""Kind of the record of a started step, named `<pipeline>/<execution id>/<step>`."""

Call = Callable[[str, Mapping[str, Any]], Record]
"""An operation of our own API: name, request → response; raises ApiError."""


class ObjectReader(Protocol):
    """Reads objects of S3."""

    def read(self, bucket: str, key: str) -> bytes:
        """The object's bytes; an ImgpipeError if there is none."""


@dataclass(frozen=True)
class Run:
    """One execution.

    Attributes:
        name: `<pipeline>/<execution id>`.
        definition: What is executed.
        parameters: Values by name.
        started: Seconds since the epoch.
        records: The record store.
        objects: S3.
        call: Our own API: a step asks for what it needs as any client does.
        clock: Seconds since the epoch.
        new_id: A random string of lower-case letters and digits of a length.
    """

    name: str
    definition: Definition
    parameters: Mapping[str, Value]
    started: float
    records: Records
    objects: ObjectReader
    call: Call
    clock: Callable[[], float]
    new_id: Callable[[int], str]

    @property
    def pipeline(self) -> str:
        """The pipeline's name."""
        return self.name.partition("/")[0]

    @property
    def id(self) -> str:
        """The execution's id."""
        return self.name.partition("/")[2]

    @property
    def arn(self) -> str:
        """The execution's ARN."""
        return arns.arn("PipelineExecution", self.name)

    def metadata(self, step: str) -> Record:
        """Metadata of a step that has begun, as in ListPipelineExecutionSteps."""
        record = self.records.get(STEP, f"{self.name}/{step}") or {}
        return dict(record.get("Metadata") or {})

    def variable(self, name: str) -> str:
        """An execution variable that is the same for every step."""
        values = {
            "StartDateTime": _iso(self.started),
            "CurrentDateTime": _iso(self.clock()),
            "PipelineName": self.pipeline,
            "PipelineArn": arns.arn("Pipeline", self.pipeline),
            "PipelineExecutionId": self.id,
            "PipelineExecutionArn": self.arn,
        }
        if name not in values:
            raise ExpressionError(f"Execution.{name} has a value only in a step that makes such a job")
        return values[name]


def _iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class StepScope:
    """The values of the expressions of one step that is about to run.

    Attributes:
        run: The execution.
        properties_of: Gives what `Steps.<step>` stands for.
        own: Execution variables of this step alone, such as TrainingJobName.
    """

    run: Run
    properties_of: Callable[[Run, Step], object]
    own: Mapping[str, str]

    def parameter(self, name: str) -> object:
        """The value of a pipeline parameter."""
        return self.run.parameters[name]

    def variable(self, name: str) -> object:
        """The value of an execution variable."""
        return self.own[name] if name in self.own else self.run.variable(name)

    def properties(self, step: str) -> object:
        """The response of the Describe operation for what a step made."""
        return self.properties_of(self.run, self.run.definition.steps[step])

    def property_file(self, step: str, name: str) -> object:
        """The JSON value in a property file: read from S3, where the job has put its output."""
        file = self.run.definition.steps[step].property_files[name]
        job = self.properties(step)
        assert isinstance(job, Mapping)
        for output in job.get("ProcessingOutputConfig", {}).get("Outputs", []):
            if output["OutputName"] == file.output:
                return self.json_at(f"{output['S3Output']['S3Uri'].rstrip('/')}/{file.path}")
        raise ExpressionError(f"property file {name}: step '{step}' has no output named '{file.output}'")

    def json_at(self, uri: str) -> object:
        """The JSON value in an S3 object."""
        bucket, key = split_uri(uri)
        if not uri.startswith("s3://") or not bucket or not key:
            raise ExpressionError(f"{uri!r} is not the URI of an S3 object")
        try:
            return json.loads(self.run.objects.read(bucket, key))
        except ImgpipeError as error:
            raise ExpressionError(f"cannot read {uri}: {error.findings[0].message}") from error
        except ValueError as error:
            raise ExpressionError(f"{uri} is not JSON: {error}") from error
