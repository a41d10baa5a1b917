"""What is different between two definitions: a step and a parameter at a time, for people.

Not told is what makes no difference to SageMaker: the order of keys, steps, parameters and named items, and
what `normal` takes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.difference.normal import normal
from pipeline.difference.values import Line, by_name, lines_between, ordered
from pipeline.difference.words import worded

Json = Mapping[str, Any]

DONE = {"+": "added", "-": "removed", "~": "changed"}
"""Signs of a diff in words."""

# Two steps that change alike are told faster than gathered.
_ALIKE = 3

_BRANCHES = {"IfSteps": "if {} holds", "ElseSteps": "if {} does not hold"}
_PARAMETER_KEYS = {"DefaultValue": "default", "EnumValues": "values", "Type": "type"}


@dataclass(frozen=True)
class Change:
    """A step, parameter or other part of a definition that differs.

    Attributes:
        sign: "+", "-" or "~".
        kind: step, parameter, program (that of a step) or key (of the definition).
        name: Of the step or the parameter, or the path of the key.
        note: A step's type, a parameter's type and default.
        keys: What differs in it.
    """

    sign: str
    kind: str
    name: str
    note: str = ""
    keys: tuple[Line, ...] = ()

    def lines(self) -> list[str]:
        """The change for people."""
        if self.kind == "program":
            return [f"~ program of {self.name} changed"]
        if self.kind == "key":
            return [line for key in self.keys for line in key.lines()]
        head = f"{self.sign} {self.kind} {self.name}"
        if self.note:
            return [f"{head} ({self.note})"]
        if self.kind == "parameter":
            return [f"{head}: " + "; ".join(f"{key.path} {key.value}" for key in self.keys)]
        return [head, *(f"  {line}" for key in self.keys for line in key.lines())]

    def to_json(self) -> dict[str, object]:
        """The change for programs."""
        return {
            "change": DONE[self.sign],
            "kind": self.kind,
            "name": self.name,
            "keys": [key.to_json() for key in self.keys],
        }


def differences(old: Json, new: Json) -> tuple[Change, ...]:
    """What is different, in the order of the new definition; what it lacks comes last of its kind."""
    before, after = _Parts.of(normal(old)), _Parts.of(normal(new))
    changes = [
        Change(key.sign, "key", key.path, keys=(key,)) for key in lines_between(before.rest, after.rest)
    ]
    changes += _parameters(before.parameters, after.parameters)
    changes += _steps(before.steps, after.steps)
    return tuple(changes)


def told(changes: Sequence[Change]) -> list[str]:
    """The changes for people; what changes alike in several steps, such as a tag, is told once."""
    return [line for change in _gathered(changes) for line in change.lines()]


def _gathered(changes: Sequence[Change]) -> Iterator[Change]:
    steps: dict[Line, list[str]] = {}
    for change in changes:
        if change.kind == "step":
            for key in change.keys:
                steps.setdefault(key, []).append(change.name)
    alike = {key: tuple(names) for key, names in steps.items() if len(names) >= _ALIKE}
    groups = [
        Change("~", "steps", ", ".join(names), keys=tuple(key for key in alike if alike[key] == names))
        for names in dict.fromkeys(alike.values())
    ]
    for change in changes:
        if change.kind != "step" or not change.keys:
            yield change
            continue
        yield from groups
        groups = []
        own = tuple(key for key in change.keys if key not in alike)
        if own:
            yield replace(change, keys=own)


def summary(changes: Sequence[Change]) -> str:
    """How many of what changed: `2 steps changed, 1 parameter added`."""
    counted = Counter((change.kind, change.sign) for change in changes)
    return ", ".join(
        f"{count} {kind}{'s' if count > 1 else ''} {DONE[sign]}" for (kind, sign), count in counted.items()
    )


def outline(document: Json) -> tuple[Change, ...]:
    """All of a definition that is new."""
    return differences({"Version": document.get("Version")}, document)


@dataclass(frozen=True)
class _Parts:
    """A definition taken apart. What has not the form of steps or parameters stays in `rest`."""

    rest: Json
    parameters: Mapping[str, Json]
    steps: Mapping[str, Json]

    @classmethod
    def of(cls, document: Json) -> _Parts:
        rest = dict(document)
        parameters: Mapping[str, Json] = {}
        steps: Mapping[str, Json] = {}
        if by_name(rest.get("Parameters"), "Name") is not None:
            parameters = {item["Name"]: item for item in rest.pop("Parameters")}
        if _has_steps(rest.get("Steps")):
            steps = _unique(_flat(rest.pop("Steps"), "in any case"))
        return cls(rest, parameters, steps)


def _has_steps(steps: object) -> bool:
    """Whether it is a list of steps that have names."""
    return isinstance(steps, list) and all(
        isinstance(step, Mapping) and isinstance(step.get("Name"), str) for step in steps
    )


def _flat(steps: Iterable[Json], runs: str) -> Iterator[tuple[str, Json]]:
    """Name and step of all steps, those in branches too, each with when it runs."""
    for step in steps:
        arguments, inner = step.get("Arguments", {}), []
        if step.get("Type") == "Condition" and isinstance(arguments, Mapping):
            arguments = dict(arguments)
            for branch, when in _BRANCHES.items():
                if _has_steps(arguments.get(branch)):
                    inner += list(_flat(arguments.pop(branch), when.format(step["Name"])))
        own = {key: value for key, value in step.items() if key not in ("Name", "Arguments")}
        yield step["Name"], {"own": {**own, "runs": runs}, "arguments": arguments}
        yield from inner


def _unique(named: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    """By name; a second step of the same name, which SageMaker refuses, is called `name (2)`."""
    found: dict[str, Json] = {}
    for name, step in named:
        number = 1
        while (called := name if number == 1 else f"{name} ({number})") in found:
            number += 1
        found[called] = step
    return found


def _parameters(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    for name in ordered(new, old):
        if name not in old:
            yield Change("+", "parameter", name, _declaration(new[name]))
        elif name not in new:
            yield Change("-", "parameter", name, _declaration(old[name]))
        elif keys := tuple(lines_between(old[name], new[name])):
            yield Change("~", "parameter", name, keys=tuple(_renamed(key) for key in keys))


def _declaration(parameter: Json) -> str:
    default = f", default {worded(parameter['DefaultValue'])}" if "DefaultValue" in parameter else ""
    return f"{parameter.get('Type')}{default}"


def _renamed(key: Line) -> Line:
    value = key.new if key.old is None else "none" if key.new is None else key.new
    old = "none" if key.old is None else key.old
    return Line("~", _PARAMETER_KEYS.get(key.path, key.path), old, value)


def _steps(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    for name in ordered(new, old):
        if name not in old:
            yield Change("+", "step", name, worded(new[name]["own"].get("Type")))
        elif name not in new:
            yield Change("-", "step", name, worded(old[name]["own"].get("Type")))
        else:
            yield from _step(name, old[name], new[name])


def _step(name: str, old: Json, new: Json) -> Iterator[Change]:
    own = lines_between(old["own"], new["own"])
    keys = [*lines_between(old["arguments"], new["arguments"]), *own]
    if any(key.is_program for key in keys):
        yield Change("~", "program", name)
    if others := tuple(key for key in keys if not key.is_program):
        yield Change("~", "step", name, keys=others)
