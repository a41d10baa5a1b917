"""JSONPath as EventBridge understands it: dots and brackets, no filters."""

from __future__ import annotations

import re
from typing import Any

_PART = re.compile(
    r"""\.(?P<name>[A-Za-z0-9_-]+)|\[(?P<index>\d+|\*)\]|\['(?P<single>[^']*)'\]|\["(?P<double>[^"]*)"\]"""
)


class PathError(ValueError):
    """A text is no path, or it leads to nothing."""


def find(path: str, event: Any) -> Any:
    """The value that a path such as `$.detail.object.key` leads to; `[*]` gives a list.

    Raises:
        PathError: It is no path, or it leads to nothing in the event.
    """
    found = event
    for number, key in enumerate(_parts(path)):
        if key == "*" and isinstance(found, list):
            rest = "$" + "".join(_written(each) for each in _parts(path)[number + 1 :])
            return [find(rest, each) for each in found]
        try:
            found = found[key]
        except (KeyError, IndexError, TypeError):
            raise PathError(f"{path} leads to nothing in the event") from None
    return found


def _parts(path: str) -> list[str | int]:
    if not path.startswith("$"):
        raise PathError(f"{path} is not a JSONPath: it must begin with $")
    parts: list[str | int] = []
    at = 1
    while at < len(path):
        match = _PART.match(path, at)
        if match is None:
            raise PathError(f"{path} is not a JSONPath that EventBridge takes: see character {at + 1}")
        text = match[match.lastgroup or 0]
        parts.append(int(text) if match["index"] and text != "*" else text)
        at = match.end()
    return parts


def _written(part: str | int) -> str:
    return f"[{part}]" if isinstance(part, int) or part == "*" else f'["{part}"]'
