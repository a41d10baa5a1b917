"""The form of one step, as it is written: what is wrong with it, and the step that can still be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.language import conditions, expressions
from pipeline.language.document import brief
from pipeline.language.graph import TRIGGERS, Branch
from pipeline.language.problem import Path, Problem, of_step
from pipeline.language.step import COMMON_KEYS, CONDITION, FOR_EACH, STEP_TYPES, PropertyFile, Step
from pipeline.suggestion import listed, suggestion

INSIDE: Mapping[str, tuple[str, ...]] = {CONDITION: ("IfSteps", "ElseSteps"), FOR_EACH: ("ForEachBody",)}
"""The arguments that hold steps."""

OUTPUT_TYPES = ("String", "Integer", "Boolean", "Float")
"""Types of what a Lambda or a Callback step puts out."""

_STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_FILE_KEYS = ("PropertyFileName", "OutputName", "FilePath")


def name_problem(item: object, where: str, path: Path) -> Problem | None:
    """Why no step can be read from an item of a list of steps, if so: it is no object, or has no name."""
    if not isinstance(item, Mapping):
        return Problem("D121", path, f"{where} must be an object")
    name = item.get("Name")
    if isinstance(name, str) and _STEP_NAME.fullmatch(name):
        return None
    message = f"{where}: Name must be 1 to 64 letters, digits, '-' or '_', not {brief(name, 80)}"
    if not isinstance(name, str):
        return Problem("D122", path if "Name" not in item else (*path, "Name"), message)
    better = re.sub(r"[^A-Za-z0-9\-_]+", "-", name).strip("-")[:64]
    return Problem("D122", (*path, "Name"), message, f"'{better}' would do" if better else None)


def problems(item: Mapping[str, Any], path: Path) -> tuple[Problem, ...]:
    """All that is wrong with the form of a step that has a name."""
    checks = (
        _keys,
        _type,
        _arguments,
        _depends_on,
        _property_files,
        _output_parameters,
        _needed,
        _conditions,
        _expressions,
    )
    found = (problem for check in checks for problem in check(item, path))
    return tuple(of_step(item["Name"], found))


def _keys(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    kind = item.get("Type")
    if not isinstance(kind, str) or kind not in STEP_TYPES:
        return
    known = (*COMMON_KEYS, *STEP_TYPES[kind])
    for key in sorted(set(item) - set(known)):
        owners = [name for name, keys in STEP_TYPES.items() if key in keys]
        otherwise = f"it is a key of {listed(owners)} steps" if owners else f"there are {', '.join(known)}"
        hint = otherwise if owners else suggestion(key, known, otherwise)
        message = f"'{key}' is not a key of a {kind} step"
        yield Problem("D113", (*path, key), message, hint, at_key=True)


def _type(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    kind = item.get("Type")
    if kind is None:
        yield Problem("D121", path, "has no Type", f"there are {', '.join(STEP_TYPES)}")
    elif not isinstance(kind, str):
        yield Problem("D121", (*path, "Type"), f"Type must be text, not {brief(kind)}")
    elif kind not in STEP_TYPES:
        message = f"has type {kind}, which does not exist; there are {', '.join(STEP_TYPES)}"
        yield Problem("D125", (*path, "Type"), message, suggestion(kind, STEP_TYPES))


def _arguments(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    arguments = item.get("Arguments", {})
    if not isinstance(arguments, Mapping):
        yield Problem("D121", (*path, "Arguments"), "Arguments must be an object")
    elif expressions.looks_like_one(arguments):
        message = "Arguments must be written out, not an expression"
        yield Problem("D121", (*path, "Arguments"), message, "write an expression for each of its members")


def _depends_on(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    depends_on = item.get("DependsOn")
    if depends_on is None:
        return
    path = (*path, "DependsOn")
    if not isinstance(depends_on, list):
        hint = f"write [{json.dumps(depends_on)}]" if isinstance(depends_on, str) else None
        yield Problem("D121", path, "DependsOn must be a list", hint)
        return
    for index, entry in enumerate(depends_on):
        if not _is_dependency(entry):
            message = (
                f'DependsOn takes names of steps, or objects such as {{"Step": "A", "Trigger": "Failed"}}, '
                f"not {brief(entry)}"
            )
            yield Problem("D121", (*path, index), message, f"triggers are {', '.join(TRIGGERS)}")
    yield from _two_triggers(depends_on, path)


def _two_triggers(depends_on: list[Any], path: Path) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for index, entry in enumerate(depends_on):
        if not _is_dependency(entry):
            continue
        is_plain = isinstance(entry, str)
        name = entry if is_plain else entry["Step"]
        trigger = "Completed" if is_plain else entry.get("Trigger", "Completed")
        if first.setdefault(name, trigger) != trigger:
            message = f"DependsOn names '{name}' with two triggers: {first[name]} and {trigger}"
            why = "the SageMaker SDK refuses it, and no step ends in two ways"
            yield Problem("D121", (*path, index), message, "keep one of them", why)


def _is_dependency(entry: object) -> bool:
    if isinstance(entry, Mapping):
        step, trigger = entry.get("Step"), entry.get("Trigger", "Completed")
        is_known = isinstance(trigger, str) and trigger in TRIGGERS
        return isinstance(step, str) and is_known and set(entry) <= {"Step", "Trigger"}
    return isinstance(entry, str)


def _property_files(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    files = item.get("PropertyFiles")
    if files is None:
        return
    path = (*path, "PropertyFiles")
    if not isinstance(files, list) or not all(_is_property_file(file) for file in files):
        message = "PropertyFiles takes objects with PropertyFileName, OutputName and FilePath"
        wrong = (
            []
            if not isinstance(files, list)
            else [n for n, x in enumerate(files) if not _is_property_file(x)]
        )
        yield Problem("D121", (*path, wrong[0]) if wrong else path, message)
        return
    names = [file["PropertyFileName"] for file in files]
    for index, name in enumerate(names):
        if name in names[:index]:
            where = (*path, index, "PropertyFileName")
            yield Problem("D121", where, f"two of its PropertyFiles are named '{name}'")


def _is_property_file(file: object) -> bool:
    return isinstance(file, Mapping) and all(isinstance(file.get(key), str) for key in _FILE_KEYS)


def _output_parameters(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    outputs = item.get("OutputParameters")
    if outputs is None:
        return
    path = (*path, "OutputParameters")
    if not isinstance(outputs, list):
        yield Problem("D121", path, "OutputParameters must be a list")
        return
    for index, output in enumerate(outputs):
        if not _is_output(output):
            message = f"OutputParameters takes objects with OutputName and OutputType, not {brief(output)}"
            yield Problem("D121", (*path, index), message, f"types are {', '.join(OUTPUT_TYPES)}")


def _is_output(output: object) -> bool:
    return (
        isinstance(output, Mapping)
        and set(output) == {"OutputName", "OutputType"}
        and isinstance(output["OutputName"], str)
        and output["OutputType"] in OUTPUT_TYPES
    )


def _needed(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    arguments = item.get("Arguments")
    inside = (*path, "Arguments") if "Arguments" in item else path
    kind = item.get("Type")
    for key, holder, where in (
        *((key, item, path) for key in _NEEDED_KEYS.get(str(kind), ())),
        *((key, arguments or {}, inside) for key in _NEEDED_ARGUMENTS.get(str(kind), ())),
    ):
        if isinstance(holder, Mapping) and not holder.get(key):
            yield Problem("D121", where, f"has no {key}", f"a {kind} step needs it")


_NEEDED_KEYS = {
    "Callback": ("SqsQueueUrl",),
    "ClarifyCheck": ("CheckType",),
    "Lambda": ("FunctionArn",),
    "QualityCheck": ("CheckType",),
}
_NEEDED_ARGUMENTS = {
    "Fail": ("ErrorMessage",),
    "ForEach": ("IterableItems", "MaxConcurrency", "ForEachBody"),
    CONDITION: ("Conditions",),
}


def _conditions(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    arguments = item.get("Arguments")
    if item.get("Type") != CONDITION or not isinstance(arguments, Mapping):
        return
    path = (*path, "Arguments")
    known = ("Conditions", *INSIDE[CONDITION])
    for key in sorted(set(arguments) - set(known)):
        message = f"'{key}' is not an argument of a Condition step"
        hint = suggestion(key, known, f"there are {', '.join(known)}")
        yield Problem("D113", (*path, key), message, hint, at_key=True)
    items = arguments.get("Conditions")
    path = (*path, "Conditions")
    if items and not isinstance(items, list):
        yield Problem("D127", path, "Conditions must be a list")
        return
    for index, condition in enumerate(items or ()):
        yield from conditions.problems(condition, (*path, index))


def _expressions(item: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for key, value in with_expressions(item):
        yield from expressions.problems(value, (*path, *key))


def with_expressions(item: Mapping[str, Any]) -> Iterator[tuple[Path, object]]:
    """The parts of a step that may hold expressions of its own, with their paths inside it."""
    kind = str(item.get("Type"))
    inside = INSIDE.get(kind, ())
    for key, value in _mapping(item.get("Arguments")).items():
        if key not in inside:
            yield ("Arguments", key), value
    for key in STEP_TYPES.get(kind, ()):
        if key in item and key not in _WITHOUT_EXPRESSIONS:
            yield (key,), item[key]


_WITHOUT_EXPRESSIONS = ("PropertyFiles", "OutputParameters")


def step(item: Mapping[str, Any], path: Path, branch: Branch | None, loop: str | None) -> Step:
    """What can be read of a step that has a name.

    What is malformed is left out, and an expression that is stands for an unknown value: whoever looks at the
    step finds only what is well-formed.
    """
    item = _with_sound_conditions(expressions.mended(item))
    kind = item.get("Type")
    arguments = item.get("Arguments")
    if expressions.looks_like_one(arguments):
        arguments = {}
    inside = INSIDE.get(str(kind), ())
    display_name, description = item.get("DisplayName"), item.get("Description")
    return Step(
        name=item["Name"],
        type=kind if isinstance(kind, str) else "",
        arguments={key: value for key, value in _mapping(arguments).items() if key not in inside},
        depends_on=tuple(entry for entry in _list(item.get("DependsOn")) if _is_dependency(entry)),
        branch=branch,
        property_files={
            file["PropertyFileName"]: PropertyFile(*(file[key] for key in _FILE_KEYS))
            for file in _list(item.get("PropertyFiles"))
            if _is_property_file(file)
        },
        display_name=display_name if isinstance(display_name, str) else None,
        description=description if isinstance(description, str) else None,
        raw=item,
        path=path,
        loop=loop,
    )


def _with_sound_conditions(item: Mapping[str, Any]) -> Mapping[str, Any]:
    arguments = item.get("Arguments")
    if item.get("Type") != CONDITION or not isinstance(arguments, Mapping):
        return item
    sound = [
        _HOLDS if any(conditions.problems(condition)) else condition
        for condition in _list(arguments.get("Conditions"))
    ]
    return {**item, "Arguments": {**arguments, "Conditions": sound}}


_HOLDS = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
"""Stands for a condition that cannot be read."""


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
