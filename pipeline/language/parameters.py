"""Parameters of a pipeline: their declaration and the values of an execution."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.language.document import brief, shown
from pipeline.language.problem import Path, Problem
from pipeline.suggestion import listed, suggestion

Value = str | int | float | bool


@dataclass(frozen=True)
class Declaration:
    """One entry of `Parameters` in a definition.

    Attributes:
        name: Name, unique in the definition.
        type: String, Integer, Float or Boolean.
        default: Value if the execution gives none; None makes it required.
        choices: EnumValues; empty allows any value.
        path: Where the declaration stands in the document.
    """

    name: str
    type: str
    default: Value | None = None
    choices: tuple[Value, ...] = ()
    path: Path = field(default=(), compare=False)


class ParameterError(ValueError):
    """Values that an execution cannot be started with; `problems` holds a sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def values_of(declared: Mapping[str, Declaration], given: Mapping[str, str]) -> dict[str, Value]:
    """The typed value of every declared parameter.

    Args:
        declared: The definition's parameters by name.
        given: What the execution is started with; values are always text.

    Raises:
        ParameterError: Names all that is wrong.
    """
    values, wrong = overridden(declared, given)
    problems = [problem.message for problem in wrong]
    problems += [
        f"parameter '{name}' has no default value and none was given"
        for name in declared
        if name not in values and name not in given
    ]
    if problems:
        raise ParameterError(problems)
    return values


def overridden(
    declared: Mapping[str, Declaration], given: Mapping[str, str]
) -> tuple[dict[str, Value], list[Problem]]:
    """The typed values of the parameters that have one, and what is wrong with those that are given."""
    values: dict[str, Value] = {}
    problems = [_undeclared(name, declared) for name in given if name not in declared]
    for name, declaration in declared.items():
        if name in given:
            try:
                values[name] = _value(declaration, given[name])
            except ValueError as error:
                problems.append(Problem("D134", declaration.path, str(error)))
        elif declaration.default is not None:
            values[name] = declaration.default
    return values, problems


def _undeclared(name: str, declared: Mapping[str, Declaration]) -> Problem:
    message = f"parameter '{name}' is not defined in the pipeline; it has {listed(sorted(declared))}"
    return Problem("D134", (), message, suggestion(name, declared))


def _value(declaration: Declaration, text: str) -> Value:
    try:
        value = _FROM_TEXT[declaration.type](text)
    except ValueError:
        raise ValueError(
            f"parameter '{declaration.name}' is of type {declaration.type}, and '{text}' is none"
        ) from None
    if declaration.choices and value not in declaration.choices:
        allowed = ", ".join(str(choice) for choice in declaration.choices)
        raise ValueError(f"parameter '{declaration.name}' must be one of {allowed}, not '{text}'")
    return value


def _integer(text: str) -> int:
    # Python also reads 1_000 and digits of other scripts, which no service takes.
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        raise ValueError(text)
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or "_" in text:
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    choices = {"true": True, "false": False}
    if text.lower() not in choices:
        raise ValueError(text)
    return choices[text.lower()]


_FROM_TEXT: dict[str, Callable[[str], Value]] = {
    "String": str,
    "Integer": _integer,
    "Float": _float,
    "Boolean": _boolean,
}

TYPES = tuple(_FROM_TEXT)
"""Every type of parameter."""

_KEYS = ("Name", "Type", "DefaultValue", "EnumValues", "Description")
_NAME = re.compile(r"[A-Za-z0-9\-_]{1,256}")


def parse(raw: object) -> tuple[dict[str, Declaration], list[Problem]]:
    """The declarations in the `Parameters` of a definition, and what is wrong with it.

    What is wrong with a value leaves the declaration good: its name is still known.
    """
    if not isinstance(raw, list):
        return {}, [Problem("D131", ("Parameters",), "Parameters must be a list")]
    declared: dict[str, Declaration] = {}
    problems: list[Problem] = []
    for index, item in enumerate(raw):
        path = ("Parameters", index)
        problems += _problems(item, path)
        if not isinstance(item, Mapping) or not isinstance(item.get("Name"), str):
            continue
        if item["Name"] in declared:
            message = f"parameter '{item['Name']}' is declared twice"
            problems.append(Problem("D132", (*path, "Name"), message, "remove one of the two"))
        else:
            declared[item["Name"]] = _declaration(item, path)
    return declared, problems


def _declaration(item: Mapping[str, Any], path: Path) -> Declaration:
    """What is good of a declaration: a value that is none of its type is left out."""
    kind = item.get("Type", "String")
    if not isinstance(kind, str) or kind not in TYPES:
        kind = "String"
    default, choices = item.get("DefaultValue"), item.get("EnumValues")
    choices = tuple(choices) if isinstance(choices, list) and all(_is(x, kind) for x in choices) else ()
    return Declaration(item["Name"], kind, default if _is(default, kind) else None, choices, path)


def _problems(item: object, path: Path) -> Iterator[Problem]:
    if not isinstance(item, Mapping) or not isinstance(item.get("Name"), str):
        yield Problem("D131", path, f"{shown(path)} must be an object with a Name")
        return
    name, kind = item["Name"], item.get("Type", "String")
    if not _NAME.fullmatch(name):
        message = f"{shown(path)}: Name must be 1 to 256 letters, digits, '-' or '_', not {brief(name)}"
        yield Problem("D131", (*path, "Name"), message)
    for key in sorted(set(item) - set(_KEYS)):
        message = f"parameter '{name}' has an unknown key '{key}'"
        hint = suggestion(key, _KEYS, f"there are {', '.join(_KEYS)}")
        yield Problem("D113", (*path, key), message, hint, at_key=True)
    if not isinstance(kind, str) or kind not in TYPES:
        message = f"parameter '{name}' has type {brief(kind).strip(chr(34))}; there are {', '.join(TYPES)}"
        yield Problem("D131", (*path, "Type"), message, suggestion(str(kind), TYPES))
        return
    yield from _value_problems(item, kind, path)


def _value_problems(item: Mapping[str, object], kind: str, path: Path) -> Iterator[Problem]:
    name, default, choices = item["Name"], item.get("DefaultValue"), item.get("EnumValues")
    if choices is not None and (not isinstance(choices, list) or not choices):
        yield Problem(
            "D131", (*path, "EnumValues"), f"parameter '{name}': EnumValues must be a list of values"
        )
        choices = None
    assert choices is None or isinstance(choices, list)
    found = [((*path, "DefaultValue"), default)] if default is not None else []
    found += [((*path, "EnumValues", index), choice) for index, choice in enumerate(choices or ())]
    for where, value in found:
        if not _is(value, kind):
            message = f"parameter '{name}' is of type {kind}, and {brief(value)} is none"
            yield Problem("D133", where, message, _value_hint(value, kind))
    if default is not None and choices and default not in choices:
        message = f"parameter '{name}': the default value {brief(default)} is not one of its EnumValues"
        hint = suggestion(str(default), map(str, choices), f"there are {listed(map(str, choices))}")
        yield Problem("D133", (*path, "DefaultValue"), message, hint)


def _value_hint(value: object, kind: str) -> str | None:
    if kind == "String" and isinstance(value, bool | int | float):
        return f'write it as text: "{brief(value)}"'
    if kind != "String" and isinstance(value, str):
        return "write it without quotes"
    return None


def _is(value: object, kind: str) -> bool:
    allowed: dict[str, tuple[type, ...]] = {
        "String": (str,),
        "Integer": (int,),
        "Float": (int, float),
        "Boolean": (bool,),
    }
    return isinstance(value, allowed[kind]) and (kind == "Boolean" or not isinstance(value, bool))
