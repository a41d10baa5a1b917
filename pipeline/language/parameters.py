"""Parameters of a pipeline: their declaration and the values of an execution."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Value = str | int | float | bool


@dataclass(frozen=True)
class Declaration:
    """One entry of `Parameters` in a definition.

    Attributes:
        name: Name, unique in the definition.
        type: String, Integer, Float or Boolean.
        default: Value if the execution gives none; None makes it required.
        choices: EnumValues; empty allows any value.
    """

    name: str
    type: str
    default: Value | None = None
    choices: tuple[Value, ...] = ()


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
    problems = [
        f"parameter '{name}' is not defined in the pipeline; it has {', '.join(sorted(declared)) or 'none'}"
        for name in given
        if name not in declared
    ]
    values: dict[str, Value] = {}
    for name, declaration in declared.items():
        try:
            values[name] = _value(declaration, given.get(name))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ParameterError(problems)
    return values


def _value(declaration: Declaration, text: str | None) -> Value:
    if text is None:
        if declaration.default is None:
            raise ValueError(f"parameter '{declaration.name}' has no default value and none was given")
        return declaration.default
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


def _boolean(text: str) -> bool:
    choices = {"true": True, "false": False}
    if text.lower() not in choices:
        raise ValueError(text)
    return choices[text.lower()]


_FROM_TEXT: dict[str, Callable[[str], Value]] = {
    "String": str,
    "Integer": int,
    "Float": float,
    "Boolean": _boolean,
}

TYPES = tuple(_FROM_TEXT)
"""Every type of parameter."""


def parse(raw: object) -> tuple[dict[str, Declaration], list[str]]:
    """The declarations in the `Parameters` of a definition, and what is wrong with it."""
    if not isinstance(raw, list):
        return {}, ["Parameters must be a list"]
    declared: dict[str, Declaration] = {}
    problems: list[str] = []
    for index, item in enumerate(raw):
        found = list(_problems(item, f"Parameters[{index}]"))
        problems += found
        if found:
            continue
        if item["Name"] in declared:
            problems.append(f"parameter '{item['Name']}' is declared twice")
        declared[item["Name"]] = Declaration(
            item["Name"],
            item.get("Type", "String"),
            item.get("DefaultValue"),
            tuple(item.get("EnumValues") or ()),
        )
    return declared, problems


def _problems(item: object, where: str) -> Iterator[str]:
    if not isinstance(item, Mapping) or not isinstance(item.get("Name"), str):
        yield f"{where} must be an object with a Name"
        return
    name, kind = item["Name"], item.get("Type", "String")
    for key in sorted(set(item) - {"Name", "Type", "DefaultValue", "EnumValues", "Description"}):
        yield f"parameter '{name}' has an unknown key '{key}'"
    if kind not in TYPES:
        yield f"parameter '{name}' has type {kind}; there are {', '.join(TYPES)}"
        return
    default, choices = item.get("DefaultValue"), item.get("EnumValues") or []
    for value in [default, *choices]:
        if value is not None and not _is(value, kind):
            yield f"parameter '{name}' is of type {kind}, and {json.dumps(value)} is none"
    if default is not None and choices and default not in choices:
        yield f"parameter '{name}': the default value {json.dumps(default)} is not one of its EnumValues"


def _is(value: object, kind: str) -> bool:
    allowed: dict[str, tuple[type, ...]] = {
        "String": (str,),
        "Integer": (int,),
        "Float": (int, float),
        "Boolean": (bool,),
    }
    return isinstance(value, allowed[kind]) and (kind == "Boolean" or not isinstance(value, bool))
