"""The JSON text of a definition, read as strictly as a service reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pipeline.language import positions
from pipeline.language.problem import Path, Problem

MAX_DEPTH = 100
"""Deepest nesting that is read. The SDK's definitions reach about 15."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_CONSTANTS = ("NaN", "Infinity", "-Infinity")
"""What Python reads as numbers, and nobody else."""

_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def load(text: str) -> tuple[object, tuple[Problem, ...]]:
    """The JSON value of a text, and what is wrong with the text.

    A key that stands twice in an object is a problem, and so is NaN, but the rest of the value is still
    good. A text that is not JSON has the value None.
    """
    if not text.strip():
        hint = "a definition is a JSON object with Version and Steps"
        return None, (Problem("D110", (), "it is empty", hint),)
    if _depth(text) > MAX_DEPTH:
        message = f"it is nested deeper than {MAX_DEPTH} levels"
        return None, (Problem("D112", (), message, "flatten it: no step needs such a value"),)
    odd: list[str] = []

    def build(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            odd.append("a key twice")
        return found

    def constant(name: str) -> None:
        odd.append(name)

    try:
        value = json.loads(text, object_pairs_hook=build, parse_constant=constant)
    except json.JSONDecodeError as error:
        return None, (_syntax(text, error),)
    except ValueError as error:
        return None, (Problem("D110", (), f"it is not JSON: {error}"),)
    return value, tuple(_odd(text)) if odd else ()


def _depth(text: str) -> int:
    deepest = depth = 0
    for match in _TOKEN.finditer(text):
        depth += _STEPS.get(match.group(), 0)
        deepest = max(deepest, depth)
    return deepest


def _syntax(text: str, error: json.JSONDecodeError) -> Problem:
    message = f"it is not JSON: {error.msg}: line {error.lineno} column {error.colno} (char {error.pos})"
    return Problem("D110", (), message, _syntax_hint(text, error.pos))


def _syntax_hint(text: str, position: int) -> str | None:
    before, rest = text[:position].rstrip(), text[position:].lstrip()
    if before.endswith(",") and rest[:1] in ("}", "]"):
        return f"remove the comma before '{rest[0]}'"
    if rest.startswith("'"):
        return "texts and keys stand in double quotes"
    if rest.startswith(("//", "/*", "#")):
        return "JSON has no comments"
    if re.match(r"(None|True|False)\b", rest):
        return "JSON writes null, true and false"
    if not rest:
        return "the text ends too early: it may have been cut off"
    return None


def _odd(text: str) -> Iterator[Problem]:
    found = positions.read(text)
    for path, spot in found.spots.items():
        if text[spot.start : spot.end] in _CONSTANTS:
            message = f"{_owner((*path, 0))} is {text[spot.start : spot.end]}, which is no JSON"
            yield Problem("D110", path, message, "JSON has finite numbers only")
    for path in found.repeated:
        yield Problem(
            "D111",
            path,
            f"{_owner(path)} has the key '{path[-1]}' twice",
            "keep one of the two",
            why="readers of JSON keep the last of them without a word",
            at_key=True,
        )


def _owner(path: Path) -> str:
    return "the definition" if len(path) == 1 else shown(path[:-1])


def shown(path: Path) -> str:
    """A path as a reader of the document knows it: `Steps[0].Arguments.RoleArn`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def brief(value: object, longest: int = 60) -> str:
    """A value as JSON, cut off where it would bury the reason; what is no JSON shows itself."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= longest else text[: longest - 1] + "…"
