"""Processing, Training and Transform steps: each makes a job and waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.language.definition import Step
from pipeline.language.evaluation import UNKNOWN, Scope, evaluate
from pipeline.local import arns
from pipeline.local.errors import ApiError
from pipeline.local.execution import faults
from pipeline.local.execution.run import Run, StepScope
from pipeline.local.execution.steps.executor import SUCCEEDED, Metadata, Outcome
from pipeline.local.execution.steps.request import generated_name, send, tagged, unique_name
from pipeline.local.records import Record

_RUNNING = ("InProgress", "Stopping")


@dataclass(frozen=True)
class JobStep:
    """Executes the steps that make jobs of one kind, such as TrainingJob."""

    kind: str

    @property
    def operation(self) -> str:
        """The operation whose request the Arguments are."""
        return f"Create{self.kind}"

    @property
    def given(self) -> Mapping[str, object]:
        """The job's name."""
        return {f"{self.kind}Name": UNKNOWN}

    def request(self, run: Run, step: Step, scope: Scope) -> Record:
        """The request of a job with a name of its own."""
        member = f"{self.kind}Name"
        base = step.arguments.get(member)
        name = unique_name(run, evaluate(base, scope)) if base else generated_name(run, step.name)
        if isinstance(scope, StepScope):
            scope = StepScope(scope.run, scope.properties_of, {member: name})
        arguments = evaluate(step.arguments, scope)
        assert isinstance(arguments, dict)
        return tagged(run, step.name, {**arguments, member: name})

    def begin(self, run: Run, step: Step, request: Record) -> Metadata:  # noqa: ARG002
        """Create the job."""
        response = send(run, self.operation, request)
        return {self.kind: {"Arn": response[f"{self.kind}Arn"]}}

    def finish(self, run: Run, step: Step, metadata: Metadata) -> Outcome:  # noqa: ARG002
        """Wait until the job has ended."""
        status = f"{self.kind}Status"
        job = run.records.wait(self.kind, self._name(metadata), lambda record: record[status] not in _RUNNING)
        if job[status] == "Completed":
            return SUCCEEDED
        if job[status] == "Stopped":
            return Outcome("Stopped")
        reason = job.get("FailureReason")
        return Outcome("Failed", reason, fault=faults.of_reason(reason))

    def stop(self, run: Run, metadata: Metadata) -> None:
        """Stop the job, if it still runs."""
        try:
            run.call(f"Stop{self.kind}", self._request(metadata))
        except ApiError:
            # It has just ended by itself: there is nothing to stop.
            return

    def properties(self, run: Run, metadata: Metadata) -> Record:
        """The response of Describe*Job."""
        return run.call(f"Describe{self.kind}", self._request(metadata))

    def _request(self, metadata: Metadata) -> Record:
        return {f"{self.kind}Name": self._name(metadata)}

    def _name(self, metadata: Metadata) -> str:
        return arns.name_of(self.kind, metadata[self.kind]["Arn"])
