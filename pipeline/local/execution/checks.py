"""What is refused before an execution starts: all that can be judged without running a step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.checks.limits import policy_problems
from pipeline.errors import Finding, ImgpipeError
from pipeline.language.definition import Definition, Step
from pipeline.language.early import EarlyScope
from pipeline.language.evaluation import UNKNOWN, evaluate
from pipeline.language.expressions import Property
from pipeline.language.names import located
from pipeline.language.parameters import Value
from pipeline.language.properties import NoPropertyError, resolve
from pipeline.local.errors import ApiError, NotSupportedLocally
from pipeline.local.execution.caching import KEYS
from pipeline.local.execution.retrying import RETRYABLE
from pipeline.local.execution.steps.executor import StepExecutor
from pipeline.local.execution.steps.registry import EXECUTORS, REFUSED

CheckShape = Callable[[str, Mapping[str, Any]], None]
"""Judges the request of an operation; what is UNKNOWN in it passes. Raises ApiError."""

CheckJob = Callable[[str, Mapping[str, Any]], None]
"""`Jobs.check`."""

_log = logging.getLogger(__name__)


def step_problems(
    definition: Definition, values: Mapping[str, Value], check_shape: CheckShape
) -> Iterator[str]:
    """Why Arguments do not fit the operation they are for, and policies not their form.

    Args:
        definition: The definition.
        values: The parameters that are known.
        check_shape: Judges one request.
    """
    for step, executor, arguments in _known_requests(definition, values):
        if executor.operation is None:
            continue
        try:
            check_shape(executor.operation, {**arguments, **executor.given})
        except ApiError as error:
            yield f"step '{step.name}': {error.message}"
    for step in definition.steps.values():
        for problem in policy_problems(step):
            yield f"step '{step.name}': {problem.message}"


def check_supported(definition: Definition, values: Mapping[str, Value], check_job: CheckJob) -> None:
    """Refuse what the local SageMaker does not execute, by name, and what could only fail half-way.

    Raises:
        ImgpipeError: R110 and R111 for steps that are not executed, R114 for references that lead nowhere.
    """
    findings = [
        *_unsupported(definition),
        *_without_program(definition, values, check_job),
        *_without_property(definition),
    ]
    if findings:
        raise ImgpipeError(*findings)
    for step in definition.steps.values():
        for key, types in (("RetryPolicies", RETRYABLE), ("CacheConfig", KEYS)):
            if step.raw.get(key) and step.type not in types:
                _log.warning("step %s: %s has no effect on a step of type %s", step.name, key, step.type)


def _unsupported(definition: Definition) -> Iterator[Finding]:
    for step in definition.steps.values():
        if step.type not in EXECUTORS:
            what = f"step '{step.name}' has type {step.type}, which the local SageMaker does not execute"
            yield from NotSupportedLocally(what, REFUSED[step.type]).findings


def _without_program(
    definition: Definition, values: Mapping[str, Value], check_job: CheckJob
) -> Iterator[Finding]:
    for step, executor, arguments in _known_requests(definition, values):
        if executor.kind is None:
            continue
        try:
            check_job(executor.kind, _without_unknown(arguments))
        except ImgpipeError as error:
            for finding in error.findings:
                details = (("step", step.name), *finding.details)
                yield Finding(finding.code, finding.slug, finding.message, details=details, hint=finding.hint)
        except ApiError as error:
            yield Finding("R111", "request-refused", error.message, details=(("step", step.name),))


def _without_property(definition: Definition) -> Iterator[Finding]:
    """References to what the steps do not have; those to steps that are not here are not judged."""
    for step in definition.steps.values():
        for _, reference in located(step):
            if not isinstance(reference, Property) or reference.step not in definition.steps:
                continue
            try:
                resolve(definition.steps[reference.step], reference.path)
            except NoPropertyError as error:
                yield Finding(
                    "R114", "no-property", str(error), details=(("step", step.name),), hint=error.hint
                )


def _known_requests(
    definition: Definition, values: Mapping[str, Value]
) -> Iterator[tuple[Step, StepExecutor, dict[str, Any]]]:
    scope = EarlyScope(values)
    for step in definition.steps.values():
        executor = EXECUTORS.get(step.type)
        if executor is not None:
            arguments = evaluate(step.arguments, scope)
            assert isinstance(arguments, dict)
            yield step, executor, arguments


def _without_unknown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_unknown(item) for key, item in value.items() if item is not UNKNOWN}
    if isinstance(value, list):
        return [_without_unknown(item) for item in value if item is not UNKNOWN]
    return value
