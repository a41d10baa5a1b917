"""Expressions of a definition: Get, Std:Join and Std:JsonGet.

An expression is a JSON object with the function's name as its only key; every other JSON value stands for
itself, with the expressions inside it replaced. The forms are those of the SDK's `to_request` methods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.language import paths
from pipeline.language.document import brief
from pipeline.language.problem import Path, Problem
from pipeline.suggestion import suggestion

VARIABLES = (
    "StartDateTime",
    "CurrentDateTime",
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "TrainingJobName",
    "ProcessingJobName",
)
"""Names after `Execution.`: ExecutionVariables of the SDK."""

FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")


class ExpressionError(ValueError):
    """An expression is malformed, or has no value.

    Attributes:
        code: The code of a problem with a definition that holds it.
        hint: How to mend it, if known.
    """

    def __init__(self, message: str, hint: str | None = None, code: str = "D141") -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


@dataclass(frozen=True)
class Parameter:
    """`Parameters.<name>`."""

    name: str


@dataclass(frozen=True)
class Variable:
    """`Execution.<name>`."""

    name: str


@dataclass(frozen=True)
class Property:
    """`Steps.<step>.<path>`."""

    step: str
    path: paths.Path


@dataclass(frozen=True)
class PropertyFile:
    """`Steps.<step>.PropertyFiles.<name>`."""

    step: str
    name: str


@dataclass(frozen=True)
class Item:
    """`ForEach.CurrentItem` and what is inside it: the item that a step of a ForEachBody runs for."""

    path: paths.Path


@dataclass(frozen=True)
class Output:
    """`IterationOutput.<step>.<path>`: what the Selector of a ForEach step compares."""

    step: str
    path: paths.Path


Reference = Parameter | Variable | Property | PropertyFile | Item | Output


def parse_reference(text: object) -> Reference:
    """What a Get refers to.

    Raises:
        ExpressionError: It is none of the forms.
    """
    try:
        parts = paths.parse(text) if isinstance(text, str) else ()
    except paths.PathError as error:
        raise ExpressionError(str(error)) from error
    match parts:
        case ("Parameters", str(name)):
            return Parameter(name)
        case ("Execution", str(name)) if name in VARIABLES:
            return Variable(name)
        case ("Execution", name):
            message = f"{text!r}: there is no such execution variable; there are {', '.join(VARIABLES)}"
            raise ExpressionError(message, suggestion(str(name), VARIABLES), "D143")
        case ("Steps", str(step), "PropertyFiles", str(name)):
            return PropertyFile(step, name)
        case ("Steps", str(step), _, *_):
            return Property(step, parts[2:])
        case ("ForEach", "CurrentItem", *_):
            return Item(parts[2:])
        case ("IterationOutput", str(step), _, *_):
            return Output(step, parts[2:])
    raise ExpressionError(
        f"Get takes Parameters.<name>, Execution.<variable> or Steps.<step>.<property>, not {_quoted(text)}",
        _reference_hint(parts),
    )


def _quoted(value: object) -> str:
    return repr(value) if isinstance(value, str) else brief(value)


def _reference_hint(parts: paths.Path) -> str | None:
    match parts:
        case ("Steps", str(step)):
            return f"name a property of the step, such as Steps.{step}.<property>"
        case ("Parameters", str(name), *_):
            return f"a parameter has nothing inside: 'Parameters.{name}'"
        case (str(root), *_):
            return suggestion(root, ("Parameters", "Execution", "Steps"))
    return None


def function_of(value: object) -> str | None:
    """The function of an expression, or None for any other value.

    Raises:
        ExpressionError: It looks like a function that does not exist.
    """
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    (name,) = value
    if name in FUNCTIONS:
        return str(name)
    if isinstance(name, str) and name.startswith("Std:"):
        message = f"there is no function {name}; there are {', '.join(FUNCTIONS)}"
        raise ExpressionError(message, suggestion(name, FUNCTIONS), "D142")
    return None


def references(value: object) -> Iterator[Reference]:
    """Every reference in a value, in order.

    Raises:
        ExpressionError: An expression in it is malformed.
    """
    for _, reference in located(value):
        yield reference


def located(value: object, path: Path = ()) -> Iterator[tuple[Path, Reference]]:
    """Every reference in a value that stands at a path, in order, each with the path of its text.

    Raises:
        ExpressionError: An expression in it is malformed.
    """
    function = function_of(value)
    if function is not None:
        assert isinstance(value, Mapping)
        check_form(function, value[function])
        path, value = (*path, function), value[function]
        if function == "Get":
            yield path, parse_reference(value)
            return
    for key, item in _parts(value):
        yield from located(item, (*path, key))


def problems(value: object, path: Path = ()) -> Iterator[Problem]:
    """What is malformed among the expressions of a value that stands at a path: all of it."""
    try:
        function = function_of(value)
        if function is not None:
            assert isinstance(value, Mapping)
            path, value = (*path, function), value[function]
            check_form(function, value)
    except ExpressionError as error:
        yield Problem(error.code, path, str(error), error.hint)
        return
    for key, item in _parts(value):
        yield from problems(item, (*path, key))


def mended(value: Any) -> Any:
    """The value with every malformed expression replaced by one whose value nobody knows."""
    if not any(problems(value)):
        return value
    try:
        function = function_of(value)
        if function is not None:
            check_form(function, value[function])
    except ExpressionError:
        return {"Get": "ForEach.CurrentItem"}
    if isinstance(value, Mapping):
        return {key: mended(item) for key, item in value.items()}
    return [mended(item) for item in value]


def _parts(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def check_form(function: str, body: object) -> None:
    """Refuse a malformed expression.

    Raises:
        ExpressionError: Says the form that the function has.
    """
    if function == "Get":
        parse_reference(body)
    elif function == "Std:Join":
        _check_join(body)
    else:
        _check_json_get(body)


def _check_join(body: object) -> None:
    if (
        not isinstance(body, Mapping)
        or set(body) != {"On", "Values"}
        or not isinstance(body["Values"], list)
        or not (isinstance(body["On"], str) or looks_like_one(body["On"]))
    ):
        raise ExpressionError(f'Std:Join takes {{"On": text, "Values": [...]}}, not {brief(body)}')
    for item in body["Values"]:
        if not isinstance(item, str | int | float | bool) and not looks_like_one(item):
            raise ExpressionError(f"Std:Join joins text, numbers and Booleans, not {brief(item)}")


def looks_like_one(value: object) -> bool:
    """Whether a value is an expression, or would be one if its function existed."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    (name,) = value
    return bool(name == "Get" or name.startswith("Std:"))


