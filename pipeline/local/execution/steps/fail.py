"""Fail steps: end the execution with a message of the definition's own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.language.definition import Step
from pipeline.language.evaluation import Scope, as_text, evaluate
from pipeline.local.execution.run import Run
from pipeline.local.execution.steps.executor import Metadata, Outcome
from pipeline.local.records import Record


class FailStep:
    """Executes Fail steps."""

    operation = None
    kind = None
    given: Mapping[str, object] = MappingProxyType({})

    def request(self, run: Run, step: Step, scope: Scope) -> Record:  # noqa: ARG002
        """Evaluate the message."""
        return {"ErrorMessage": as_text(evaluate(step.arguments.get("ErrorMessage", ""), scope))}

    def begin(self, run: Run, step: Step, request: Record) -> Metadata:  # noqa: ARG002
        """There is nothing to make."""
        return {"Fail": request}

    def finish(self, run: Run, step: Step, metadata: Metadata) -> Outcome:  # noqa: ARG002
        """Fail."""
        return Outcome("Failed", metadata["Fail"]["ErrorMessage"])

    def stop(self, run: Run, metadata: Metadata) -> None:
        """There is nothing to stop."""

    def properties(self, run: Run, metadata: Metadata) -> object:  # noqa: ARG002
        """Nothing runs after it that could ask."""
        return metadata["Fail"]
