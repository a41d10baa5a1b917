"""What is different between two JSON values, a key at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.difference.words import is_expression, worded, worded_pair

Json = Mapping[str, Any]

_WIDTH = 100

# Lists whose order means nothing.
_SETS = frozenset(
    {
        "DependsOn",
        "EnumValues",
        "ExceptionType",
        "SecurityGroupIds",
        "Subnets",
        "SupportedContentTypes",
        "SupportedRealtimeInferenceInstanceTypes",
        "SupportedResponseMIMETypes",
        "SupportedTransformInstanceTypes",
    }
)
# What names an item of a list, by the API's shapes.
_NAMES = ("ChannelName", "InputName", "OutputName", "PropertyFileName", "VariantName", "Name", "Key")

# A program lies under the hash of its content (pipeline.bundle); which one it is tells nobody anything.
_PROGRAM = re.compile(r"(s3://\S+/code/)[0-9a-f]{64}(/[\w.-]+\.pyz)")


@dataclass(frozen=True)
class Line:
    """One key that differs.

    Attributes:
        sign: "+", "-" or "~", as in a diff.
        path: Such as InputDataConfig[train].ContentType.
        old: In words; None for a key that is new.
        new: In words; None for a key that goes.
        is_program: Whether all that differs is the hash of a program.
    """

    sign: str
    path: str
    old: str | None = None
    new: str | None = None
    is_program: bool = False

    @property
    def value(self) -> str:
        """What it was and will be."""
        return " → ".join(value for value in (self.old, self.new) if value is not None)

    def lines(self) -> list[str]:
        """The line; three where one would be too long."""
        line = f"{self.sign} {self.path}: {self.value}"
        if len(line) <= _WIDTH or self.sign != "~":
            return [line]
        return [f"{self.sign} {self.path}:", f"      {self.old}", f"    → {self.new}"]

    def to_json(self) -> dict[str, object]:
        """The line for programs."""
        return {"key": self.path, "old": self.old, "new": self.new}


def ordered(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """Names of both, those of the first in their order and then the others."""
    return list(dict.fromkeys([*first, *second]))


def lines_between(old: object, new: object, path: str = "", key: str = "") -> Iterator[Line]:
    """The keys that differ between two values at a path; `key` is its last part."""
    if _is_map(old) and _is_map(new):
        yield from _members(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(old, new, path, key)
    elif not _equal(old, new):
        is_program = _program(old) is not None and _program(old) == _program(new)
        yield Line("~", path, *worded_pair(old, new), is_program=is_program)


def _members(old: Any, new: Any, path: str) -> Iterator[Line]:
    for key in sorted(ordered(old, new)):
        inner = _below(path, key)
        if key not in old:
            yield from _whole("+", new[key], inner)
        elif key not in new:
            yield from _whole("-", old[key], inner)
        else:
            yield from lines_between(old[key], new[key], inner, key)


def _items(old: list[Any], new: list[Any], path: str, key: str) -> Iterator[Line]:
    if key in _SETS:
        if Counter(map(_canonical, old)) != Counter(map(_canonical, new)):
            yield Line("~", path, *worded_pair(old, new))
        return
    for view in (_named, _flags):
        before, after = view(old), view(new)
        if before is not None and after is not None:
            found = list(_entries(before, after, path))
            if found or view is _named:
                yield from found
                return
    yield from _unnamed(old, new, path)


def _unnamed(old: list[Any], new: list[Any], path: str) -> Iterator[Line]:
    if len(old) == len(new) and all(_is_map(item) for item in [*old, *new]):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from lines_between(one, other, f"{path}[{index}]")
    elif (extra := _extra(old, new)) is not None:
        yield from (Line("+", f"{path}[{index}]", new=worded(new[index])) for index in extra)
    elif (extra := _extra(new, old)) is not None:
        yield from (Line("-", f"{path}[{index}]", old=worded(old[index])) for index in extra)
    elif not _equal(old, new):
        yield Line("~", path, *worded_pair(old, new))


def _extra(few: list[Any], many: list[Any]) -> list[int] | None:
    """Places of the items that `many` has beside those of `few`, in whose order the others are; else None."""
    waiting = [_canonical(item) for item in few]
    extra = []
    for index, item in enumerate(many):
        if waiting and _canonical(item) == waiting[0]:
            waiting.pop(0)
        else:
            extra.append(index)
    return None if waiting or not few or not all(map(_is_map, many)) else extra


def _entries(old: Json, new: Json, path: str) -> Iterator[Line]:
    for name in ordered(new, old):
        inner = f"{path}[{worded(name)}]"
        if name not in old:
            yield from _whole("+", new[name], inner)
        elif name not in new:
            yield from _whole("-", old[name], inner)
        else:
            yield from lines_between(old[name], new[name], inner)


def _whole(sign: str, value: object, path: str) -> Iterator[Line]:
    """Everything in a value that comes or goes."""
    inner = _named(value) if isinstance(value, list) else None
    if inner:
        for name, item in inner.items():
            yield from _whole(sign, item, f"{path}[{worded(name)}]")
    elif _is_map(value) and value:
        assert isinstance(value, Mapping)
        for key in sorted(value):
            yield from _whole(sign, value[key], _below(path, key))
    else:
        words = worded(value)
        yield Line(sign, path, old=words) if sign == "-" else Line(sign, path, new=words)


def _named(items: list[Any]) -> dict[str, Any] | None:
    """The items by name, the name left out of each; None if they have none, or not each its own."""
    for field in _NAMES:
        found = by_name(items, field)
        if found is not None:
            return {name: _without(item, field) for name, item in found.items()}
    return None


def _without(item: Json, field: str) -> Any:
    rest = {key: value for key, value in item.items() if key != field}
    # A tag reads `Tags[team]: vision`.
    return rest["Value"] if field == "Key" and set(rest) == {"Value"} else rest


def by_name(items: object, field: str) -> dict[str, Json] | None:
    """The maps in a list by the text that each has in a field; None if they are not all such maps."""
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        return None
    names = [item.get(field) for item in items]
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        return None
    return dict(zip(names, items, strict=True))


def _flags(items: list[Any]) -> dict[str, Any] | None:
    """Command line arguments such as --epochs 3 by flag; None if they are not all of this form."""
    flags, values = items[::2], items[1::2]
    if len(flags) != len(values) or len(set(map(_canonical, flags))) != len(flags):
        return None
    if not all(isinstance(flag, str) and flag.startswith("--") for flag in flags):
        return None
    return dict(zip(flags, values, strict=True))


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping) and not is_expression(value)


def _below(path: str, key: str) -> str:
    if not re.fullmatch(r"[\w:-]+", key):
        return f"{path}[{worded(key)!r}]"
    return f"{path}.{key}" if path else key


def _program(value: object) -> tuple[str, ...] | None:
    found = _PROGRAM.fullmatch(value) if isinstance(value, str) else None
    return found.groups() if found else None


def _equal(old: object, new: object) -> bool:
    return _canonical(old) == _canonical(new)


def _canonical(value: object) -> str:
    """A text that two values share if they are the same JSON; 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, Mapping):
        members = (f"{key!r}:{_canonical(item)}" for key, item in sorted(value.items()))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return repr(int(value))
    return repr(value)
