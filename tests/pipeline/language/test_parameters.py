from __future__ import annotations

from typing import Any

import pytest

from pipeline.language.parameters import Declaration, ParameterError, parse, values_of


def declare(name: str, kind: str = "String", **rest: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, **rest}


def test_declarations_are_read() -> None:
    declared, problems = parse(
        [
            declare("Size", "Integer", DefaultValue=3),
            declare("Rate", "Float", DefaultValue=1),
            declare("Fast", "Boolean", DefaultValue=False),
            declare("Type", EnumValues=["a", "b"], DefaultValue="a"),
            {"Name": "Plain"},
        ]
    )
    assert problems == []
    assert declared == {
        "Size": Declaration("Size", "Integer", 3),
        "Rate": Declaration("Rate", "Float", 1),
        "Fast": Declaration("Fast", "Boolean", False),
        "Type": Declaration("Type", "String", "a", ("a", "b")),
        "Plain": Declaration("Plain", "String"),
    }


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        pytest.param({}, "Parameters must be a list", id="no list"),
        pytest.param(["A"], "Parameters[0] must be an object with a Name", id="no object"),
        pytest.param(
            [declare("A", "Date")],
            "parameter 'A' has type Date; there are String, Integer, Float, Boolean",
            id="type",
        ),
        pytest.param(
            [declare("A", "Integer", DefaultValue="3")],
            "parameter 'A' is of type Integer, and \"3\" is none",
            id="default",
        ),
        pytest.param(
            [declare("A", "Integer", DefaultValue=True)],
            "parameter 'A' is of type Integer, and true is none",
            id="Boolean",
        ),
        pytest.param(
            [declare("A", DefaultValue="c", EnumValues=["a"])],
            "parameter 'A': the default value \"c\" is not one of its EnumValues",
            id="enum",
        ),
        pytest.param([declare("A", Default="c")], "parameter 'A' has an unknown key 'Default'", id="key"),
        pytest.param([declare("A"), declare("A")], "parameter 'A' is declared twice", id="twice"),
    ],
)
def test_bad_declarations(raw: object, problem: str) -> None:
    assert [found.message for found in parse(raw)[1]] == [problem]


DECLARED = {
    "Size": Declaration("Size", "Integer", 3),
    "Rate": Declaration("Rate", "Float", 0.1),
    "Fast": Declaration("Fast", "Boolean", False),
    "Kind": Declaration("Kind", "String", "a", ("a", "b")),
}


def test_values_have_the_types_that_are_declared() -> None:
    given = {"Size": "7", "Rate": "1e-3", "Fast": "True", "Kind": "b"}
    assert values_of(DECLARED, given) == {"Size": 7, "Rate": 0.001, "Fast": True, "Kind": "b"}
    assert values_of(DECLARED, {}) == {"Size": 3, "Rate": 0.1, "Fast": False, "Kind": "a"}


def test_all_that_is_wrong_is_named_at_once() -> None:
    declared = {**DECLARED, "Needed": Declaration("Needed", "String")}
    with pytest.raises(ParameterError) as caught:
        values_of(declared, {"Sise": "7", "Size": "7.5", "Fast": "maybe", "Kind": "c"})
    assert caught.value.problems == (
        "parameter 'Sise' is not defined in the pipeline; it has Fast, Kind, Needed, Rate, Size",
        "parameter 'Size' is of type Integer, and '7.5' is none",
        "parameter 'Fast' is of type Boolean, and 'maybe' is none",
        "parameter 'Kind' must be one of a, b, not 'c'",
        "parameter 'Needed' has no default value and none was given",
    )
