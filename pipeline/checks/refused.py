"""What the pipeline service refuses although the API behind the step takes it, and the way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.checks.types import UNKNOWN, type_of
from pipeline.language import expressions
from pipeline.language.definition import Definition, Step
from pipeline.language.document import brief
from pipeline.language.parameters import Value
from pipeline.language.problem import Path, Problem, of_step


@dataclass(frozen=True)
class Refusal:
    """Why something is refused, and what to do instead.

    Attributes:
        why: The reason, with its source.
        way_out: What to do instead.
    """

    why: str
    way_out: str


_FAIL_FAST = (
    "AWS's engineers say that SageMaker Pipelines rejects it (sagemaker-python-sdk, pull request 6153)"
)
_NOT_IN_WORKFLOWS = "the SageMaker SDK drops it: not available in the workflow service, which would reject it"
_AFTERWARDS = "leave it out, and let a Lambda step or whoever deploys approved models set it"

ARGUMENTS: Mapping[tuple[str, str], Refusal] = {
    ("EndpointConfig", "DataCaptureConfig"): Refusal(_FAIL_FAST, _AFTERWARDS),
    ("EndpointConfig", "ExplainerConfig"): Refusal(_FAIL_FAST, _AFTERWARDS),
    ("Endpoint", "DeploymentConfig"): Refusal(_FAIL_FAST, _AFTERWARDS),
    ("RegisterModel", "CertifyForMarketplace"): Refusal(_NOT_IN_WORKFLOWS, "leave it out"),
    ("RegisterModel", "Description"): Refusal(_NOT_IN_WORKFLOWS, "write ModelPackageDescription"),
}
"""Arguments by step type and name."""

_RETRY_GUIDE = '"Retry Policy for Pipeline Steps" in the SageMaker guide names the types that take them'
RETRIED = (
    "AutoML",
    "ClarifyCheck",
    "EMRServerless",
    "EndpointConfig",
    "Job",
    "Model",
    "Processing",
    "QualityCheck",
    "RegisterModel",
    "Training",
    "Transform",
    "Tuning",
)
"""Types that take RetryPolicies: the guide, AWS's published schema and the SDK's step classes together."""

_JOB_EXCEPTIONS = "SageMaker."
_WITHOUT_JOB = ("Model", "RegisterModel")
"""Types that take RetryPolicies, but start no job that could fail: ModelStep of the SDK."""

CACHED = (
    "AutoML",
    "Callback",
    "ClarifyCheck",
    "EMR",
    "EMRServerless",
    "Endpoint",
    "EndpointConfig",
    "Job",
    "Lambda",
    "Processing",
    "QualityCheck",
    "Training",
    "Transform",
    "Tuning",
)
"""Types that take CacheConfig: "Caching Pipeline Steps" in the guide and the SDK's step classes together."""

_HYPERPARAMETERS: Mapping[str, tuple[str, ...]] = {
    "Training": ("HyperParameters",),
    "Tuning": ("TrainingJobDefinition", "StaticHyperParameters"),
}


def problems(definition: Definition, _values: Mapping[str, Value]) -> Iterator[Problem]:
    """What the service would refuse."""
    for step in definition.steps.values():
        yield from of_step(step.name, _in_step(step, definition))


def _in_step(step: Step, definition: Definition) -> Iterator[Problem]:
    for key in step.arguments:
        refusal = ARGUMENTS.get((step.type, key))
        if refusal:
            message = f"SageMaker Pipelines refuses {key} in a step of type {step.type}"
            path = (*step.path, "Arguments", key)
            yield Problem("D411", path, message, refusal.way_out, refusal.why, at_key=True)
    yield from _retries(step)
    yield from _caching(step)
    yield from _hyperparameters(step, definition)


def _retries(step: Step) -> Iterator[Problem]:
    policies: Any = step.raw.get("RetryPolicies")
    path = (*step.path, "RetryPolicies")
    if not policies or not step.type:
        return
    if step.type not in RETRIED:
        message = f"a step of type {step.type} takes no RetryPolicies"
        yield Problem("D412", path, message, "leave them out", _RETRY_GUIDE, at_key=True)
    if step.type in _WITHOUT_JOB and isinstance(policies, list):
        for index, policy in enumerate(policies):
            yield from _job_exceptions(step, policy, (*path, index, "ExceptionType"))


def _job_exceptions(step: Step, policy: object, path: Path) -> Iterator[Problem]:
    names: Any = policy.get("ExceptionType") if isinstance(policy, Mapping) else None
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and name.startswith(_JOB_EXCEPTIONS):
            message = f"a step of type {step.type} starts no job, and so cannot answer {name}"
            hint = "write Step.SERVICE_FAULT or Step.THROTTLING"
            yield Problem("D412", (*path, index), message, hint, "ModelStep of the SageMaker SDK refuses it")


def _caching(step: Step) -> Iterator[Problem]:
    if step.raw.get("CacheConfig") and step.type and step.type not in CACHED:
        message = f"a step of type {step.type} cannot be cached"
        why = '"Caching Pipeline Steps" in the SageMaker guide names the types that can'
        yield Problem("D413", (*step.path, "CacheConfig"), message, "leave it out", why, at_key=True)


def _hyperparameters(step: Step, definition: Definition) -> Iterator[Problem]:
    path = _HYPERPARAMETERS.get(step.type)
    if path is None:
        return
    found: object = step.arguments
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping) or expressions.function_of(found):
        return
    for name, value in found.items():
        yield from _hyperparameter(name, value, (*step.path, "Arguments", *path, name), definition)


def _hyperparameter(name: str, value: object, path: Path, definition: Definition) -> Iterator[Problem]:
    kind = type_of(value, definition)
    if kind == "string":
        return
    function = expressions.function_of(value)
    why = "HyperParameters of CreateTrainingJob maps text to text"
    if function is None:
        hint = _as_text(value)
        yield Problem("D414", path, f"hyperparameter '{name}' must be text, not {brief(value)}", hint, why)
        return
    hint = f'write {{"Std:Join": {{"On": "", "Values": [{brief(value, 200)}]}}}}, which is text'
    if function == "Std:JsonGet":
        message = f"hyperparameter '{name}' is whatever the file holds, and must be text"
        yield Problem("D415", path, message, hint, why, "warning")
    elif kind != UNKNOWN:
        assert isinstance(value, Mapping)
        message = f"hyperparameter '{name}' must be text, and {value['Get']} is {_WORDS[kind]}"
        yield Problem("D414", path, message, hint, why)


_WORDS = {
    "integer": "a whole number",
    "float": "a number",
    "boolean": "a Boolean",
    "list": "a list",
    "structure": "an object",
}


def _as_text(value: object) -> str:
    if value is None:
        return "leave it out"
    if isinstance(value, bool):
        return f'write it as text, "{value}" or "{brief(value)}", as the algorithm reads it'
    text = brief(value, 200)
    if isinstance(value, list) and value and all(isinstance(one, str | int | float) for one in value):
        joined = ",".join(map(str, value))
        return f"write it as text, {brief(joined, 210)} or {brief(text, 210)}, as the algorithm reads it"
    return f"write it as text: {brief(text, 210)}"
