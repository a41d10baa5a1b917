"""Sizes and forms that SageMaker Pipelines asks for, besides those of the requests in a definition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from pipeline.language.definition import Definition, Step
from pipeline.language.document import brief
from pipeline.language.parameters import Value
from pipeline.language.problem import Path, Problem, of_step
from pipeline.language.step import FOR_EACH
from pipeline.suggestion import listed, suggestion

MOST_CHARACTERS = 1_048_576
"""Longest definition: PipelineDefinition of CreatePipeline."""

MOST_PARAMETERS = 200
"""Most parameters: PipelineParameters of StartPipelineExecution."""

LONGEST_VALUE = 1024
"""Longest value of a parameter, in characters: Value of PipelineParameters in StartPipelineExecution."""

LONGEST_DEFAULT = 4096
"""Longest default value, in characters: AWS's published JSON schema of definitions."""

MOST_ITEMS = 100
"""Most items of a ForEach step that are written out: ForEachStep of the SDK."""

MOST_AT_ONCE = 50
"""Most iterations of a ForEach step at once: ForEachStep of the SDK."""

_RULE_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
"""Names that a target of an EventBridge rule takes: SageMakerPipelineParameterName of PutTargets."""

EXCEPTIONS = (
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
)
"""What a retry policy can answer: "Retry Policy for Pipeline Steps" in the SageMaker guide."""

# Also without the P and in lower case: the SDK's examples write 'p30d' and 'T12H', AWS's notebooks '30d'.
_DURATION = re.compile(
    r"P?(?=[0-9T])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?", re.IGNORECASE
)


def of_text(text: str) -> Iterator[Problem]:
    """Why a text is too long for a definition, if so."""
    if len(text) > MOST_CHARACTERS:
        message = f"the definition has {len(text):,} characters; SageMaker takes {MOST_CHARACTERS:,} at most"
        yield Problem(
            "D401", (), message, "move what is long into files on S3", "API reference, CreatePipeline"
        )


