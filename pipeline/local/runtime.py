"""What the local SageMaker's API asks of the parts that run things: jobs and endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Jobs(Protocol):
    """Runs processing, training and transform jobs as subprocesses."""

    def check(self, kind: str, request: Mapping[str, Any]) -> None:
        """Refuse what no program stands for, before anything is recorded or started.

        Args:
            kind: TrainingJob, ProcessingJob, TransformJob or Model.
            request: The Create* request. Before an execution starts it holds only what is known by then:
                values that come from other steps are absent. What is absent is not to be judged.

        Raises:
            NotSupportedLocally: R110: for instance no program stands for the image.
            ApiError: The request cannot work for a reason that AWS knows too.
        """

    def start(self, kind: str, name: str) -> None:
        """Run a job in a thread and return at once.

        The record exists (InProgress; a training job's SecondaryStatus is Starting). The thread brings it to
        its terminal state.
        """

    def adopt(self) -> set[tuple[str, str]]:
        """At server start: go on with the jobs that the last server left running.

        Returns:
            Kind and name of each. The others whose records say that they run are lost.
        """

    def stop(self, kind: str, name: str) -> None:
        """Ask a running job to stop and return at once; its record says Stopping and in the end Stopped."""

    def close(self) -> None:
        """End every job's process tree; the server is going down."""


@dataclass(frozen=True)
class Invocation:
    """One request to a model.

    Attributes:
        endpoint: The endpoint's name.
        body: What the model is given.
        content_type: Of the body.
        accept: The Content-Type that is wanted.
        target_variant: The variant that is to answer; any if None.
        inference_id: InferenceId, which captured data shows.
        custom_attributes: CustomAttributes, which the model sees.
    """

    endpoint: str
    body: bytes
    content_type: str = ""
    accept: str = ""
    target_variant: str | None = None
    inference_id: str | None = None
    custom_attributes: str | None = None


class Endpoints(Protocol):
    """Serves endpoints as real HTTP servers."""

    def create(self, name: str) -> None:
        """Serve an endpoint and return at once: its record says Creating, then InService or Failed."""

    def update(self, name: str) -> None:
        """Do what the record of an endpoint in state Updating asks for, and return at once.

        With a PendingDeploymentSummary it moves to that configuration, as its private member
        PendingDeploymentConfig (a DeploymentConfig) says; if that fails the old one stays in service, and
        FailureReason says why. Without, its variants get their desired weights. In the end it is InService.
        """

    def check_alarms(self, names: Sequence[str]) -> None:
        """Refuse names that no CloudWatch alarm has.

        Raises:
            ApiError: ValidationException.
        """

    def delete(self, name: str) -> None:
        """Stop serving; the record is removed by the caller."""

    def invoke(self, invocation: Invocation) -> tuple[int, dict[str, str], bytes]:
        """Send one request to the model.

        Returns:
            The model's HTTP status, headers (at least Content-Type and x-Amzn-Invoked-Production-Variant) and
            body.

        Raises:
            ApiError: The endpoint is not in service, or has no such variant.
        """

    def restore(self) -> None:
        """At server start: serve again every endpoint that was in service or on its way there."""

    def close(self) -> None:
        """End every endpoint's process tree; the server is going down. Records stay as they are."""
