from __future__ import annotations

import pytest

from pipeline.checks import comparisons
from pipeline.language.problem import Problem
from tests.pipeline.checks.definitions import Json, condition, document, found_by, get, parameter, step


@pytest.mark.parametrize(
    ("definition", "problems"),
    [
        pytest.param(
            document(
                condition(
                    "C", {"Type": "Equals", "LeftValue": get("Parameters.Register"), "RightValue": True}
                ),
                parameters=(parameter("Register", DefaultValue="True"),),
            ),
            [
                Problem(
                    "D312",
                    ("Steps", 0, "Arguments", "Conditions", 0),
                    (
                        "step 'C': Equals compares Parameters.Register, which is text, with true, which "
                        "is a Boolean"
                    ),
                    hint="give both one type: declare the parameter with it, or write the value as it",
                    why="values of two types are never equal",
                    severity="warning",
                )
            ],
            id="text with a Boolean",
        ),
        pytest.param(
            document(
                step("T"),
                condition(
                    "C",
                    {
                        "Type": "GreaterThan",
                        "LeftValue": get("Steps.T.FinalMetricDataList['a'].Value"),
                        "RightValue": "0.9",
                    },
                ),
            ),
            [
                Problem(
                    "D312",
                    ("Steps", 1, "Arguments", "Conditions", 0),
                    (
                        "step 'C': GreaterThan compares Steps.T.FinalMetricDataList['a'].Value, which is "
                        'a number, with "0.9", which is text'
                    ),
                    hint="give both one type: declare the parameter with it, or write the value as it",
                    why="values of two types are never equal",
                    severity="warning",
                )
            ],
            id="number with text",
        ),
        pytest.param(
            document(
                condition("C", {"Type": "In", "QueryValue": get("Parameters.N"), "Values": [1, "2"]}),
                parameters=(parameter("N", "Integer"),),
            ),
            [
                Problem(
                    "D312",
                    ("Steps", 0, "Arguments", "Conditions", 0, "Values", 1),
                    "step 'C': In compares Parameters.N, which is a number, with \"2\", which is text",
                    hint="give both one type: declare the parameter with it, or write the value as it",
                    why="values of two types are never equal",
                    severity="warning",
                )
            ],
            id="one of a list",
        ),
        pytest.param(
            document(
                condition(
                    "C",
                    {
                        "Type": "Or",
                        "Conditions": [
                            {
                                "Type": "Not",
                                "Condition": {"Type": "Equals", "LeftValue": 1, "RightValue": "1"},
                            }
                        ],
                    },
                )
            ),
            [
                Problem(
                    "D312",
                    ("Steps", 0, "Arguments", "Conditions", 0, "Conditions", 0, "Condition"),
                    "step 'C': Equals compares 1, which is a number, with \"1\", which is text",
                    hint="give both one type: declare the parameter with it, or write the value as it",
                    why="values of two types are never equal",
                    severity="warning",
                )
            ],
            id="inside of Or and Not",
        ),
        pytest.param(
            document(condition("C", {"Type": "LessThan", "LeftValue": True, "RightValue": False})),
            [
                Problem(
                    "D312",
                    ("Steps", 0, "Arguments", "Conditions", 0),
                    "step 'C': LessThan compares Booleans, which have no order",
                    hint="write Equals",
                    severity="warning",
                )
            ],
            id="order of Booleans",
        ),
    ],
)
def test_what_cannot_be_compared(definition: Json, problems: list[Problem]) -> None:
    assert found_by(comparisons.problems, definition) == problems


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(
            document(
                step("T"),
                condition(
                    "C",
                    {
                        "Type": "GreaterThan",
                        "LeftValue": get("Steps.T.FinalMetricDataList['a'].Value"),
                        "RightValue": get("Parameters.N"),
                    },
                    {"Type": "In", "QueryValue": "a", "Values": ["a", get("Parameters.S")]},
                ),
                parameters=(parameter("N", "Integer"), parameter("S")),
            ),
            id="same types",
        ),
        pytest.param(
            document(
                condition(
                    "C",
                    {
                        "Type": "Equals",
                        "LeftValue": {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "n"}},
                        "RightValue": True,
                    },
                )
            ),
            id="out of a file",
        ),
    ],
)
def test_what_can_be_compared(definition: Json) -> None:
    assert found_by(comparisons.problems, definition) == []
