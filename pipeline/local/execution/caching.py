"""Caching of steps: one that was run before with the same arguments is not run again.

Sources: "Caching pipeline steps" and "Default cache key attributes by pipeline step type" in the SageMaker
guide. Only what a step's key holds is compared: of S3 the URIs, never the contents.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from pipeline.language.definition import Step
from pipeline.language.evaluation import Scope, evaluate
from pipeline.language.expressions import ExpressionError
from pipeline.local.execution.run import Run
from pipeline.local.execution.steps.executor import Metadata
from pipeline.local.records import Record, RecordExists

RESULT = "StepResult"
"""Kind of the record of a step's newest success with some arguments: `<pipeline>/<step>/<key>`."""

_EVERY = None

KEYS: Mapping[str, tuple[str, ...] | None] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
    # The guide does not tell those of these two, which the SDK lets be cached.
    "EndpointConfig": _EVERY,
    "Endpoint": _EVERY,
}
"""The arguments that make a step another one, by the types that can be cached and are executed here."""

_DURATION = re.compile(
    r"P?((?P<Y>\d+)Y)?((?P<M>\d+)M)?((?P<W>\d+)W)?((?P<D>\d+)D)?"
    r"(T((?P<h>\d+)H)?((?P<m>\d+)M)?((?P<s>\d+(\.\d+)?)S)?)?",
    re.IGNORECASE,
)
_DAY = 86_400
_SECONDS = {"Y": 365 * _DAY, "M": 30 * _DAY, "W": 7 * _DAY, "D": _DAY, "h": 3600, "m": 60, "s": 1}


def seconds_of(duration: str) -> float:
    """An ISO 8601 duration in seconds: a year has 365 days and a month 30.

    Raises:
        ValueError: It is none.
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration!r} is not an ISO 8601 duration")
    return sum(float(found[unit] or 0) * seconds for unit, seconds in _SECONDS.items())


def key_of(step: Step, scope: Scope) -> str | None:
    """What a step is known by among its results; None if it is to run each time."""
    config = step.raw.get("CacheConfig")
    if step.type not in KEYS or not isinstance(config, Mapping) or config.get("Enabled") is not True:
        return None
    members = KEYS[step.type] or tuple(key for key in step.arguments if key != "Tags")
    try:
        arguments = evaluate({key: step.arguments[key] for key in members if key in step.arguments}, scope)
    except ExpressionError:
        # The step will say so itself when it runs, or it has a value of its own in each execution.
        return None
    text = json.dumps([step.type, arguments], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find(run: Run, step: Step, key: str) -> Record | None:
    """The newest success of a step with this key, if it is not too old: its Metadata and where it ran."""
    found = run.records.get(RESULT, _name(run, step, key))
    config = step.raw["CacheConfig"]
    assert isinstance(config, Mapping)
    if found is None or run.clock() - found["EndTime"] > seconds_of(config["ExpireAfter"]):
        return None
    return found


def keep(run: Run, step: Step, key: str, metadata: Metadata) -> None:
    """Make this the newest success of a step with this key."""
    record = {"SourcePipelineExecutionArn": run.arn, "Metadata": metadata, "EndTime": run.clock()}
    name = _name(run, step, key)
    try:
        run.records.create(RESULT, name, record)
    except RecordExists:
        run.records.update(RESULT, name, **record)


def _name(run: Run, step: Step, key: str) -> str:
    return f"{run.pipeline}/{step.name}/{key}"
