"""The section `gate`: what a model must reach before it is registered and deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from steps.config import Fraction, Problem, Section

METRICS = ("accuracy", "macro_f1", "worst_class_recall", "top_5_accuracy", "expected_calibration_error")
"""Metrics that a gate can ask for, in the order that they are checked and named."""

AT_MOST = frozenset({"expected_calibration_error"})
"""Metrics of which less is better."""


class GateConfig(Section):
    """Thresholds. A model passes if it meets all that are given."""

    accuracy: Fraction = Field(
        description="Least share of validation images that must be classified correctly."
    )
    macro_f1: Fraction | None = Field(None, description="Least F1 score, averaged over the classes.")
    worst_class_recall: Fraction | None = Field(None, description="Least recall of the weakest class.")
    top_5_accuracy: Fraction | None = Field(
        None,
        description="Least share of images whose class is among the five most probable ones. It needs more "
        "than 5 classes: EvaluateModel does not report it for 5 or fewer.",
    )
    expected_calibration_error: Fraction | None = Field(
        None,
        description="Greatest mean distance between the probability that the model gives and being right.",
    )
    source: Literal["evaluation", "training"] = Field(
        "evaluation",
        description=(
            "Where accuracy comes from: EvaluateModel, which scores the very model that is registered, or "
            "the last validation:accuracy that the training job reported, which may belong to another epoch."
        ),
    )

    def thresholds(self) -> dict[str, float]:
        """The metrics that this gate asks for, and the value of each."""
        given = ((metric, getattr(self, metric)) for metric in METRICS)
        return {metric: float(value) for metric, value in given if value is not None}

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        if self.source == "evaluation":
            return
        for metric in list(self.thresholds())[1:]:
            yield Problem(
                "C221",
                (metric,),
                f"{metric} cannot be had from source: training",
                "remove it, or write source: evaluation",
                "of these metrics the built-in algorithm reports validation:accuracy only",
                reads=(("source",),),
            )
