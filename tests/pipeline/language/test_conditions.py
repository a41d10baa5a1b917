from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.conditions import TYPES, ConditionError, all_hold, holds, problems
from pipeline.language.problem import Problem

COMPARISONS = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


def compare(kind: str, left: object, right: object) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def same(value: object) -> object:
    return value


@pytest.mark.parametrize("kind", COMPARISONS)
@pytest.mark.parametrize(
    ("left", "right"), [(1, 2), (2, 1), (1, 1), (1, 1.0), (0.9, 0.91), ("a", "b"), ("b", "b")]
)
def test_comparisons(kind: str, left: Any, right: Any) -> None:
    assert holds(compare(kind, left, right), same) is COMPARISONS[kind](left, right)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(compare("Equals", True, True), True, id="Booleans"),
        pytest.param({"Type": "In", "QueryValue": "a", "Values": ["b", "a"]}, True, id="in"),
        pytest.param({"Type": "In", "QueryValue": "c", "Values": ["b", "a"]}, False, id="not in"),
        pytest.param({"Type": "In", "QueryValue": "1", "Values": [1]}, False, id="text is no number"),
        pytest.param({"Type": "In", "QueryValue": True, "Values": [1]}, False, id="a Boolean is no number"),
        pytest.param({"Type": "In", "QueryValue": 1, "Values": []}, False, id="in nothing"),
        pytest.param(
            {"Type": "Not", "Condition": compare("Equals", 1, 2)}, True, id="not, as the SDK writes it"
        ),
        pytest.param({"Type": "Not", "Expression": compare("Equals", 1, 1)}, False, id="not, as the schema"),
        pytest.param(
            {"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 1, 1)]}, True, id="or"
        ),
        pytest.param({"Type": "Or", "Conditions": []}, False, id="or of nothing"),
        pytest.param(
            {
                "Type": "Not",
                "Condition": {
                    "Type": "Or",
                    "Conditions": [{"Type": "Not", "Condition": compare("Equals", 1, 1)}],
                },
            },
            True,
            id="nested",
        ),
    ],
)
def test_others(condition: dict[str, Any], expected: bool) -> None:
    assert holds(condition, same) is expected


def test_operands_are_resolved() -> None:
    values = {"accuracy": 0.95}
    condition = compare("GreaterThanOrEqualTo", "accuracy", 0.9)
    assert holds(
        condition, lambda operand: values.get(operand, operand) if isinstance(operand, str) else operand
    )


def test_a_list_needs_all_and_looks_no_further() -> None:
    impossible = compare("LessThan", "a", 1)
    assert all_hold([], same)
    assert all_hold([compare("Equals", 1, 1), compare("LessThan", 1, 2)], same)
    assert not all_hold([compare("Equals", 1, 2), impossible], same)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        pytest.param(
            compare("GreaterThan", "0.9", 0.5),
            'GreaterThan cannot compare "0.9" (text) with 0.5 (number)',
            id="text with number",
        ),
        pytest.param(
            compare("Equals", None, 1), "Equals cannot compare null (null) with 1 (number)", id="null"
        ),
        pytest.param(
            compare("LessThan", True, False),
            "LessThan cannot compare true (Boolean) with false (Boolean)",
            id="order of Booleans",
        ),
        pytest.param(
            compare("Equals", [1], [1]),
            "Equals cannot compare [1] (list or map) with [1] (list or map)",
            id="lists",
        ),
        pytest.param(
            compare("Almost", 1, 1),
            "Type of a condition is one of Equals, GreaterThan, GreaterThanOrEqualTo, LessThan, "
            'LessThanOrEqualTo, In, Not, Or, not "Almost"',
            id="no such type",
        ),
        pytest.param(
            {"Type": "Equals", "LeftValue": 1},
            "Equals takes LeftValue and RightValue, not LeftValue",
            id="half",
        ),
        pytest.param({"Type": "Or", "Conditions": {}}, "Conditions of Or must be a list", id="or of a map"),
    ],
)
def test_refusals(condition: dict[str, Any], message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        holds(condition, same)
    assert str(caught.value) == message


def test_problems_look_inside() -> None:
    bad = {
        "Type": "Or",
        "Conditions": [compare("Equals", 1, 1), {"Type": "Not", "Condition": {"Type": "Almost"}}],
    }
    types = f"Type of a condition is one of {', '.join(TYPES)}"
    assert list(problems(bad, ("C",))) == [
        Problem("D127", ("C", "Conditions", 1, "Condition"), f'{types}, not "Almost"')
    ]
    assert list(problems(compare("Equals", {"Get": "Parameters.A"}, 1))) == []
    assert list(problems("Equals")) == [Problem("D127", (), f"{types}, not null")]


_numbers = st.integers(-3, 3)
_pair = st.tuples(st.sampled_from(sorted(COMPARISONS)), _numbers, _numbers).map(
    lambda case: (compare(*case), COMPARISONS[case[0]](case[1], case[2]))
)
_in = st.tuples(_numbers, st.lists(_numbers, max_size=4)).map(
    lambda case: ({"Type": "In", "QueryValue": case[0], "Values": case[1]}, case[0] in case[1])
)


def _negate(case: tuple[Any, bool]) -> tuple[Any, bool]:
    return {"Type": "Not", "Condition": case[0]}, not case[1]


def _any(cases: list[tuple[Any, bool]]) -> tuple[Any, bool]:
    return {"Type": "Or", "Conditions": [case[0] for case in cases]}, any(case[1] for case in cases)


@given(
    st.recursive(
        _pair | _in, lambda inner: inner.map(_negate) | st.lists(inner, max_size=3).map(_any), max_leaves=8
    )
)
def test_nested_conditions_mean_what_they_say(case: tuple[Any, bool]) -> None:
    condition, expected = case
    assert holds(condition, same) is expected
    assert list(problems(condition)) == []