def problems(definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    """What is too long, too much or malformed."""
    yield from _parameters(definition, values)
    for step in definition.steps.values():
        yield from of_step(step.name, policy_problems(step))
        yield from of_step(step.name, _loop_problems(step))


def policy_problems(step: Step) -> Iterator[Problem]:
    """What is malformed in the RetryPolicies and the CacheConfig of a step."""
    yield from _retry_problems(step)
    yield from _cache_problems(step)


def _parameters(definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    count = len(definition.parameters)
    if count > MOST_PARAMETERS:
        message = f"there are {count} parameters; SageMaker takes {MOST_PARAMETERS} at most"
        yield Problem("D402", ("Parameters",), message, "write out those that never change")
    for name, declaration in definition.parameters.items():
        if name and not _RULE_NAME.fullmatch(name):
            message = f"parameter '{name}' cannot be given by an EventBridge rule"
            why = (
                "there, letters, digits and hyphens make a name; SageMaker and EventBridge Scheduler take it"
            )
            hint = f"where a rule starts the pipeline, call it '{_camel(name)}'"
            yield Problem("D403", (*declaration.path, "Name"), message, hint, why, "warning")
        default, value = declaration.default, values.get(name)
        if isinstance(default, str) and len(default) > LONGEST_DEFAULT:
            message = _too_long(name, "default value", default, LONGEST_DEFAULT)
            yield Problem("D404", (*declaration.path, "DefaultValue"), message)
        if isinstance(value, str) and value != default and len(value) > LONGEST_VALUE:
            yield Problem("D404", declaration.path, _too_long(name, "value", value, LONGEST_VALUE))


def _too_long(name: str, what: str, text: str, most: int) -> str:
    return f"parameter '{name}': the {what} has {len(text):,} characters; SageMaker takes {most:,} at most"


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^a-zA-Z0-9]+", name)) or "Name"


def _retry_problems(step: Step) -> Iterator[Problem]:
    policies = step.raw.get("RetryPolicies")
    path = (*step.path, "RetryPolicies")
    if policies is None:
        return
    if not isinstance(policies, list):
        yield Problem("D405", path, "RetryPolicies must be a list")
        return
    for index, policy in enumerate(policies):
        if isinstance(policy, Mapping):
            yield from _policy_problems(policy, (*path, index))
        else:
            yield Problem("D405", (*path, index), f"a retry policy must be an object, not {brief(policy)}")


def _policy_problems(policy: Mapping[str, object], path: Path) -> Iterator[Problem]:
    known = ("ExceptionType", *_NUMBERS)
    for key in sorted(set(policy) - set(known)):
        message = f"'{key}' is not a key of a retry policy"
        yield Problem("D405", (*path, key), message, suggestion(key, known, listed(known)), at_key=True)
    yield from _exception_problems(policy, path)
    for key, (is_right, wanted) in _NUMBERS.items():
        if policy.get(key) is not None and not is_right(policy[key]):
            message = f"{key} must be {wanted}, not {brief(policy[key])}"
            yield Problem("D405", (*path, key), message)
    if policy.get("MaxAttempts") is not None and policy.get("ExpireAfterMin") is not None:
        message = "a retry policy takes MaxAttempts or ExpireAfterMin, not both"
        yield Problem("D405", path, message, "keep the one that you mean")


def _exception_problems(policy: Mapping[str, object], path: Path) -> Iterator[Problem]:
    given = policy.get("ExceptionType")
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names:
        message = "a retry policy needs ExceptionType, a list of what it answers"
        yield Problem("D405", path, message, f"there are {', '.join(EXCEPTIONS)}")
        return
    for index, name in enumerate(names):
        if name not in EXCEPTIONS:
            where = (*path, "ExceptionType") if isinstance(given, str) else (*path, "ExceptionType", index)
            hint = suggestion(str(name), EXCEPTIONS, f"there are {', '.join(EXCEPTIONS)}")
            yield Problem("D405", where, f"a retry policy cannot answer {brief(name)}", hint)


def _whole(low: int, high: int) -> tuple[Callable[[object], bool], str]:
    def is_right(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return is_right, f"a whole number from {low} to {high:,}"


def _is_rate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


_NUMBERS = {
    "IntervalSeconds": _whole(0, 43_200),
    "BackoffRate": (_is_rate, "a number that is not negative"),
    "MaxAttempts": _whole(1, 20),
    "ExpireAfterMin": _whole(1, 14_400),
}


def _cache_problems(step: Step) -> Iterator[Problem]:
    config = step.raw.get("CacheConfig")
    path = (*step.path, "CacheConfig")
    if config is None:
        return
    if not isinstance(config, Mapping):
        yield Problem("D406", path, f"CacheConfig must be an object, not {brief(config)}")
        return
    known = ("Enabled", "ExpireAfter")
    for key in sorted(set(config) - set(known)):
        message = f"'{key}' is not a key of CacheConfig"
        yield Problem("D406", (*path, key), message, suggestion(key, known, listed(known)), at_key=True)
    enabled, expires = config.get("Enabled"), config.get("ExpireAfter")
    if enabled is not None and not isinstance(enabled, bool):
        yield Problem("D406", (*path, "Enabled"), f"Enabled must be true or false, not {brief(enabled)}")
    if expires is None:
        if enabled is True:
            message = "CacheConfig needs ExpireAfter: how old a result may be"
            yield Problem("D406", path, message, 'such as "P30D"')
    elif not isinstance(expires, str) or not _DURATION.fullmatch(expires):
        message = f"ExpireAfter must be an ISO 8601 duration, not {brief(expires)}"
        yield Problem("D406", (*path, "ExpireAfter"), message, 'such as "P30D" or "PT12H"')


def _loop_problems(step: Step) -> Iterator[Problem]:
    if step.type != FOR_EACH:
        return
    items, at_once = step.arguments.get("IterableItems"), step.arguments.get("MaxConcurrency")
    path = (*step.path, "Arguments")
    if isinstance(items, list) and len(items) > MOST_ITEMS:
        message = f"IterableItems has {len(items)} items, and {MOST_ITEMS} are the most"
        yield Problem("D407", (*path, "IterableItems"), message, "use two ForEach steps", _LOOPS)
    is_right, wanted = _whole(1, MOST_AT_ONCE)
    if at_once and not isinstance(at_once, Mapping) and not is_right(at_once):
        message = f"MaxConcurrency must be {wanted}, not {brief(at_once)}"
        yield Problem("D407", (*path, "MaxConcurrency"), message, None, _LOOPS)


_LOOPS = "ForEachStep of the SageMaker SDK refuses it"
