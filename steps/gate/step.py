"""The steps AccuracyGate and RejectModel: only a model that meets every threshold goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo, ConditionLessThanOrEqualTo
from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep

from steps.gate.config import AT_MOST
from steps.step import Variable

NAME = "AccuracyGate"
REJECT = "RejectModel"


@dataclass(frozen=True)
class Demand:
    """What the gate asks of one metric.

    Attributes:
        value: What the model reached.
        threshold: What it must reach.
    """

    value: Variable
    threshold: Variable


def accuracy_gate(
    demands: Mapping[str, Demand], after: Sequence[Variable], passed: Sequence[Variable]
) -> ConditionStep:
    """The step AccuracyGate, with RejectModel on its other side.

    Args:
        demands: What is asked, by metric.
        after: Steps that must have ended before, whether or not the gate reads from them.
        passed: Steps for a model that meets all demands.
    """
    return ConditionStep(
        NAME,
        depends_on=list(after),
        conditions=[_condition(metric, demand) for metric, demand in demands.items()],
        if_steps=list(passed),
        else_steps=[FailStep(REJECT, error_message=_message(demands))],
    )


def _condition(metric: str, demand: Demand) -> Variable:
    kind = ConditionLessThanOrEqualTo if metric in AT_MOST else ConditionGreaterThanOrEqualTo
    return kind(left=demand.value, right=demand.threshold)


def _message(demands: Mapping[str, Demand]) -> Variable:
    """Says each metric, its value and the threshold: which failed is known only when the pipeline runs."""
    parts: list[Variable] = []
    for metric, demand in demands.items():
        bound = "at most" if metric in AT_MOST else "at least"
        opening = "The model was not registered: " if not parts else "; "
        parts += [f"{opening}{metric} is ", demand.value, f", {bound} ", demand.threshold, " is needed"]
    return Join(on="", values=parts)
