"""Conditions of a Condition step."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.language.document import brief
from pipeline.language.problem import Path, Problem
from pipeline.suggestion import suggestion

Resolve = Callable[[object], object]
"""Gives the value of an operand, expressions replaced."""


class ConditionError(ValueError):
    """A condition is malformed, or compares what cannot be compared; `hint` says how to mend it, if known."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def holds(condition: Mapping[str, object], resolve: Resolve) -> bool:
    """Whether a condition holds.

    Raises:
        ConditionError: Its form is wrong, or its operands cannot be compared.
    """
    kind = _checked(condition)
    return _TYPES[kind][1](condition, resolve)


def all_hold(conditions: Sequence[Mapping[str, object]], resolve: Resolve) -> bool:
    """Whether every condition of a list holds; looks no further than the first that does not."""
    return all(holds(condition, resolve) for condition in conditions)


def problems(condition: object, path: Path = ()) -> Iterator[Problem]:
    """What is wrong with the form of a condition that stands at a path, and of those inside it."""
    try:
        kind = _checked(condition)
    except ConditionError as error:
        yield Problem("D127", path, str(error), error.hint)
        return
    assert isinstance(condition, Mapping)
    if kind == "Not":
        (key,) = set(condition) - {"Type"}
        yield from problems(condition[key], (*path, key))
    if kind == "Or":
        for index, inner in enumerate(condition["Conditions"]):
            yield from problems(inner, (*path, "Conditions", index))


def _checked(condition: object) -> str:
    kind = condition.get("Type") if isinstance(condition, Mapping) else None
    if not isinstance(condition, Mapping) or not isinstance(kind, str) or kind not in _TYPES:
        raise ConditionError(
            f"Type of a condition is one of {', '.join(_TYPES)}, not {brief(kind)}",
            suggestion(kind, _TYPES) if isinstance(kind, str) else None,
        )
    given = set(condition) - {"Type"}
    forms = _TYPES[kind][0]
    if given not in forms:
        shown = ", ".join(sorted(given)) or "nothing"
        raise ConditionError(f"{kind} takes {' and '.join(sorted(forms[0]))}, not {shown}")
    listed = {"Or": "Conditions", "In": "Values"}.get(kind)
    if listed and not isinstance(condition[listed], list):
        raise ConditionError(f"{listed} of {kind} must be a list")
    return kind


def _negated(condition: Mapping[str, object]) -> object:
    # The published schema says Expression, the SDK writes Condition.
    return condition.get("Condition", condition.get("Expression"))


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int | float):
        return "number"
    return {str: "text", type(None): "null"}.get(type(value), "list or map")


def _comparison(compare: Callable[[Any, Any], Any], ordered: bool) -> Test:
    def test(condition: Mapping[str, object], resolve: Resolve) -> bool:
        left, right = resolve(condition["LeftValue"]), resolve(condition["RightValue"])
        kinds = (_kind_of(left), _kind_of(right))
        allowed = ("number", "text") if ordered else ("number", "text", "Boolean")
        if kinds[0] != kinds[1] or kinds[0] not in allowed:
            raise ConditionError(
                f"{condition['Type']} cannot compare {json.dumps(left)} ({kinds[0]}) "
                f"with {json.dumps(right)} ({kinds[1]})"
            )
        return bool(compare(left, right))

    return test


def _in(condition: Mapping[str, object], resolve: Resolve) -> bool:
    value = resolve(condition["QueryValue"])
    values = condition["Values"]
    assert isinstance(values, list)
    # True == 1 in Python: the kinds are compared too.
    return any((_kind_of(item), item) == (_kind_of(value), value) for item in map(resolve, values))


def _not(condition: Mapping[str, object], resolve: Resolve) -> bool:
    inner = _negated(condition)
    assert isinstance(inner, Mapping)
    return not holds(inner, resolve)


def _or(condition: Mapping[str, object], resolve: Resolve) -> bool:
    inner = condition["Conditions"]
    assert isinstance(inner, list)
    return any(holds(item, resolve) for item in inner)


Test = Callable[[Mapping[str, object], Resolve], bool]
_PAIR = ({"LeftValue", "RightValue"},)

_TYPES: dict[str, tuple[tuple[set[str], ...], Test]] = {
    "Equals": (_PAIR, _comparison(operator.eq, ordered=False)),
    "GreaterThan": (_PAIR, _comparison(operator.gt, ordered=True)),
    "GreaterThanOrEqualTo": (_PAIR, _comparison(operator.ge, ordered=True)),
    "LessThan": (_PAIR, _comparison(operator.lt, ordered=True)),
    "LessThanOrEqualTo": (_PAIR, _comparison(operator.le, ordered=True)),
    "In": (({"QueryValue", "Values"},), _in),
    "Not": (({"Condition"}, {"Expression"}), _not),
    "Or": (({"Conditions"},), _or),
}

TYPES = tuple(_TYPES)
"""Every type of condition."""
