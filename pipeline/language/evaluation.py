"""What the expressions in a value stand for, given where the values of references come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from pipeline.language import paths
from pipeline.language.document import brief
from pipeline.language.expressions import (
    ExpressionError,
    Item,
    Output,
    Parameter,
    Property,
    PropertyFile,
    Variable,
    check_form,
    function_of,
    parse_reference,
    property_file_of,
)


class Unknown:
    """Stands for a value that is not known before a step has run."""

    def __repr__(self) -> str:
        return "(known only after a step has run)"


UNKNOWN = Unknown()


class Scope(Protocol):
    """Where the values of references come from; each method may return UNKNOWN or raise ExpressionError."""

    def parameter(self, name: str) -> object:
        """The value of a pipeline parameter."""

    def variable(self, name: str) -> object:
        """The value of an execution variable."""

    def properties(self, step: str) -> object:
        """What `Steps.<step>` stands for: the response of the step's Describe operation."""

    def property_file(self, step: str, name: str) -> object:
        """The JSON value in a property file of a processing step."""

    def json_at(self, uri: str) -> object:
        """The JSON value in an S3 object."""


def evaluate(value: object, scope: Scope) -> object:
    """The value with every expression in it replaced; UNKNOWN wherever the scope does not know.

    Raises:
        ExpressionError: Something in it has no value.
    """
    function = function_of(value)
    if function is not None:
        assert isinstance(value, Mapping)
        check_form(function, value[function])
        return _EVALUATORS[function](value[function], scope)
    if isinstance(value, Mapping):
        return {key: evaluate(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [evaluate(item, scope) for item in value]
    return value


def _get(body: object, scope: Scope) -> object:
    reference = parse_reference(body)
    match reference:
        case Parameter(name):
            return scope.parameter(name)
        case Variable(name):
            return scope.variable(name)
        case PropertyFile(step, name):
            return scope.property_file(step, name)
        case Property(step, path):
            return _at(scope.properties(step), path, f"Steps.{step}")
        case Item() | Output():
            # A ForEach step gives each of its iterations a value of its own.
            return UNKNOWN


def _at(value: object, path: paths.Path, root: str) -> object:
    if value is UNKNOWN:
        return UNKNOWN
    try:
        return paths.walk(value, path, root)
    except paths.PathError as error:
        raise ExpressionError(str(error)) from error


def _join(body: object, scope: Scope) -> object:
    assert isinstance(body, Mapping)
    separator = evaluate(body["On"], scope)
    values = [evaluate(item, scope) for item in body["Values"]]
    if separator is UNKNOWN or any(value is UNKNOWN for value in values):
        return UNKNOWN
    return as_text(separator).join(as_text(value) for value in values)


def as_text(value: object) -> str:
    """A primitive as Std:Join writes it.

    Raises:
        ExpressionError: It is a list, a map or null.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise ExpressionError(f"Std:Join joins text, numbers and Booleans, not {brief(value)}")


def _json_get(body: object, scope: Scope) -> object:
    assert isinstance(body, Mapping)
    path = paths.parse(body["Path"])
    if "PropertyFile" in body:
        source = property_file_of(body)
        assert isinstance(source, PropertyFile)
        return _at(
            scope.property_file(source.step, source.name),
            path,
            f"property file {source.name} of {source.step}",
        )
    uri = evaluate(body["S3Uri"], scope)
    if uri is UNKNOWN:
        return UNKNOWN
    if not isinstance(uri, str):
        raise ExpressionError(f"Std:JsonGet: S3Uri must be text, not {brief(uri)}")
    return _at(scope.json_at(uri), path, uri)


_EVALUATORS = {"Get": _get, "Std:Join": _join, "Std:JsonGet": _json_get}
