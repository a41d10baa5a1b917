from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.language import definition
from pipeline.language.problem import Problem
from tests.pipeline.language.documents import condition, get, step


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        pytest.param(
            {"Steps": [step("A", RetryPolicy=[])]},
            [
                Problem(
                    "D113",
                    ("Steps", 0, "RetryPolicy"),
                    "step 'A': 'RetryPolicy' is not a key of a Training step",
                    hint="did you mean 'RetryPolicies'?",
                    at_key=True,
                )
            ],
            id="key of a step",
        ),
        pytest.param(
            {"Steps": [step("A", OutputParameters=[])]},
            [
                Problem(
                    "D113",
                    ("Steps", 0, "OutputParameters"),
                    "step 'A': 'OutputParameters' is not a key of a Training step",
                    hint="it is a key of Callback, Lambda steps",
                    at_key=True,
                )
            ],
            id="key of another type",
        ),
        pytest.param(
            {"Steps": [{"Arguments": {"x": get("Parameters.P")}}]},
            [
                Problem(
                    "D122",
                    ("Steps", 0),
                    "Steps[0]: Name must be 1 to 64 letters, digits, '-' or '_', not null",
                ),
                Problem(
                    "D121",
                    ("Steps", 0),
                    "step 'Steps[0]' has no Type",
                    hint=(
                        "there are AutoML, Callback, ClarifyCheck, Cleanup, Condition, EMR, "
                        "EMRServerless, Endpoint, EndpointConfig, Fail, ForEach, InferenceComponent, Job,"
                        " Lambda, Lineage, Model, Processing, QualityCheck, RegisterModel, Training, "
                        "Transform, Tuning"
                    ),
                ),
                Problem(
                    "D301",
                    ("Steps", 0, "Arguments", "x", "Get"),
                    "step 'Steps[0]': there is no parameter 'P'; there are none",
                    hint="declare it",
                ),
            ],
            id="no type, no name",
        ),
        pytest.param(
            {"Steps": [{"Name": "A", "Type": 3}]},
            [Problem("D121", ("Steps", 0, "Type"), "step 'A': Type must be text, not 3")],
            id="type is no text",
        ),
        pytest.param(
            {"Steps": [step("A", "Endpoints")]},
            [
                Problem(
                    "D125",
                    ("Steps", 0, "Type"),
                    (
                        "step 'A' has type Endpoints, which does not exist; there are AutoML, Callback, "
                        "ClarifyCheck, Cleanup, Condition, EMR, EMRServerless, Endpoint, EndpointConfig, "
                        "Fail, ForEach, InferenceComponent, Job, Lambda, Lineage, Model, Processing, "
                        "QualityCheck, RegisterModel, Training, Transform, Tuning"
                    ),
                    hint="did you mean 'Endpoint'?",
                )
            ],
            id="unknown type",
        ),
        pytest.param(
            {"Steps": [step("A"), step("B", DependsOn="A")]},
            [
                Problem(
                    "D121",
                    ("Steps", 1, "DependsOn"),
                    "step 'B': DependsOn must be a list",
                    hint='write ["A"]',
                )
            ],
            id="DependsOn is text",
        ),
        pytest.param(
            {"Steps": [step("A"), step("B", DependsOn=["A", {"Step": "A", "Trigger": "Fails"}])]},
            [
                Problem(
                    "D121",
                    ("Steps", 1, "DependsOn", 1),
                    (
                        'step \'B\': DependsOn takes names of steps, or objects such as {"Step": "A", '
                        '"Trigger": "Failed"}, not {"Step": "A", "Trigger": "Fails"}'
                    ),
                    hint="triggers are Completed, Failed, Stopped, Any",
                )
            ],
            id="trigger",
        ),
        pytest.param(
            {
                "Steps": [
                    step(
                        "A",
                        "Processing",
                        PropertyFiles=[{"PropertyFileName": "R", "OutputName": "o", "FilePath": "f"}] * 2,
                    )
                ]
            },
            [
                Problem(
                    "D121",
                    ("Steps", 0, "PropertyFiles", 1, "PropertyFileName"),
                    "step 'A': two of its PropertyFiles are named 'R'",
                )
            ],
            id="property files of one name",
        ),
        pytest.param(
            {
                "Steps": [
                    step(
                        "A",
                        "Lambda",
                        FunctionArn="f",
                        OutputParameters=[{"OutputName": "x", "OutputType": "Text"}],
                    )
                ]
            },
            [
                Problem(
                    "D121",
                    ("Steps", 0, "OutputParameters", 0),
                    (
                        "step 'A': OutputParameters takes objects with OutputName and OutputType, not "
                        '{"OutputName": "x", "OutputType": "Text"}'
                    ),
                    hint="types are String, Integer, Boolean, Float",
                )
            ],
            id="output parameters",
        ),
        pytest.param(
            {"Steps": [step("A", "Lambda")]},
            [Problem("D121", ("Steps", 0), "step 'A' has no FunctionArn", hint="a Lambda step needs it")],
            id="no function",
        ),
        pytest.param(
            {"Steps": [step("A", "Callback", OutputParameters=[])]},
            [Problem("D121", ("Steps", 0), "step 'A' has no SqsQueueUrl", hint="a Callback step needs it")],
            id="no queue",
        ),
        pytest.param(
            {"Steps": [step("A", "QualityCheck")]},
            [Problem("D121", ("Steps", 0), "step 'A' has no CheckType", hint="a QualityCheck step needs it")],
            id="no check",
        ),
        pytest.param(
            {"Steps": [step("A", "Fail", {"Message": "no"})]},
            [
                Problem(
                    "D121",
                    ("Steps", 0, "Arguments"),
                    "step 'A' has no ErrorMessage",
                    hint="a Fail step needs it",
                )
            ],
            id="no message",
        ),
        pytest.param(
            {
                "Steps": [
                    step(
                        "Loop",
                        "ForEach",
                        {
                            "IterableItems": ["a"],
                            "MaxConcurrency": 2,
                            "ForEachBody": [
                                step("A", arguments={"x": get("ForEach.CurrentItem.name")}),
                                condition("C", [], []),
                            ],
                        },
                    )
                ]
            },
            [
                Problem(
                    "D126",
                    ("Steps", 0, "Arguments", "ForEachBody", 1),
                    "step 'C': a Condition step cannot be inside a ForEach step",
                )
            ],
            id="loop with a condition",
        ),
        pytest.param(
            {
                "Steps": [
                    step(
                        "C",
                        "Condition",
                        {
                            "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}],
                            "ThenSteps": [],
                        },
                    )
                ]
            },
            [
                Problem(
                    "D113",
                    ("Steps", 0, "Arguments", "ThenSteps"),
                    "step 'C': 'ThenSteps' is not an argument of a Condition step",
                    hint="did you mean 'ElseSteps'?",
                    at_key=True,
                )
            ],
            id="argument of a condition",
        ),
        pytest.param(
            {
                "Steps": [
                    step(
                        "C",
                        "Condition",
                        {
                            "Conditions": [
                                {"Type": "Equal", "LeftValue": 1, "RightValue": 1},
                                {"Type": "Not"},
                                {"Type": "Or", "Conditions": [{"Type": "In", "QueryValue": 1, "Values": 1}]},
                            ]
                        },
                    )
                ]
            },
            [
                Problem(
                    "D127",
                    ("Steps", 0, "Arguments", "Conditions", 0),
                    (
                        "step 'C': Type of a condition is one of Equals, GreaterThan, "
                        'GreaterThanOrEqualTo, LessThan, LessThanOrEqualTo, In, Not, Or, not "Equal"'
                    ),
                    hint="did you mean 'Equals'?",
                ),
                Problem(
                    "D127",
                    ("Steps", 0, "Arguments", "Conditions", 1),
                    "step 'C': Not takes Condition, not nothing",
                ),
                Problem(
                    "D127",
                    ("Steps", 0, "Arguments", "Conditions", 2, "Conditions", 0),
                    "step 'C': Values of In must be a list",
                ),
            ],
            id="conditions of every kind of wrong",
        ),
        pytest.param(
            {"Steps": [condition("C", [step("A")], [step("A")])]},
            [
                Problem(
                    "D124",
                    ("Steps", 0, "Arguments", "ElseSteps", 0, "Name"),
                    "step 'A' stands in both branches of 'C'",
                    hint=(
                        "a step stands in one place: give one of them another name, or move it out of the"
                        " branches"
                    ),
                )
            ],
            id="both branches",
        ),
        pytest.param(
            {"Steps": [step("A"), condition("C", [], [step("A")])]},
            [
                Problem(
                    "D124",
                    ("Steps", 1, "Arguments", "ElseSteps", 0, "Name"),
                    "step 'A' stands in a branch of 'C' and in the list of the pipeline",
                    hint="a step stands in one place: give one of them another name",
                )
            ],
            id="a branch and the list",
        ),
        pytest.param(
            {"Steps": [condition("C", [step("A")], []), condition("D", [step("A")], [])]},
            [
                Problem(
                    "D123",
                    ("Steps", 1, "Arguments", "IfSteps", 0, "Name"),
                    "there are two steps named 'A'",
                    hint="give one of them another name",
                )
            ],
            id="two branches of two conditions",
        ),
        pytest.param(
            {"Steps": [condition("C", [condition("D", [], [])], [])]},
            [
                Problem(
                    "D126",
                    ("Steps", 0, "Arguments", "IfSteps", 0),
                    "step 'D': a Condition step cannot be inside another Condition step",
                    hint="put its conditions into the outer one, or its branches into steps of their own",
                    why=(
                        "the SageMaker guide says so, though pipelines with such steps have been seen to run"
                    ),
                    severity="warning",
                )
            ],
            id="nested condition",
        ),
    ],
)
def test_what_is_wrong_with_a_step_has_its_place_and_its_fix(document: Any, problems: list[Problem]) -> None:
    assert list(definition.read(json.dumps(document)).problems) == problems
