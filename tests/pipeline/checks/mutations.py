"""Every way to spoil the requests and references of a definition, made from AWS's shapes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pipeline.aws_model import patterns
from pipeline.aws_model.service_model import operation
from pipeline.checks.requests import REQUESTS
from pipeline.language.definition import Step, parse
from pipeline.language.problem import Path

Json = Any

OF_MEMBERS = ("a member taken away", "an unknown member")
"""Kinds of mutations that are of a member of what stands at their place."""

NOT_THERE = object()
"""In place of a new value: the value is taken away."""


@dataclass(frozen=True)
class Mutation:
    """A change of one value.

    Attributes:
        kind: What is done, such as "a value of another type".
        place: What stands there, such as ("Training", "InputDataConfig", "[]", "ChannelName").
        path: Path of the value in the document.
        value: What takes its place.
    """

    kind: str
    place: tuple[str, ...]
    path: Path
    value: Json

    @property
    def key(self) -> tuple[str, ...]:
        """The same for mutations that try the same."""
        value = "" if self.value is NOT_THERE else json.dumps(self.value, sort_keys=True)
        member = str(self.path[-1]) if self.kind in OF_MEMBERS else ""
        return self.kind, *self.place, member, value[:200]

    @property
    def step(self) -> Path:
        """Path of the step that it is in; its own if it is in none."""
        if "Arguments" not in self.path:
            return self.path
        return self.path[: len(self.path) - 1 - self.path[::-1].index("Arguments")]

    def of(self, document: Json) -> Json:
        """A document with the change."""
        changed = owner = _along(document, self.path[:-1])
        for part in self.path[:-1]:
            owner = owner[part]
        if self.value is NOT_THERE:
            del owner[self.path[-1]]
        else:
            owner[self.path[-1]] = self.value
        return changed


def _along(value: Json, path: Path) -> Json:
    """A copy of a document that shares all but what is on a path."""
    if not path:
        return deepcopy(value)
    copied: Any = list(value) if isinstance(value, list) else dict(value)
    copied[path[0]] = _along(value[path[0]], path[1:])
    return copied


def mutations(text: str) -> Iterator[Mutation]:
    """All mutations of a definition."""
    for step in parse(text).steps.values():
        if step.type in REQUESTS:
            yield from _of_step(step)
    for path, reference in _references(json.loads(text), ()):
        for new in _elsewhere(reference):
            yield Mutation("a reference that leads nowhere", (reference,), path, new)


def _of_step(step: Step) -> Iterator[Mutation]:
    request = REQUESTS[step.type]
    start = Value(
        operation(request.operation).input_shape, step.arguments, (*step.path, "Arguments"), (step.type,)
    )
    for value in _values(start):
        for kind, make in KINDS.items():
            for path, new in make(value):
                given_by_the_pipeline = new is NOT_THERE and path[-1] in request.added
                if not given_by_the_pipeline:
                    yield Mutation(kind, value.place, path, new)


@dataclass(frozen=True)
class Value:
    """A value of a request, with its shape, its path in the document and its place (see Mutation)."""

    shape: Any
    value: Json
    path: Path
    place: tuple[str, ...]

    @property
    def is_expression(self) -> bool:
        return isinstance(self.value, dict) and set(self.value) <= {"Get", "Std:Join", "Std:JsonGet"}

    @property
    def is_structure(self) -> bool:
        return self.shape.type_name == "structure" and not self.is_expression


def _values(value: Value) -> Iterator[Value]:
    yield value
    kind = value.shape.type_name
    if value.is_expression:
        return
    if kind == "list":
        for index, item in enumerate(value.value):
            yield from _values(Value(value.shape.member, item, (*value.path, index), (*value.place, "[]")))
    elif kind in ("structure", "map"):
        for key, item in value.value.items():
            inside, part = (value.shape.value, "{}") if kind == "map" else (value.shape.members[key], key)
            yield from _values(Value(inside, item, (*value.path, key), (*value.place, part)))


Change = tuple[Path, Json]


def _without(of: Value) -> Iterator[Change]:
    if of.is_structure:
        for name in of.shape.required_members:
            if name in of.value:
                yield (*of.path, name), NOT_THERE


def _unknown(of: Value) -> Iterator[Change]:
    if of.is_structure:
        yield (*of.path, "NoSuchMember"), "x"
        yield (*of.path, next(iter(of.shape.members)).lower()), "x"


_OTHERS: dict[str, tuple[Json, ...]] = {
    "structure": ("text", []),
    "list": ("text", {}),
    "map": ("text", []),
    "string": (12, {"Get": "Parameters.AccuracyThreshold"}),
    "boolean": ("true", 1),
    "integer": ("1", 1.5, True, {"Get": "Execution.PipelineName"}),
    "float": ("1", True, {"Get": "Execution.PipelineName"}),
}
"""By type of shape, values of other types. The parameter is a Float."""


def _other_types(of: Value) -> Iterator[Change]:
    if of.path[-1] != "Arguments":
        for other in _OTHERS[of.shape.type_name]:
            yield of.path, other


def _null(of: Value) -> Iterator[Change]:
    if of.path[-1] != "Arguments":
        yield of.path, None


def _outside(of: Value) -> Iterator[Change]:
    if of.shape.metadata.get("enum"):
        yield of.path, "no-such-value"
        yield of.path, {"Std:Join": {"On": "-", "Values": ["no", "such", "value"]}}


_UNLIKELY = ("no such thing", "a_b", "a$", "-", "two\nlines", "é")


def _malformed(of: Value) -> Iterator[Change]:
    pattern = of.shape.metadata.get("pattern")
    found = [text for text in _UNLIKELY if pattern and patterns.matches(pattern, text) is False]
    if found:
        yield of.path, found[0]
        yield of.path, {"Std:Join": {"On": "", "Values": [found[0]]}}


def _sized(of: Value) -> Iterator[Change]:
    low, high = of.shape.metadata.get("min"), of.shape.metadata.get("max")
    kind = of.shape.type_name
    if kind == "string":
        if low:
            yield of.path, "a" * (low - 1)
        if high:
            yield of.path, "a" * (high + 1)
    elif kind == "list" and not of.is_expression:
        if low:
            yield of.path, of.value[: low - 1]
        if high and of.value:
            yield of.path, of.value[:1] * (high + 1)
    elif kind == "map" and not of.is_expression and high:
        yield of.path, {f"k{number}": "v" for number in range(high + 1)}


def _beyond(of: Value) -> Iterator[Change]:
    if of.shape.type_name in ("integer", "long", "float", "double"):
        low, high = of.shape.metadata.get("min"), of.shape.metadata.get("max")
        if low is not None:
            yield of.path, low - 1
        if high is not None:
            yield of.path, high + 1


KINDS: dict[str, Callable[[Value], Iterator[Change]]] = {
    "a member taken away": _without,
    "an unknown member": _unknown,
    "a value of another type": _other_types,
    "null": _null,
    "a value outside of the enum": _outside,
    "a text of another form": _malformed,
    "a size beyond the limits": _sized,
    "a number beyond the limits": _beyond,
}


def _references(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "Get" and isinstance(item, str):
                yield (*path, key), item
            else:
                yield from _references(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _references(item, (*path, index))


def _elsewhere(reference: str) -> Iterator[str]:
    scope, name, *rest = reference.split(".")
    yield ".".join((scope, "NoSuchName", *rest))
    yield ".".join(("NoSuchScope", name, *rest))
    if scope == "Steps":
        yield ".".join((scope, name, *rest[:-1], "NoSuchProperty"))
        # Which metrics there will be depends on the image: a name that we do not know is no error.
        if "['" in reference and "FinalMetricDataList" not in reference:
            start, _, end = reference.partition("['")
            yield start + "['no_such_name']" + end.partition("']")[2]
