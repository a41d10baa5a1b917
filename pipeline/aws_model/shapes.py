"""What AWS's shapes ask of a value: type, members, size, range, form. Knows nothing of how it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from pipeline.aws_model import patterns

if TYPE_CHECKING:
    from botocore.model import Shape

Path = tuple[str | int, ...]


class Rule(Enum):
    """What a value has to keep to."""

    TYPE = "type"
    NULL = "null"
    """A member that may be left out is null."""
    REQUIRED_NULL = "required null"
    MISSING = "missing"
    UNKNOWN = "unknown"
    UNION = "union"
    """Exactly one member must be given."""
    SHORTEST = "shortest"
    LONGEST = "longest"
    FEWEST = "fewest"
    MOST = "most"
    LEAST = "least"
    GREATEST = "greatest"
    PATTERN = "pattern"
    ENUM = "enum"


@dataclass(frozen=True)
class Violation:
    """A rule that a value breaks.

    Attributes:
        rule: The rule.
        shape: The shape that has it; of a missing or null member its own, of an unknown one the structure's.
        path: From the value that was judged to the culprit. A missing or unknown member is its last part.
        value: The culprit; None where it is missing.
        at_key: The culprit is not the value at the path, but the key that leads to it.
        origin: Where the value comes from, if it does not stand there itself.
    """

    rule: Rule
    shape: Shape
    path: Path
    value: object
    at_key: bool = False
    origin: str | None = None


Judge = Callable[["Shape", object, Path], "Iterator[Violation] | None"]
"""Judges the value at a path in its own way, or gives None: it is to be judged in the usual way."""


def violations(
    shape: Shape, value: object, path: Path = (), judge: Judge | None = None
) -> Iterator[Violation]:
    """Every rule of a shape that a JSON value breaks, in the order of the value."""
    own = judge(shape, value, path) if judge else None
    if own is not None:
        yield from own
    elif getattr(shape, "is_document_type", False):
        return
    elif not fits(shape.type_name, value):
        yield Violation(Rule.TYPE, shape, path, value)
    elif shape.type_name in _INSIDE:
        yield from _INSIDE[shape.type_name](shape, value, path, judge)
    else:
        yield from _scalar(shape, value, path)


def structures(shape: Any, value: object, path: Path = ()) -> Iterator[tuple[Shape, Mapping[str, Any], Path]]:
    """Every structure in a value, with its shape and path, the outermost first."""
    if not fits(shape.type_name, value):
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from structures(shape.member, item, (*path, index))
    elif isinstance(value, Mapping):
        is_map = shape.type_name == "map"
        if not is_map:
            yield shape, value, path
        for key, item in value.items():
            inside = shape.value if is_map else shape.members.get(key)
            if inside is not None:
                yield from structures(inside, item, (*path, key))


def _structure(shape: Any, value: Mapping[str, Any], path: Path, judge: Judge | None) -> Iterator[Violation]:
    for name in shape.required_members:
        if value.get(name) is None:
            rule = Rule.REQUIRED_NULL if name in value else Rule.MISSING
            yield Violation(rule, shape.members[name], (*path, name), None)
    for name, item in value.items():
        if name not in shape.members:
            yield Violation(Rule.UNKNOWN, shape, (*path, name), item, at_key=True)
        elif item is not None:
            yield from violations(shape.members[name], item, (*path, name), judge)
        elif name not in shape.required_members:
            yield Violation(Rule.NULL, shape.members[name], (*path, name), None)
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield Violation(Rule.UNION, shape, path, value)


def _list(shape: Any, value: list[Any], path: Path, judge: Judge | None) -> Iterator[Violation]:
    yield from _limits(shape, len(value), (Rule.FEWEST, Rule.MOST), path, value)
    for index, item in enumerate(value):
        yield from violations(shape.member, item, (*path, index), judge)


def _map(shape: Any, value: Mapping[str, Any], path: Path, judge: Judge | None) -> Iterator[Violation]:
    yield from _limits(shape, len(value), (Rule.FEWEST, Rule.MOST), path, value)
    for key, item in value.items():
        for found in violations(shape.key, key, (*path, key)):
            yield Violation(found.rule, found.shape, found.path, key, at_key=True)
        yield from violations(shape.value, item, (*path, key), judge)


_INSIDE: dict[str, Callable[[Any, Any, Path, Judge | None], Iterator[Violation]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
}


def _scalar(shape: Shape, value: object, path: Path) -> Iterator[Violation]:
    if isinstance(value, str):
        found = list(_limits(shape, len(value), (Rule.SHORTEST, Rule.LONGEST), path, value))
        pattern, allowed = shape.metadata.get("pattern"), shape.metadata.get("enum")
        if pattern and patterns.matches(pattern, value) is False:
            # The form of what is too short, such as a name for an ARN, tells more than the length does.
            is_short = value != "" and any(one.rule is Rule.SHORTEST for one in found)
            found.insert(0 if is_short else len(found), Violation(Rule.PATTERN, shape, path, value))
        yield from found
        if allowed and value not in allowed:
            yield Violation(Rule.ENUM, shape, path, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _limits(shape, value, (Rule.LEAST, Rule.GREATEST), path, value)


def _limits(
    shape: Shape, size: float, rules: tuple[Rule, Rule], path: Path, value: object
) -> Iterator[Violation]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield Violation(rules[0], shape, path, value)
    if high is not None and size > high:
        yield Violation(rules[1], shape, path, value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[object], bool]] = {
    "structure": lambda value: isinstance(value, Mapping),
    "list": lambda value: isinstance(value, list),
    "map": lambda value: isinstance(value, Mapping),
    "string": lambda value: isinstance(value, str),
    "blob": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "long": _is_integer,
    "float": _is_number,
    "double": _is_number,
    "timestamp": _is_number,
}


def fits(type_name: str, value: object) -> bool:
    """Whether a JSON value is of one of the types of shapes, such as string."""
    return _TYPES[type_name](value)
