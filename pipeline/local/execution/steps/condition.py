"""Condition steps: choose a branch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.language.conditions import ConditionError, all_hold
from pipeline.language.definition import Step
from pipeline.language.evaluation import Scope, evaluate
from pipeline.local.execution.run import Run
from pipeline.local.execution.steps.executor import Metadata, Outcome, StepFailed
from pipeline.local.records import Record


class ConditionStep:
    """Executes Condition steps: all the conditions of the list must hold."""

    operation = None
    kind = None
    given: Mapping[str, object] = MappingProxyType({})

    def request(self, run: Run, step: Step, scope: Scope) -> Record:  # noqa: ARG002
        """Evaluate the conditions."""
        items = step.arguments["Conditions"]
        assert isinstance(items, list)
        try:
            holds = all_hold(items, lambda operand: evaluate(operand, scope))
        except ConditionError as error:
            raise StepFailed(f"ClientError: {error}") from error
        return {"Outcome": str(holds)}

    def begin(self, run: Run, step: Step, request: Record) -> Metadata:  # noqa: ARG002
        """There is nothing to make."""
        return {"Condition": request}

    def finish(self, run: Run, step: Step, metadata: Metadata) -> Outcome:  # noqa: ARG002
        """The outcome is known since `begin`."""
        return Outcome("Succeeded", branch=metadata["Condition"]["Outcome"] == "True")

    def stop(self, run: Run, metadata: Metadata) -> None:
        """There is nothing to stop."""

    def properties(self, run: Run, metadata: Metadata) -> object:  # noqa: ARG002
        """`Steps.<name>.Outcome`."""
        return metadata["Condition"]
