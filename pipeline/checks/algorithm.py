"""Steps that run SageMaker's built-in Image Classification algorithm, against its contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.checks import channels
from pipeline.checks.machines import Machine, machines
from pipeline.checks.substitution import evaluated
from pipeline.language import evaluation, expressions
from pipeline.language.definition import Definition, Step
from pipeline.language.evaluation import UNKNOWN
from pipeline.language.expressions import ExpressionError
from pipeline.language.parameters import Value
from pipeline.language.problem import Path, Problem, of_step
from steps.instances import known
from steps.train import contract

_IMAGE = re.compile(rf"([^/]+/)?{contract.REPOSITORY}(?P<tag>:[^/@]+)?(@[^/]+)?")


@dataclass(frozen=True)
class _Job:
    """A request for training, in a Training step or inside a Tuning step.

    Attributes:
        arguments: The request, with what is known in the place of expressions.
        path: Where it stands in the step's Arguments.
        hyperparameters: Key of the hyperparameters.
        tuned: Names of those that a tuning job chooses.
        machines: Its machines; their paths start at the step's Arguments.
    """

    arguments: Mapping[str, Any]
    path: Path
    hyperparameters: str
    tuned: frozenset[str]
    machines: tuple[Machine, ...]


def problems(definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    """What the algorithm, or AWS on its behalf, does not take of the steps that run it."""
    for step in definition.steps.values():
        if check := _CHECKS.get(step.type):
            found = check(step, definition, values)
            placed = (replace(one, path=(*step.path, "Arguments", *one.path)) for one in found)
            yield from of_step(step.name, placed)


def _is_algorithm(image: object) -> bool:
    return isinstance(image, str) and _IMAGE.fullmatch(image) is not None


def _image(image: object, path: Path) -> Iterator[Problem]:
    """What is wrong with an image of the algorithm."""
    match = _IMAGE.fullmatch(image) if isinstance(image, str) else None
    if match and match["tag"] in (None, ":latest") and "@" not in match[0]:
        hint = f'write "{match[0].removesuffix(":latest")}:1"'
        why = "docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-algo-docker-registry-paths.html"
        yield Problem(
            "C267", path, "the tag latest can stand for another image any day", hint, why, "warning"
        )


def _at(value: object, *keys: str | int) -> Any:
    """What stands at the end of the keys; None where there is no such thing."""
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(key)
        else:
            return None
    return value


def _training(step: Step, definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    arguments = evaluated(step.arguments, values)
    found = tuple(machines(step, definition, values))
    assert isinstance(arguments, Mapping)
    yield from _job(_Job(arguments, (), "HyperParameters", frozenset(), found))


def _tuning(step: Step, definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    arguments = evaluated(step.arguments, values)
    ranges = _at(arguments, "HyperParameterTuningJobConfig", "ParameterRanges")
    several = _at(arguments, "TrainingJobDefinitions")
    requests: list[tuple[Path, object]] = [
        (("TrainingJobDefinition",), _at(arguments, "TrainingJobDefinition")),
        *(
            (("TrainingJobDefinitions", i), one)
            for i, one in enumerate(several if isinstance(several, list) else [])
        ),
    ]
    found = tuple(machines(step, definition, values))
    for path, request in requests:
        if isinstance(request, Mapping):
            tuned = frozenset({*_tuned(ranges), *_tuned(request.get("HyperParameterRanges"))})
            inside = tuple(one for one in found if one.path[: len(path)] == path)
            yield from _job(_Job(request, path, "StaticHyperParameters", tuned, inside))


def _tuned(ranges: object) -> Iterator[str]:
    """The hyperparameters that ranges are of."""
    for listed in ranges.values() if isinstance(ranges, Mapping) else ():
        for one in listed if isinstance(listed, list) else ():
            if isinstance(name := _at(one, "Name"), str):
                yield name


def _job(job: _Job) -> Iterator[Problem]:
    specification = _at(job.arguments, "AlgorithmSpecification")
    image = _at(specification, "TrainingImage")
    if not _is_algorithm(image):
        return
    path = (*job.path, "AlgorithmSpecification")
    yield from _image(image, (*path, "TrainingImage"))
    if _at(specification, "MetricDefinitions"):
        yield Problem(
            "C220",
            (*path, "MetricDefinitions"),
            "AWS refuses MetricDefinitions for its own algorithms, whose metrics it knows",
            "leave MetricDefinitions out; the metric is called validation:accuracy",
            "CreateTrainingJob refuses to override them: github.com/awslabs/mlspace/pull/52",
            at_key=True,
        )
    listed = _at(job.arguments, "InputDataConfig")
    mode = _at(specification, "TrainingInputMode")
    for problem in channels.problems(listed, mode):
        yield replace(problem, path=(*job.path, *problem.path))
    yield from _hyperparameters(job, contract.Job(_machine_count(job), channels.reads_images(listed)))
    yield from _machines(job)


def _hyperparameters(job: _Job, about: contract.Job) -> Iterator[Problem]:
    given = job.arguments.get(job.hyperparameters, {})
    if not isinstance(given, Mapping):
        return
    texts: dict[str, str | contract.Unknown] = dict.fromkeys(job.tuned, contract.UNKNOWN)
    texts |= {str(name): _text(value) for name, value in given.items()}
    for violation in contract.problems(texts, about):
        yield _problem(violation, job, given)


def _text(value: object) -> str | contract.Unknown:
    """A hyperparameter as the algorithm gets it. That it has to be text is checked elsewhere."""
    try:
        return contract.UNKNOWN if value is UNKNOWN else evaluation.as_text(value)
    except ExpressionError:
        return contract.UNKNOWN


def _problem(violation: contract.Violation, job: _Job, given: Mapping[str, object]) -> Problem:
    path: Path = (*job.path, job.hyperparameters) if job.hyperparameters in job.arguments else job.path
    is_given = violation.name in given
    return Problem(
        violation.code,
        (*path, violation.name) if is_given else path,
        str(violation),
        violation.hint,
        violation.why,
        violation.severity,
        at_key=is_given and violation.code == "C210",
    )


def _machine_count(job: _Job) -> int | None:
    """How many machines train, where it is known."""
    counts = [one.members.get("InstanceCount") for one in job.machines]
    if not counts or not all(isinstance(count, int) for count in counts):
        return None
    return sum(counts)  # type: ignore[arg-type]


def _machines(job: _Job) -> Iterator[Problem]:
    for machine in job.machines:
        for choice in machine.choices:
            if not known("training", choice.type):
                continue
            if violation := contract.machine_problem(choice.type):
                message = violation.message.replace(choice.type, str(choice), 1)
                place = (*machine.path, "InstanceType")
                yield Problem(
                    violation.code, place, message, violation.hint, violation.why, violation.severity
                )
            if choice.chosen:
                yield from _batch(job, choice.type)


def _batch(job: _Job, instance_type: str) -> Iterator[Problem]:
    batch = _text(_at(job.arguments, job.hyperparameters, "mini_batch_size"))
    if isinstance(batch, str) and re.fullmatch("[1-9][0-9]{0,8}", batch):
        violation = contract.batch_problem(int(batch), instance_type)
        if violation is not None:
            yield _problem(violation, job, job.arguments[job.hyperparameters])


def _model(step: Step, _definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    arguments = evaluated(step.arguments, values)
    for path, container in _containers(arguments):
        yield from _image(_at(container, "Image"), (*path, "Image"))


def _containers(arguments: object) -> Iterator[tuple[Path, object]]:
    """Every container of a model or a model package."""
    yield ("PrimaryContainer",), _at(arguments, "PrimaryContainer")
    for path in (("Containers",), ("InferenceSpecification", "Containers")):
        listed = _at(arguments, *path)
        for index, one in enumerate(listed if isinstance(listed, list) else []):
            yield (*path, index), one


def _transform(step: Step, definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    model = _model_of(step.arguments.get("ModelName"), definition)
    image = _at(evaluated(model.arguments, values), "PrimaryContainer", "Image") if model else None
    if not _is_algorithm(image):
        return
    arguments = evaluated(step.arguments, values)
    kind, split = (_at(arguments, "TransformInput", key) for key in ("ContentType", "SplitType"))
    if isinstance(kind, str) and kind not in contract.IMAGE_TYPES:
        message = f"ContentType is {kind}, and the model reads {', '.join(contract.IMAGE_TYPES)}"
        hint = f"write {contract.IMAGE_TYPE}"
        yield Problem("C224", ("TransformInput", "ContentType"), message, hint, contract.PAGE)
    if split in ("Line", "TFRecord"):
        message = f"SplitType {split} tears images apart: the model takes one whole image a request"
        yield Problem("C224", ("TransformInput", "SplitType"), message, "write None", contract.PAGE)
    accept = _at(arguments, "TransformOutput", "Accept")
    if isinstance(accept, str) and accept not in contract.ANSWER_TYPES:
        message = f"Accept is {accept}, and the model answers with {' or '.join(contract.ANSWER_TYPES)}"
        path = ("TransformOutput", "Accept")
        yield Problem("C273", path, message, "write application/json", contract.PAGE, "warning")


def _model_of(name: object, definition: Definition) -> Step | None:
    """The step that creates the model of this name."""
    try:
        if expressions.function_of(name) == "Get":
            reference = expressions.parse_reference(_at(name, "Get"))
            if isinstance(reference, expressions.Property):
                return definition.steps.get(reference.step)
    except ExpressionError:
        pass  # another check tells it
    return None


_CHECKS: dict[str, Callable[[Step, Definition, Mapping[str, Value]], Iterator[Problem]]] = {
    "Model": _model,
    "RegisterModel": _model,
    "Training": _training,
    "Transform": _transform,
    "Tuning": _tuning,
}
