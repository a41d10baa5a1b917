"""Model, EndpointConfig and RegisterModel steps: each records something that is there at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipeline.language.definition import Step
from pipeline.language.evaluation import UNKNOWN, Scope, evaluate
from pipeline.local import arns
from pipeline.local.errors import ApiError
from pipeline.local.execution.run import Run
from pipeline.local.execution.steps.executor import SUCCEEDED, Metadata, Outcome
from pipeline.local.execution.steps.request import generated_name, send, tagged, unique_name
from pipeline.local.records import Record

Prepare = Callable[[Run, Step, Record], Record]
"""Completes a request before it is sent."""


def named(member: str) -> Prepare:
    """Give the resource a name that no other execution has."""

    def prepare(run: Run, step: Step, request: Record) -> Record:
        base = request.get(member)
        return {**request, member: unique_name(run, base) if base else generated_name(run, step.name)}

    return prepare


def in_group(run: Run, step: Step, request: Record) -> Record:  # noqa: ARG001
    """Make the package's group if it is missing, and say which execution made the package.

    RegisterModel of SageMaker Pipelines makes a missing group too: AWS's own examples rely on it.
    """
    group = request.get("ModelPackageGroupName")
    if isinstance(group, str):
        try:
            run.call("DescribeModelPackageGroup", {"ModelPackageGroupName": group})
        except ApiError:
            send(run, "CreateModelPackageGroup", {"ModelPackageGroupName": group})
    origin = {"GeneratedBy": run.arn, **(request.get("MetadataProperties") or {})}
    return {**request, "MetadataProperties": origin}


@dataclass(frozen=True)
class ResourceStep:
    """Executes the steps that make one kind of resource.

    Attributes:
        resource: The resource's kind, such as Model.
        metadata: The step's member in Metadata.
        identity: Member of the Describe request that takes the resource's name or ARN.
        prepare: Completes the request.
        given: Members of the request that `prepare` adds.
        kind: The kind that `Jobs.check` judges, if any.
    """

    resource: str
    metadata: str
    identity: str
    prepare: Prepare
    given: Mapping[str, object] = field(default_factory=dict)
    kind: str | None = None

    @property
    def operation(self) -> str:
        """The operation whose request the Arguments are."""
        return f"Create{self.resource}"

    def request(self, run: Run, step: Step, scope: Scope) -> Record:  # noqa: ARG002
        """The request without what `prepare` adds."""
        arguments = evaluate(step.arguments, scope)
        assert isinstance(arguments, dict)
        return arguments

    def begin(self, run: Run, step: Step, request: Record) -> Metadata:
        """Create the resource."""
        whole = tagged(run, step.name, self.prepare(run, step, request))
        response = send(run, self.operation, whole)
        return {self.metadata: {"Arn": response[f"{self.resource}Arn"]}}

    def finish(self, run: Run, step: Step, metadata: Metadata) -> Outcome:  # noqa: ARG002
        """There is nothing to wait for."""
        return SUCCEEDED

    def stop(self, run: Run, metadata: Metadata) -> None:
        """There is nothing to stop."""

    def properties(self, run: Run, metadata: Metadata) -> Record:
        """The response of Describe*."""
        arn = metadata[self.metadata]["Arn"]
        name = arn if self.resource == "ModelPackage" else arns.name_of(self.resource, arn)
        return run.call(f"Describe{self.resource}", {self.identity: name})


MODEL = ResourceStep("Model", "Model", "ModelName", named("ModelName"), {"ModelName": UNKNOWN}, kind="Model")
ENDPOINT_CONFIG = ResourceStep(
    "EndpointConfig",
    "EndpointConfig",
    "EndpointConfigName",
    named("EndpointConfigName"),
    {"EndpointConfigName": UNKNOWN},
)
REGISTER_MODEL = ResourceStep("ModelPackage", "RegisterModel", "ModelPackageName", in_group)
