"""What an executor of a type of step is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.language.definition import Step
from pipeline.language.evaluation import Scope
from pipeline.local.execution.run import Run
from pipeline.local.records import Record

Metadata = Record
"""What a step made, as Metadata in ListPipelineExecutionSteps, such as {"TrainingJob": {"Arn": …}}."""


class StepFailed(Exception):
    """A step cannot begin; the text becomes its FailureReason.

    Attributes:
        fault: The type of the failure, if a retry policy can answer it.
    """

    def __init__(self, message: str, fault: str | None = None) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class Outcome:
    """How a step ended.

    Attributes:
        status: Succeeded, Failed or Stopped.
        reason: FailureReason of a step that failed.
        branch: The outcome of a Condition step.
        fault: The type of the failure, if a retry policy can answer it.
    """

    status: str
    reason: str | None = None
    branch: bool | None = None
    fault: str | None = None


SUCCEEDED = Outcome("Succeeded")


class StepExecutor(Protocol):
    """Executes the steps of one type.

    The phases are apart so that a step can be taken up again wherever a server was killed: what `begin` makes
    is recorded together with what it returns, and `finish` needs nothing but the records.
    """

    @property
    def operation(self) -> str | None:
        """The operation whose request the Arguments are, or None."""

    @property
    def given(self) -> Mapping[str, object]:
        """Members of that request that the execution adds: the values stand for any."""

    @property
    def kind(self) -> str | None:
        """The kind that `Jobs.check` judges before the execution starts, or None."""

    def request(self, run: Run, step: Step, scope: Scope) -> Record:
        """The step's arguments with their values, which may have to be read from S3.

        Raises:
            StepFailed: They make no sense.
            ExpressionError: One has no value.
        """

    def begin(self, run: Run, step: Step, request: Record) -> Metadata:
        """Make what the step makes; returns when the request is accepted.

        It runs inside of one change of the records: it must be quick, and must not wait.

        Raises:
            StepFailed: It was not accepted.
        """

    def finish(self, run: Run, step: Step, metadata: Metadata) -> Outcome:
        """Wait until it is done."""

    def stop(self, run: Run, metadata: Metadata) -> None:
        """Ask for its end; `finish` returns soon after."""

    def properties(self, run: Run, metadata: Metadata) -> object:
        """What `Steps.<name>` stands for in expressions, when the step has succeeded."""
