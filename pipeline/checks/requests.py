"""The requests in a definition: every step's Arguments against the input of the operation that takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.aws_model.service_model import operation
from pipeline.aws_model.shapes import Rule, Violation, structures, violations
from pipeline.checks import wording
from pipeline.checks.combinations import COMBINATIONS
from pipeline.checks.substitution import Substitution, evaluated
from pipeline.language.definition import Definition, Step
from pipeline.language.document import shown
from pipeline.language.parameters import Value
from pipeline.language.problem import Problem, of_step

if TYPE_CHECKING:
    from botocore.model import Shape


@dataclass(frozen=True)
class Request:
    """What a type of step asks for.

    Attributes:
        operation: The operation whose request its Arguments are.
        added: Members that the pipeline adds where the Arguments lack them.
    """

    operation: str
    added: tuple[str, ...] = ()


_PROCESSING = Request("CreateProcessingJob", ("ProcessingJobName",))

REQUESTS: dict[str, Request] = {
    "AutoML": Request("CreateAutoMLJob", ("AutoMLJobName",)),
    "ClarifyCheck": _PROCESSING,
    "Endpoint": Request("CreateEndpoint", ("EndpointName",)),
    "EndpointConfig": Request("CreateEndpointConfig", ("EndpointConfigName",)),
    "InferenceComponent": Request("CreateInferenceComponent", ("InferenceComponentName",)),
    "Job": Request("CreateJob", ("JobName",)),
    "Model": Request("CreateModel", ("ModelName",)),
    "Processing": _PROCESSING,
    "QualityCheck": _PROCESSING,
    "RegisterModel": Request("CreateModelPackage"),
    "Training": Request("CreateTrainingJob", ("TrainingJobName",)),
    "Transform": Request("CreateTransformJob", ("TransformJobName",)),
    "Tuning": Request("CreateHyperParameterTuningJob", ("HyperParameterTuningJobName",)),
}
"""Types of steps whose Arguments are a request of SageMaker's API: those of the SDK's step classes that drop
nothing but the name from it. The name of an endpoint or its configuration may be left out by AWS's published
schema of definitions."""


def problems(definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    """What SageMaker would refuse of the requests in a definition, whatever the steps' results are."""
    substitution = Substitution(definition, values)
    for step in definition.steps.values():
        request = REQUESTS.get(step.type)
        if request is not None:
            yield from of_step(step.name, _in_step(step, request, substitution))


def _in_step(step: Step, request: Request, substitution: Substitution) -> Iterator[Problem]:
    shape = operation(request.operation).input_shape
    assert shape is not None
    path = (*step.path, "Arguments")
    source = f"botocore {_version()}"
    seen = set()
    for found in violations(shape, step.arguments, judge=substitution.judge):
        # A name that is too long has not the right form either: one of the two is enough.
        value = (found.path, found.at_key, found.origin)
        if value not in seen and not (_is_added(found, request) or _is_told_elsewhere(found)):
            seen.add(value)
            told = wording.problem(request.operation, source, found)
            yield replace(told, path=(*path, *told.path))
    for conflict in _conflicts(request, shape, evaluated(step.arguments, substitution.values)):
        yield replace(conflict, path=(*path, *conflict.path))


def _conflicts(request: Request, shape: Shape, arguments: object) -> Iterator[Problem]:
    for structure, value, path in structures(shape, arguments):
        members = {name: item for name, item in value.items() if item is not None}
        for combination in COMBINATIONS.get(structure.name, ()):
            for found in combination.rule(members):
                message = found.message.replace("{where}", shown(path) or request.operation)
                why = f"API reference, {combination.source}"
                yield Problem(found.code, (*path, *found.path), message, found.hint, why, found.severity)


def _is_added(found: Violation, request: Request) -> bool:
    return found.rule is Rule.MISSING and len(found.path) == 1 and found.path[0] in request.added


def _is_told_elsewhere(found: Violation) -> bool:
    """Hyperparameters that are not text have a check of their own, which knows more of them."""
    of_jobs = found.path[:1] == ("HyperParameters",)
    of_tuning = found.path[:2] == ("TrainingJobDefinition", "StaticHyperParameters")
    is_value = found.shape.name == "HyperParameterValue"
    return found.rule is Rule.TYPE and is_value and (of_jobs or of_tuning)


def _version() -> str:
    from botocore import __version__

    return str(__version__)
