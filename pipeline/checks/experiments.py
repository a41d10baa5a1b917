"""PipelineExperimentConfig and MlflowConfig, which are read before any step runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.language import expressions
from pipeline.language.definition import Definition
from pipeline.language.document import brief
from pipeline.language.parameters import Value
from pipeline.language.problem import Path, Problem
from pipeline.suggestion import listed, suggestion

_KEYS: Mapping[str, tuple[str, ...]] = {
    "PipelineExperimentConfig": ("ExperimentName", "TrialName"),
    "MlflowConfig": ("MlflowResourceArn", "MlflowExperimentName"),
}
"""Their keys, as PipelineExperimentConfig and MlflowConfig of the SageMaker SDK write them."""


def problems(definition: Definition, _values: Mapping[str, Value]) -> Iterator[Problem]:
    """What is wrong with their form."""
    for name, config in definition.configs.items():
        yield from _in_config(name, config)


def _in_config(name: str, config: object) -> Iterator[Problem]:
    known = _KEYS[name]
    if not isinstance(config, Mapping):
        message = f"{name} must be an object, not {brief(config)}"
        yield Problem("D144", (name,), message, f"with {listed(known)}")
        return
    for key, value in config.items():
        path = (name, key)
        if key not in known:
            message = f"{name} has an unknown key '{key}'"
            yield Problem(
                "D144", path, message, suggestion(key, known, f"there are {listed(known)}"), at_key=True
            )
        elif value is not None and not isinstance(value, str) and expressions.function_of(value) is None:
            yield Problem("D144", path, f"{key} must be text, not {brief(value)}", "write text")
        else:
            yield from _too_early(key, value, path)


def _too_early(key: str, value: object, path: Path) -> Iterator[Problem]:
    for where, reference in expressions.located(value, path):
        if isinstance(reference, expressions.Property | expressions.PropertyFile):
            message = f"{key} comes from step '{reference.step}', and is needed before any step runs"
            hint = "use text, parameters and what begins with Execution"
            yield Problem("D144", where, message, hint)
