"""How the rules of AWS's shapes are told: what breaks them, why, and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.aws_model.shapes import Rule, Violation, fits
from pipeline.language.document import brief, load, shown
from pipeline.language.problem import Problem
from pipeline.suggestion import listed, suggestion

if TYPE_CHECKING:
    from botocore.model import Shape

_CODES = {
    Rule.UNKNOWN: "D201",
    Rule.MISSING: "D202",
    Rule.TYPE: "D203",
    Rule.ENUM: "D204",
    Rule.PATTERN: "D205",
    Rule.SHORTEST: "D206",
    Rule.LONGEST: "D206",
    Rule.FEWEST: "D207",
    Rule.MOST: "D207",
    Rule.LEAST: "D208",
    Rule.GREATEST: "D208",
    Rule.NULL: "D209",
    Rule.REQUIRED_NULL: "D209",
    Rule.UNION: "D210",
}

_NOUNS = {
    "structure": "an object",
    "list": "a list",
    "map": "an object",
    "string": "text",
    "blob": "text in base64",
    "boolean": "true or false",
    "integer": "an integer",
    "long": "an integer",
    "float": "a number",
    "double": "a number",
    "timestamp": "a number of seconds since 1970",
}

_PARAMETER_TYPES = {
    "string": "String",
    "blob": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "long": "Integer",
    "float": "Float",
    "double": "Float",
}

_NAME = "letters, digits and hyphens, a hyphen neither first nor last"
_FORMS = {
    "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}": _NAME,
    "[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?": _NAME,
    "[A-Za-z0-9\\.\\-_]+": "letters, digits, dots, hyphens and underscores",
    "(https|s3)://([^/]+)/?(.*)": "a URI such as s3://bucket/prefix",
    "arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+": "the ARN of a role: "
    "arn:aws:iam::<account>:role/<name>",
    "[a-zA-Z0-9:/_-]*": "the id or the ARN of a key",
    "[a-zA-Z_][a-zA-Z0-9_]*": "letters, digits and underscores, a digit not first",
    "[a-zA-Z_][a-zA-Z0-9_]{0,1023}": "letters, digits and underscores, a digit not first",
    "[-0-9a-zA-Z]+": "an id of letters, digits and hyphens",
    "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)": "letters, digits, spaces and _.:/=+-@",
    "([\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*)${1,128}": "letters, digits, spaces and _.:/=+-@",
    "([\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*)${1,256}": "letters, digits, spaces and _.:/=+-@",
    ".*": "text in one line",
    ".+": "text in one line",
    "[\\S]+": "text without spaces",
}
"""What the commonest patterns mean."""


def problem(operation: str, source: str, found: Violation) -> Problem:
    """A violation, told without the step's name; its path starts at the request.

    Args:
        operation: The operation whose request it is.
        source: Where AWS says so, such as "botocore 1.44.5".
        found: The violation.
    """
    return Problem(
        _CODES[found.rule],
        found.path[:-1] if found.rule is Rule.MISSING else found.path,
        _MESSAGES[found.rule](found, operation),
        _HINTS[found.rule](found),
        why=f"{operation}, shape {found.shape.name} of {source}",
        at_key=found.at_key,
    )


def _subject(found: Violation) -> str:
    """The member and what it is, such as "ResourceConfig.InstanceCount is 0"."""
    if found.at_key:
        return f"{shown(found.path[:-1])} has the key {brief(found.value)}"
    return f"{shown(found.path) or 'Arguments'} is {found.origin or brief(found.value)}"


def _limit(found: Violation, key: str) -> str:
    limit = found.shape.metadata[key]
    words = "least" if key == "min" else "most"
    return f"{limit} {'is' if limit == 1 else 'are'} the {words}"


def _type(found: Violation, _operation: str) -> str:
    return f"{_subject(found)}, and {_NOUNS[found.shape.type_name]} is needed"


def _missing(found: Violation, _operation: str) -> str:
    return f"{shown(found.path)} is missing"


def _unknown(found: Violation, operation: str) -> str:
    return f"{shown(found.path[:-1]) or operation} has no member '{found.path[-1]}'"


def _null(found: Violation, _operation: str) -> str:
    return f"{shown(found.path)} is null"


def _union(found: Violation, _operation: str) -> str:
    members = listed(_members(found.shape))
    return f"{shown(found.path) or 'Arguments'} has {_count(found.value)} members, and takes one of {members}"


def _length(key: str) -> Callable[[Violation, str], str]:
    def message(found: Violation, _operation: str) -> str:
        size = f" with {_characters(found.value)}" if isinstance(found.value, str) else ""
        return f"{_subject(found)}{size}, and {_limit(found, key)}"

    return message


def _characters(text: str) -> str:
    return "1 character" if len(text) == 1 else f"{len(text)} characters"


def _size(key: str) -> Callable[[Violation, str], str]:
    def message(found: Violation, _operation: str) -> str:
        entries = "entry" if _count(found.value) == 1 else "entries"
        return f"{shown(found.path)} has {_count(found.value)} {entries}, and {_limit(found, key)}"

    return message


def _range(key: str) -> Callable[[Violation, str], str]:
    def message(found: Violation, _operation: str) -> str:
        words = "least" if key == "min" else "most"
        return f"{_subject(found)}, and {found.shape.metadata[key]} is the {words}"

    return message


def _pattern(found: Violation, _operation: str) -> str:
    return f"{_subject(found)}, which does not match {found.shape.metadata['pattern']}"


def _enum(found: Violation, _operation: str) -> str:
    return f"{_subject(found)}, which is none of its values"


_MESSAGES: dict[Rule, Callable[[Violation, str], str]] = {
    Rule.TYPE: _type,
    Rule.NULL: _null,
    Rule.REQUIRED_NULL: _null,
    Rule.MISSING: _missing,
    Rule.UNKNOWN: _unknown,
    Rule.UNION: _union,
    Rule.SHORTEST: _length("min"),
    Rule.LONGEST: _length("max"),
    Rule.FEWEST: _size("min"),
    Rule.MOST: _size("max"),
    Rule.LEAST: _range("min"),
    Rule.GREATEST: _range("max"),
    Rule.PATTERN: _pattern,
    Rule.ENUM: _enum,
}


def _right_type(found: Violation) -> str:
    kind, value = found.shape.type_name, found.value
    if found.origin is not None:
        return _right_expression(found.origin, kind)
    if kind == "string" and isinstance(value, bool | int | float):
        return f'write "{json.dumps(value)}"'
    read = _read(value) if isinstance(value, str) else None
    if read is not None and fits(kind, read):
        return f"write {brief(read)}"
    if kind == "list" and isinstance(value, str):
        return f"write [{brief(value)}]"
    return f"write {_NOUNS[kind]}"


def _right_expression(origin: str, kind: str) -> str:
    if kind == "string":
        return 'make it text: {"Std:Join": {"On": "", "Values": [...]}}'
    if origin.startswith("parameter") and kind in _PARAMETER_TYPES:
        return f"declare the parameter with the type {_PARAMETER_TYPES[kind]}"
    return f"use {_NOUNS[kind]} here"


def _read(text: str) -> object:
    """The JSON value that a text may have been meant to be; None if it is none."""
    if text in ("True", "False"):
        return text == "True"
    try:
        return load(text)[0]
    except RecursionError:
        return None


def _needed(found: Violation) -> str:
    name, allowed = found.path[-1], found.shape.metadata.get("enum")
    return f"add {name}: " + (f"one of {listed(allowed)}" if allowed else _NOUNS[found.shape.type_name])


def _right_member(found: Violation) -> str | None:
    members = _members(found.shape)
    otherwise = f"it has {listed(members)}" if members else "remove it"
    return suggestion(str(found.path[-1]), members, otherwise)


def _right_value(found: Violation) -> str | None:
    allowed = found.shape.metadata["enum"]
    otherwise = f"use one of {listed(allowed)}"
    value = found.value
    return suggestion(value, allowed, otherwise) if isinstance(value, str) else otherwise


def _right_form(found: Violation) -> str:
    if found.origin and found.origin.endswith(", an ARN"):
        return "refer to its name and not to its ARN"
    form = _FORMS.get(found.shape.metadata["pattern"])
    return f"write {form}" if form else "write it in this form"


def _between(found: Violation) -> str:
    low, high = (found.shape.metadata.get(key) for key in ("min", "max"))
    if low is None or high is None:
        return f"use {high} or less" if low is None else f"use {low} or more"
    return f"use {low} to {high}"


def _of_length(noun: str) -> Callable[[Violation], str]:
    return lambda found: f"{_between(found)} {noun}"


_HINTS: dict[Rule, Callable[[Violation], str | None]] = {
    Rule.TYPE: _right_type,
    Rule.NULL: lambda _: "leave the member out",
    Rule.REQUIRED_NULL: lambda found: f"give it {_NOUNS[found.shape.type_name]}: it cannot be left out",
    Rule.MISSING: _needed,
    Rule.UNKNOWN: _right_member,
    Rule.UNION: lambda found: f"keep one of {listed(_members(found.shape))}",
    Rule.SHORTEST: _of_length("characters"),
    Rule.LONGEST: _of_length("characters"),
    Rule.FEWEST: _of_length("entries"),
    Rule.MOST: _of_length("entries"),
    Rule.LEAST: _between,
    Rule.GREATEST: _between,
    Rule.PATTERN: _right_form,
    Rule.ENUM: _right_value,
}


def _members(shape: Shape) -> list[str]:
    members: Mapping[str, Any] = shape.members  # type: ignore[attr-defined]
    return list(members)


def _count(value: object) -> int:
    assert isinstance(value, list | Mapping)
    return len(value)
