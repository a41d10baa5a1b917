"""Where a definition needs text, a number or a Boolean, and is given something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.checks.types import type_of
from pipeline.language import expressions
from pipeline.language.definition import CONDITION, Definition, Step
from pipeline.language.document import brief
from pipeline.language.forms import with_expressions
from pipeline.language.parameters import Value
from pipeline.language.problem import Path, Problem, of_step

_OTHERS = {"list": "a list", "structure": "an object", "null": "null"}
"""Types that are none of the three, in words."""

_OPERANDS = ("LeftValue", "RightValue", "QueryValue")

_TEXTS: Mapping[str, tuple[str, ...]] = {
    "Callback": ("SqsQueueUrl",),
    "Fail": ("Arguments", "ErrorMessage"),
    "Lambda": ("FunctionArn",),
}
"""What must be text in the steps whose Arguments no API describes: AWS's published schema of definitions."""

_SHOWN = {"DisplayName": 256, "Description": 3072}
"""Texts of a step, and their most characters: StepDisplayName and StepDescription of
ListPipelineExecutionSteps."""


def problems(definition: Definition, _values: Mapping[str, Value]) -> Iterator[Problem]:
    """Every such place."""
    for step in definition.steps.values():
        yield from of_step(step.name, _in_step(step, definition))


def _in_step(step: Step, definition: Definition) -> Iterator[Problem]:
    yield from _shown_texts(step)
    yield from _needed_text(step)
    yield from _repeated_outputs(step)
    for path, value in with_expressions(step.raw):
        yield from _joins_and_files(value, (*step.path, *path), definition)
    conditions = step.arguments.get("Conditions")
    if step.type == CONDITION:
        yield from _conditions(conditions, (*step.path, "Arguments", "Conditions"), definition)


def _shown_texts(step: Step) -> Iterator[Problem]:
    for key, most in _SHOWN.items():
        text, path = step.raw.get(key), (*step.path, key)
        if text is not None and not isinstance(text, str):
            yield Problem("D121", path, f"{key} must be text, not {brief(text)}", _quoted(text))
        elif text is not None and len(text) > most:
            message = f"{key} has {len(text):,} characters, and {most:,} are the most"
            yield Problem("D121", path, message, f"shorten it by {len(text) - most:,} or more")


def _needed_text(step: Step) -> Iterator[Problem]:
    keys = _TEXTS.get(step.type, ())
    value: Any = step.raw
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    # That it is missing is a matter of form.
    if keys and value and not isinstance(value, str) and expressions.function_of(value) is None:
        message = f"{keys[-1]} must be text, not {brief(value)}"
        yield Problem("D121", (*step.path, *keys), message, _quoted(value))


def _quoted(value: object) -> str | None:
    simple = isinstance(value, int | float)
    return f'write it in quotes: "{brief(value)}"' if simple else "write text"


def _repeated_outputs(step: Step) -> Iterator[Problem]:
    outputs: Any = step.raw.get("OutputParameters")
    names: list[object] = []
    for index, output in enumerate(outputs if isinstance(outputs, list) else ()):
        name = output.get("OutputName") if isinstance(output, Mapping) else None
        if isinstance(name, str) and name in names:
            path = (*step.path, "OutputParameters", index, "OutputName")
            message = f"two of its OutputParameters are named '{name}'"
            yield Problem("D121", path, message, "give each its own name")
        names.append(name)


def _joins_and_files(value: object, path: Path, definition: Definition) -> Iterator[Problem]:
    """What Std:Join cannot join, and property files that nothing reads a value from."""
    function = expressions.function_of(value)
    if function == "Get":
        yield from _raw_file(value, path)
        return
    if function is not None:
        assert isinstance(value, Mapping)
        path, value = (*path, function), value[function]
    if function == "Std:Join":
        assert isinstance(value, Mapping)
        for index, part in enumerate(value["Values"]):
            yield from _primitive(part, (*path, "Values", index), "Std:Join joins", definition)
    for key, item in _items(value):
        if not (function == "Std:JsonGet" and key == "PropertyFile"):
            yield from _joins_and_files(item, (*path, key), definition)


def _items(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _raw_file(value: Any, path: Path) -> Iterator[Problem]:
    if isinstance(expressions.parse_reference(value["Get"]), expressions.PropertyFile):
        message = f"{value['Get']} is a file, and no value"
        hint = f'write {{"Std:JsonGet": {{"PropertyFile": {brief(value, 200)}, "Path": ...}}}}'
        yield Problem("D313", (*path, "Get"), message, hint)


def _primitive(value: object, path: Path, does: str, definition: Definition) -> Iterator[Problem]:
    kind = _OTHERS.get(type_of(value, definition))
    if kind is None:
        return
    message = f"{does} text, numbers and Booleans, not {brief(value, 80)}"
    hint = "write a text, a number or a Boolean"
    if isinstance(value, Mapping) and "Get" in value:
        message = f"{does} text, numbers and Booleans, and {value['Get']} is {kind}"
        hint = f"go on to a value inside it, such as {value['Get']}{'[0]' if kind == 'a list' else '.<name>'}"
    yield Problem("D313", path, message, hint)


def _conditions(items: object, path: Path, definition: Definition) -> Iterator[Problem]:
    for index, condition in enumerate(items if isinstance(items, list) else ()):
        yield from _condition(condition, (*path, index), definition)


def _condition(condition: Mapping[str, Any], path: Path, definition: Definition) -> Iterator[Problem]:
    does = f"{condition['Type']} compares"
    for key in _OPERANDS:
        if key in condition:
            yield from _primitive(condition[key], (*path, key), does, definition)
    values = condition.get("Values")
    for index, value in enumerate(values if isinstance(values, list) else ()):
        yield from _primitive(value, (*path, "Values", index), does, definition)
    for key in ("Condition", "Expression"):
        if key in condition:
            yield from _condition(condition[key], (*path, key), definition)
    if condition["Type"] == "Or":
        yield from _conditions(condition["Conditions"], (*path, "Conditions"), definition)
