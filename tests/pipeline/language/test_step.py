from __future__ import annotations

from pipeline.language.step import STEP_TYPES, step_names
from pipeline.local.execution.steps.registry import EXECUTORS, REFUSED


def test_the_local_sagemaker_executes_or_refuses_every_type() -> None:
    assert sorted([*EXECUTORS, *REFUSED]) == sorted(STEP_TYPES)


def test_names_of_dependencies_are_found_with_and_without_a_trigger() -> None:
    assert list(step_names(["A", {"Step": "B", "Trigger": "Failed"}])) == ["A", "B"]
