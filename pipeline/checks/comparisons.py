"""Conditions that compare what no execution can compare, such as text with a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.checks.types import type_of
from pipeline.language.definition import CONDITION, Definition
from pipeline.language.document import brief
from pipeline.language.parameters import Value
from pipeline.language.problem import Path, Problem, of_step

_KINDS = {"string": "text", "integer": "a number", "float": "a number", "boolean": "a Boolean"}
_ORDERED = ("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")


def problems(definition: Definition, _values: Mapping[str, Value]) -> Iterator[Problem]:
    """Operands whose types differ, as far as they are known before anything runs."""
    for step in definition.steps.values():
        items = step.arguments.get("Conditions")
        if step.type == CONDITION and isinstance(items, list):
            path = (*step.path, "Arguments", "Conditions")
            for index, item in enumerate(items):
                yield from of_step(step.name, _in_condition(item, (*path, index), definition))


def _in_condition(condition: Mapping[str, object], path: Path, definition: Definition) -> Iterator[Problem]:
    for key, inner in condition.items():
        if key in ("Condition", "Expression") and isinstance(inner, Mapping):
            yield from _in_condition(inner, (*path, key), definition)
        if key == "Conditions" and isinstance(inner, list):
            for index, item in enumerate(inner):
                yield from _in_condition(item, (*path, key, index), definition)
    kind = str(condition.get("Type"))
    for left, right, where in _pairs(condition):
        yield from _compared(kind, left, right, (*path, *where), definition)


def _pairs(condition: Mapping[str, object]) -> Iterator[tuple[object, object, Path]]:
    if "LeftValue" in condition:
        yield condition["LeftValue"], condition["RightValue"], ()
    values = condition.get("Values")
    for index, value in enumerate(values if isinstance(values, list) else ()):
        yield condition["QueryValue"], value, ("Values", index)


def _compared(
    kind: str, left: object, right: object, path: Path, definition: Definition
) -> Iterator[Problem]:
    kinds = [_KINDS.get(type_of(value, definition)) for value in (left, right)]
    if None in kinds:
        return
    if kinds[0] != kinds[1]:
        message = (
            f"{kind} compares {_told(left)}, which is {kinds[0]}, with {_told(right)}, which is {kinds[1]}"
        )
        hint = "give both one type: declare the parameter with it, or write the value as it"
        yield Problem("D312", path, message, hint, "values of two types are never equal", "warning")
    elif kinds[0] == "a Boolean" and kind in _ORDERED:
        yield Problem(
            "D312", path, f"{kind} compares Booleans, which have no order", "write Equals", None, "warning"
        )


def _told(value: object) -> str:
    return str(value["Get"]) if isinstance(value, Mapping) and "Get" in value else brief(value, 40)
