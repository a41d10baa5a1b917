"""What a request holds where a definition has an expression: its type, and the values it can take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.aws_model import patterns
from pipeline.aws_model.shapes import Path, Rule, Violation, violations
from pipeline.checks.types import property_shape, type_of
from pipeline.language import evaluation, expressions
from pipeline.language.definition import Definition
from pipeline.language.document import brief
from pipeline.language.early import EarlyScope
from pipeline.language.evaluation import UNKNOWN
from pipeline.language.expressions import ExpressionError
from pipeline.language.parameters import Declaration, Value

if TYPE_CHECKING:
    from botocore.model import Shape

_TAKEN_BY: dict[str, tuple[str, ...]] = {
    "string": ("string", "blob", "timestamp"),
    "integer": ("integer", "long", "float", "double", "timestamp"),
    "float": ("float", "double", "timestamp"),
    "boolean": ("boolean",),
    "list": ("list",),
    "structure": ("structure", "map"),
}
"""JSON types and the types of shapes that take them."""


@dataclass(frozen=True)
class Substitution:
    """Judges the expressions of a definition's requests by what they can stand for.

    Attributes:
        definition: The definition.
        values: Values of its parameters by name.
    """

    definition: Definition
    values: Mapping[str, Value]

    def judge(self, shape: Shape, value: object, path: Path) -> Iterator[Violation] | None:
        """What breaks the rules of a shape once an expression is replaced; None for what is no expression.

        What leads nowhere has no violation here: other checks find it.
        """
        if expressions.function_of(value) is None:
            return None
        assert isinstance(value, Mapping)
        return (replace(found, path=(*path, *found.path)) for found in self._expression(shape, value))

    def _expression(self, shape: Shape, value: Mapping[str, object]) -> Iterator[Violation]:
        kind = type_of(value, self.definition)
        if kind in _TAKEN_BY and shape.type_name not in _TAKEN_BY[kind]:
            yield Violation(Rule.TYPE, shape, (), UNKNOWN, origin=self._described(value, kind))
        elif "Get" in value:
            match expressions.parse_reference(value["Get"]):
                case expressions.Parameter(name) if name in self.definition.parameters:
                    yield from self._parameter(shape, self.definition.parameters[name])
                case expressions.Property() as reference:
                    yield from self._property(shape, reference, str(value["Get"]))
        elif "Std:Join" in value:
            yield from self._join(shape, value)

    def _described(self, value: Mapping[str, object], kind: str) -> str:
        if "Get" not in value:
            return "a Std:Join, which is text"
        match expressions.parse_reference(value["Get"]):
            case expressions.Parameter(name):
                return f"parameter '{name}' of type {self.definition.parameters[name].type}"
        return f"{value['Get']}, which is {_IN_WORDS[kind]}"

    def _parameter(self, shape: Shape, declared: Declaration) -> Iterator[Violation]:
        for value, words in self._values(declared):
            origin = f"parameter '{declared.name}' with the {words} {brief(value)}"
            for found in violations(shape, value):
                yield replace(found, origin=origin)

    def _values(self, declared: Declaration) -> Iterator[tuple[Value, str]]:
        """Every value that a parameter is known to take, once each, and what it is to the parameter."""
        known: list[tuple[Value | None, str]] = [(declared.default, "default")]
        known += [(self.values.get(declared.name), "value")]
        known += [(choice, "choice") for choice in declared.choices]
        seen: list[Value] = []
        for value, words in known:
            if value is not None and value not in seen:
                seen.append(value)
                yield value, words

    def _property(self, shape: Shape, reference: expressions.Property, text: str) -> Iterator[Violation]:
        given = property_shape(reference, self.definition)
        given_values = given.metadata.get("enum") if given is not None else None
        allowed = shape.metadata.get("enum")
        if given_values and allowed and not set(given_values) & set(allowed):
            yield Violation(Rule.ENUM, shape, (), UNKNOWN, origin=text)
        pattern = shape.metadata.get("pattern")
        is_arn = given is not None and "arn:aws" in given.metadata.get("pattern", "")
        if is_arn and pattern and patterns.forbids(pattern, "arn:aws"):
            yield Violation(Rule.PATTERN, shape, (), UNKNOWN, origin=f"{text}, an ARN")

    def _join(self, shape: Shape, value: Mapping[str, object]) -> Iterator[Violation]:
        seen: list[Violation] = []
        for values in self._variants(value):
            for found in _joined(shape, value["Std:Join"], EarlyScope(values)):
                if found not in seen:
                    seen.append(found)
                    yield found

    def _variants(self, value: object) -> Iterator[Mapping[str, Value]]:
        """The parameters' values, then with each choice of each parameter in a value, one at a time."""
        yield self.values
        for reference in expressions.references(value):
            if isinstance(reference, expressions.Parameter) and reference.name in self.definition.parameters:
                for choice in self.definition.parameters[reference.name].choices:
                    yield {**self.values, reference.name: choice}


def evaluated(value: object, values: Mapping[str, Value]) -> object:
    """A value with its expressions replaced; UNKNOWN for those that are not known yet or have none."""
    if isinstance(value, Mapping) and expressions.function_of(value) is None:
        return {key: evaluated(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [evaluated(item, values) for item in value]
    try:
        return evaluation.evaluate(value, EarlyScope(values))
    except ExpressionError:
        return UNKNOWN


_IN_WORDS = {
    "string": "text",
    "integer": "an integer",
    "float": "a number",
    "boolean": "a Boolean",
    "list": "a list",
    "structure": "an object",
}


def _joined(shape: Shape, body: object, scope: EarlyScope) -> Iterator[Violation]:
    assert isinstance(body, Mapping)
    try:
        whole = evaluation.evaluate({"Std:Join": body}, scope)
        separator = evaluation.evaluate(body["On"], scope)
        parts = [evaluation.evaluate(part, scope) for part in body["Values"]]
        known = [evaluation.as_text(part) for part in parts if part is not UNKNOWN]
    except ExpressionError:
        return
    if isinstance(whole, str):
        for found in violations(shape, whole):
            yield replace(found, origin=f"joined to {brief(whole)}")
        return
    if isinstance(separator, str) and len(parts) > 1:
        known += [separator] * (len(parts) - 1)
    yield from _partly_joined(shape, known)


def _partly_joined(shape: Shape, known: list[str]) -> Iterator[Violation]:
    """What is certain of a text of which only parts are known."""
    longest, pattern = shape.metadata.get("max"), shape.metadata.get("pattern")
    length = sum(map(len, known))
    if longest is not None and length > longest:
        origin = f"joined of parts, the known ones with {length} characters"
        yield Violation(Rule.LONGEST, shape, (), UNKNOWN, origin=origin)
    refused = [part for part in known if pattern and patterns.forbids(pattern, part)]
    if refused:
        origin = f"joined of parts, one of them {brief(refused[0])}"
        yield Violation(Rule.PATTERN, shape, (), UNKNOWN, origin=origin)
