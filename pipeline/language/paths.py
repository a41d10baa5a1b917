"""Property paths such as `Outputs['train'].S3Output.S3Uri` and the values that they lead to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Part = str | int
Path = tuple[Part, ...]

_PART = re.compile(
    r"""\.?(?P<name>[^.\[\]'"]+)
      | \[(?P<index>-?\d+)\]
      | \['(?P<single>[^']*)'\]
      | \["(?P<double>[^"]*)"\]""",
    re.VERBOSE,
)

# SageMaker lets a definition pick an element of these lists by its name, as if the list were a map.
_NAMES = ("OutputName", "InputName", "MetricName", "ChannelName", "VariantName", "Key", "Name")


class PathError(ValueError):
    """A path is malformed, or leads nowhere."""


@lru_cache(maxsize=1024)
def parse(text: str) -> Path:
    """The parts of a path: strings for names and quoted keys, integers for list positions (0-based).

    A leading `$` or `$.` (JSONPath) is allowed.

    Raises:
        PathError: It is not a path.
    """
    body = re.sub(r"^\$\.?", "", text)
    parts: list[Part] = []
    position = 0
    while position < len(body):
        match = _PART.match(body, position)
        if match is None or (position == 0 and body.startswith(".")):
            raise PathError(f"'{text}' is not a path: cannot read it from '{body[position:]}'")
        name, index, single, double = match.group("name", "index", "single", "double")
        if name is not None and position > 0 and body[position] != ".":
            raise PathError(f"'{text}' is not a path: a dot is missing before '{body[position:]}'")
        quoted = single if single is not None else double
        parts.append(int(index) if index is not None else name if name is not None else quoted)
        position = match.end()
    if not parts:
        raise PathError(f"'{text}' is not a path: it is empty")
    return tuple(parts)


def walk(value: object, path: Path, root: str) -> object:
    """The value at the end of a path.

    Args:
        value: JSON value to start from.
        path: From `parse`.
        root: What `value` is called in an error.

    Raises:
        PathError: It leads nowhere; the text says where it ends and what there is instead.
    """
    for depth, part in enumerate(path):
        try:
            value = _enter(value, part)
        except LookupError:
            where = root + shown(path[:depth])
            raise PathError(f"{where} has no {part!r}; {_inventory(value)}") from None
    return value


def _enter(value: object, part: Part) -> object:
    if isinstance(value, Mapping):
        return value[part if part in value else str(part)]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value[part] if isinstance(part, int) else _named(value, part)
    raise LookupError


def _named(items: Sequence[object], name: str) -> object:
    for item in items:
        if isinstance(item, Mapping) and any(item.get(member) == name for member in _NAMES):
            return item
    raise LookupError


def shown(path: Path) -> str:
    """A path as a definition writes it after the name of what it starts from: `.Outputs['train'][0]`."""
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" if part.isidentifier() else f"[{part!r}]"
        for part in path
    )


def _inventory(value: object) -> str:
    if isinstance(value, Mapping):
        names = sorted(map(str, value))
        shown = ", ".join(names[:10]) + (f", … and {len(names) - 10} more" if len(names) > 10 else "")
        return f"it has {shown}" if names else "it is empty"
    if isinstance(value, Sequence) and not isinstance(value, str):
        names = [
            str(item[member])
            for item in value
            if isinstance(item, Mapping)
            for member in _NAMES
            if member in item
        ]
        return f"it is a list of {len(value)}" + (f": {', '.join(names[:10])}" if names else "")
    return f"it is {value!r}"
