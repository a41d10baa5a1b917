"""Shapes of AWS's own service model: what a request must look like, and what of a record a response shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from pipeline.aws_model.shapes import Path, Rule, Violation, violations
from pipeline.local.errors import ApiError


def check(shape: Shape | None, value: object, skip: object = None) -> None:
    """Refuse a request that does not fit its shape, naming all that is wrong in AWS's words.

    Args:
        shape: The input shape; None takes nothing.
        value: The request's JSON value.
        skip: A value that is not judged wherever it stands: it is not known yet.

    Raises:
        ApiError: ValidationException.
    """
    found = list(problems(shape, value, skip)) if shape is not None else []
    if found:
        errors = "error" if len(found) == 1 else "errors"
        raise ApiError(
            "ValidationException", f"{len(found)} validation {errors} detected: {'; '.join(found)}"
        )


def problems(shape: Shape, value: object, skip: object = None) -> Iterator[str]:
    """What is wrong with a value, a sentence each, in AWS's words."""

    def judge(_shape: Shape, item: object, _path: Path) -> Iterator[Violation] | None:
        return iter(()) if skip is not None and item is skip else None

    for found in violations(shape, value, judge=judge):
        if found.rule is Rule.UNKNOWN:
            members = ", ".join(found.shape.members)  # type: ignore[attr-defined]
            where = _shown_path(shape, found, last=str(found.path[-1]))
            yield f"Unknown parameter in input: '{where}', must be one of: {members}"
        elif found.rule is not Rule.NULL:
            # Null where a member may be left out counts as left out.
            constraint = _CONSTRAINTS[found.rule](found.shape)
            yield _failed(found.value, _shown_path(shape, found), constraint)


def _shown_path(shape: Any, found: Violation, last: str | None = None) -> str:
    """The path as AWS writes it: members in lower case, positions from 1."""
    parts: list[str] = []
    for part in found.path:
        match shape.type_name:
            case "structure":
                name = str(part)
                parts.append(name[:1].lower() + name[1:])
                shape = shape.members.get(name)
            case "list":
                parts.append(f"{int(part) + 1}.member")
                shape = shape.member
            case _:
                parts.append(f"{part}.value")
                shape = shape.value
    if last is not None:
        parts[-1] = last
    elif found.at_key:
        parts[-1] = f"{found.path[-1]}.key"
    return ".".join(parts)


_WANTED = {
    "structure": "an object",
    "list": "a list",
    "map": "an object",
    "string": "a string",
    "blob": "a string of base64",
    "boolean": "a Boolean",
    "integer": "an integer",
    "long": "an integer",
    "float": "a number",
    "double": "a number",
    "timestamp": "a number of seconds since the epoch",
}


def _limit(words: str, key: str) -> Callable[[Shape], str]:
    return lambda shape: f"Member must have {words} than or equal to {shape.metadata[key]}"


_CONSTRAINTS: dict[Rule, Callable[[Shape], str]] = {
    Rule.TYPE: lambda shape: f"Member must be {_WANTED[shape.type_name]}",
    Rule.MISSING: lambda _: "Member must not be null",
    Rule.REQUIRED_NULL: lambda _: "Member must not be null",
    Rule.UNION: lambda _: "Member must have exactly one of its members set",
    Rule.SHORTEST: _limit("length greater", "min"),
    Rule.LONGEST: _limit("length less", "max"),
    Rule.FEWEST: _limit("length greater", "min"),
    Rule.MOST: _limit("length less", "max"),
    Rule.LEAST: _limit("value greater", "min"),
    Rule.GREATEST: _limit("value less", "max"),
    Rule.PATTERN: lambda shape: (
        f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}"
    ),
    Rule.ENUM: lambda shape: f"Member must satisfy enum value set: [{', '.join(shape.metadata['enum'])}]",
}


def _failed(value: object, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    # A whole definition or image would bury the reason.
    if len(shown) > 200:
        shown = shown[:197] + "…'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def shown(shape: Shape, value: Any) -> Any:
    """The part of a JSON value that a shape knows: unknown members and nulls are left out."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {
            name: shown(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [shown(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: shown(shape.value, item) for key, item in value.items()}
    return value
