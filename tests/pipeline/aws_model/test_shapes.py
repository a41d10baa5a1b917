from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.model import ServiceModel

from pipeline.aws_model.service_model import operation
from pipeline.aws_model.shapes import Path, Rule, Violation, fits, structures, violations

MODEL = ServiceModel(
    {
        "metadata": {},
        "operations": {},
        "shapes": {
            "Thing": {
                "type": "structure",
                "required": ["Name"],
                "members": {
                    "Name": {"shape": "Name"},
                    "Size": {"shape": "Size"},
                    "Parts": {"shape": "Parts"},
                    "Labels": {"shape": "Labels"},
                    "Inner": {"shape": "Thing"},
                    "Choice": {"shape": "Choice"},
                    "Anything": {"shape": "Anything"},
                },
            },
            "Name": {"type": "string", "min": 2, "max": 4, "pattern": "[a-z]+"},
            "Kind": {"type": "string", "enum": ["A", "B"]},
            "Size": {"type": "integer", "min": 1, "max": 9},
            "Parts": {"type": "list", "min": 1, "max": 2, "member": {"shape": "Thing"}},
            "Labels": {
                "type": "map",
                "min": 1,
                "max": 2,
                "key": {"shape": "Name"},
                "value": {"shape": "Kind"},
            },
            "Choice": {
                "type": "structure",
                "union": True,
                "members": {"One": {"shape": "Size"}, "Other": {"shape": "Size"}},
            },
            "Anything": {"type": "structure", "members": {}, "document": True},
        },
    }
)
THING = MODEL.shape_for("Thing")


def found(value: object) -> list[tuple[Rule, Path, object, bool]]:
    return [(one.rule, one.path, one.value, one.at_key) for one in violations(THING, value)]


def thing(**members: object) -> dict[str, object]:
    return {"Name": "ab", **members}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(thing(), id="least"),
        pytest.param(thing(Size=9, Parts=[thing()], Labels={"ab": "A"}, Inner=thing()), id="most"),
        pytest.param(thing(Choice={"One": 1}), id="union"),
        pytest.param(thing(Anything={"x": [None, {"y": 1}]}), id="document"),
    ],
)
def test_what_fits(value: object) -> None:
    assert found(value) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("text", (Rule.TYPE, (), "text", False), id="type"),
        pytest.param({}, (Rule.MISSING, ("Name",), None, False), id="missing"),
        pytest.param({"Name": None}, (Rule.REQUIRED_NULL, ("Name",), None, False), id="required null"),
        pytest.param(thing(Size=None), (Rule.NULL, ("Size",), None, False), id="null"),
        pytest.param(thing(Sise=1), (Rule.UNKNOWN, ("Sise",), 1, True), id="unknown"),
        pytest.param({"Name": "a"}, (Rule.SHORTEST, ("Name",), "a", False), id="short"),
        pytest.param({"Name": "abcde"}, (Rule.LONGEST, ("Name",), "abcde", False), id="long"),
        pytest.param({"Name": "AB"}, (Rule.PATTERN, ("Name",), "AB", False), id="pattern"),
        pytest.param(thing(Size=0), (Rule.LEAST, ("Size",), 0, False), id="small"),
        pytest.param(thing(Size=10), (Rule.GREATEST, ("Size",), 10, False), id="large"),
        pytest.param(thing(Parts=[]), (Rule.FEWEST, ("Parts",), [], False), id="few"),
        pytest.param(thing(Parts=[thing()] * 3), (Rule.MOST, ("Parts",), [thing()] * 3, False), id="many"),
        pytest.param(
            thing(Parts=[thing(), {}]), (Rule.MISSING, ("Parts", 1, "Name"), None, False), id="item"
        ),
        pytest.param(thing(Labels={"ab": "C"}), (Rule.ENUM, ("Labels", "ab"), "C", False), id="value"),
        pytest.param(thing(Labels={"A": "A"}), (Rule.PATTERN, ("Labels", "A"), "A", True), id="key"),
        pytest.param(
            thing(Choice={"One": 1, "Other": 2}),
            (Rule.UNION, ("Choice",), {"One": 1, "Other": 2}, False),
            id="union of two",
        ),
        pytest.param(thing(Choice={}), (Rule.UNION, ("Choice",), {}, False), id="union of none"),
        pytest.param(thing(Inner={"Name": 1}), (Rule.TYPE, ("Inner", "Name"), 1, False), id="inside"),
    ],
)
def test_what_does_not_fit(value: object, expected: tuple[Rule, Path, object, bool]) -> None:
    assert found(value)[0] == expected


def test_a_judge_may_take_over() -> None:
    def judge(shape: Any, value: object, path: Path) -> Iterator[Violation] | None:
        return iter([Violation(Rule.ENUM, shape, path, value)]) if value == "?" else None

    value = thing(Size="?", Labels={"ab": "?"})
    assert [(one.rule, one.path) for one in violations(THING, value, judge=judge)] == [
        (Rule.ENUM, ("Size",)),
        (Rule.ENUM, ("Labels", "ab")),
    ]


def test_structures_are_found_wherever_they_are() -> None:
    value = thing(Inner=thing(), Parts=[thing(), "text"], Labels={"ab": "A"}, Choice={"One": 1}, Sise={})
    assert [(shape.name, path) for shape, _, path in structures(THING, value)] == [
        ("Thing", ()),
        ("Thing", ("Inner",)),
        ("Thing", ("Parts", 0)),
        ("Choice", ("Choice",)),
    ]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("string", ["", "a"], [1, None, True, []]),
        ("integer", [0, -1], [1.5, 1.0, True, "1", None]),
        ("float", [0, 1.5], [True, "1", None]),
        ("boolean", [True, False], [0, "true", None]),
        ("list", [[]], [{}, "a", None]),
        ("map", [{}], [[], "a", None]),
        ("structure", [{}], [[], "a", None]),
        ("timestamp", [0, 1.5], ["2020-01-01", True, None]),
    ],
)
def test_types(kind: str, right: list[object], wrong: list[object]) -> None:
    assert [fits(kind, value) for value in right] == [True] * len(right)
    assert [fits(kind, value) for value in wrong] == [False] * len(wrong)


def test_a_union_of_sagemaker() -> None:
    shape = operation("CreateAutoMLJobV2").input_shape
    assert shape is not None
    problem = {"TextClassificationJobConfig": {"ContentColumn": "a", "TargetLabelColumn": "b"}}
    both = {**problem, "ImageClassificationJobConfig": {}}

    def rules(config: object) -> set[tuple[Rule, Path]]:
        return {(one.rule, one.path) for one in violations(shape, {"AutoMLProblemTypeConfig": config})}

    unions = {(Rule.UNION, ("AutoMLProblemTypeConfig",))}
    assert rules(both) - rules(problem) == unions