def _check_json_get(body: object) -> None:
    sources = ({"PropertyFile", "Path"}, {"S3Uri", "Path"})
    if not isinstance(body, Mapping) or set(body) not in sources:
        raise ExpressionError(
            'Std:JsonGet takes {"PropertyFile": {"Get": ...}, "Path": text} or {"S3Uri": ..., "Path": text}, '
            f"not {brief(body)}"
        )
    if not isinstance(body["Path"], str):
        raise ExpressionError(
            f"Std:JsonGet: Path must be text, not {brief(body['Path'])}",
            "write the path out: SageMaker Pipelines evaluates no expression there",
        )
    try:
        paths.parse(body["Path"])
    except paths.PathError as error:
        raise ExpressionError(f"Std:JsonGet: {error}") from error
    if "PropertyFile" in body and not isinstance(property_file_of(body), PropertyFile):
        raise ExpressionError(
            'Std:JsonGet: PropertyFile takes {"Get": "Steps.<step>.PropertyFiles.<name>"}, '
            f"not {brief(body['PropertyFile'])}"
        )


def property_file_of(body: Mapping[str, object]) -> Reference | None:
    """What the PropertyFile of a Std:JsonGet refers to; None if it is no reference."""
    source = body["PropertyFile"]
    return parse_reference(source["Get"]) if function_of(source) == "Get" else None  # type: ignore[index]
