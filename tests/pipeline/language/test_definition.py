from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.language import definition
from pipeline.language.definition import DefinitionError, PropertyFile, parse
from pipeline.language.graph import Branch, Node
from pipeline.language.problem import Problem
from tests.pipeline.language.documents import condition, get, messages, read, step


def test_steps_are_flattened_and_wait_for_what_they_refer_to() -> None:
    files = [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "r.json"}]
    size = {"Std:JsonGet": {"PropertyFile": get("Steps.Validate.PropertyFiles.Report"), "Path": "n"}}
    found = read(
        step("Validate", "Processing", PropertyFiles=files),
        step("Train", "Training", {"HyperParameters": {"n": {"Std:Join": {"On": "", "Values": [size]}}}}),
        condition(
            "Gate",
            [step("Model", "Model", {"Data": get("Steps.Train.ModelArtifacts.S3ModelArtifacts")})],
            [step("Reject", "Fail", {"ErrorMessage": "no"})],
            left=get("Steps.Train.FinalMetricDataList['a'].Value"),
        ),
        step("After", "Training", DependsOn=["Model"], DisplayName="After all", Description="text"),
    )
    assert list(found.steps) == ["Validate", "Train", "Gate", "Model", "Reject", "After"]
    assert {name: set(node.waits_for) for name, node in found.graph.items()} == {
        "Validate": set(),
        "Train": {"Validate"},
        "Gate": {"Train"},
        "Model": {"Train", "Gate"},
        "Reject": {"Gate"},
        "After": {"Model"},
    }
    assert found.steps["Model"].branch == Branch("Gate", True)
    assert found.steps["Reject"].branch == Branch("Gate", False)
    assert found.steps["Validate"].property_files == {"Report": PropertyFile("Report", "report", "r.json")}
    assert (found.steps["After"].display_name, found.steps["After"].description) == ("After all", "text")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "{",
            "it is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            id="syntax",
        ),
        pytest.param("[]", "it must be a JSON object", id="list"),
        pytest.param('{"Steps": []}', "it has no Steps", id="empty"),
        pytest.param('{"Steps": {"Name": "A"}}', "Steps must be a list", id="object"),
        pytest.param('{"Steps": ["A"]}', "Steps[0] must be an object", id="step is text"),
    ],
)
def test_texts_that_are_no_definition(text: str, problem: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(text)
    assert problem in messages(caught.value)


@pytest.mark.parametrize(
    ("steps", "problems"),
    [
        pytest.param([step("A"), step("A")], ["there are two steps named 'A'"], id="same name"),
        pytest.param(
            [step("A"), condition("C", [step("A")], [])],
            ["step 'A' stands in a branch of 'C' and in the list of the pipeline"],
            id="same in a branch",
        ),
        pytest.param(
            [step("A b")],
            ["Steps[0]: Name must be 1 to 64 letters, digits, '-' or '_', not \"A b\""],
            id="bad name",
        ),
        pytest.param([{"Name": "A"}], ["step 'A' has no Type"], id="no type"),
        pytest.param([step("A", arguments=["x"])], ["step 'A': Arguments must be an object"], id="arguments"),
        pytest.param([step("A", DependsOn="B")], ["step 'A': DependsOn must be a list"], id="depends on"),
        pytest.param(
            [step("A", "Processing", PropertyFiles=[{"PropertyFileName": "x"}])],
            ["step 'A': PropertyFiles takes objects with PropertyFileName, OutputName and FilePath"],
            id="property files",
        ),
        pytest.param(
            [step("C", "Condition", {"IfSteps": []})], ["step 'C' has no Conditions"], id="no conditions"
        ),
        pytest.param(
            [step("A"), step("B", DependsOn=["A", "A", {"Step": "A", "Trigger": "Failed"}])],
            ["step 'B': DependsOn names 'A' with two triggers: Completed and Failed"],
            id="two triggers",
        ),
        pytest.param(
            [step("A", DependsOn=["B"]), step("X", DependsOn=[{"Step": "Y", "Trigger": "Failed"}])],
            [
                "step 'A': DependsOn names 'B', which is not a step",
                "step 'X': DependsOn names 'Y', which is not a step",
            ],
            id="unknown in DependsOn",
        ),
        pytest.param(
            [step("A", arguments={"x": get("Parameters.P"), "y": get("Steps.B.Z")})],
            [
                "step 'A': there is no parameter 'P'; there are none",
                "step 'A': it refers to 'B', which is not a step",
            ],
            id="unknown references",
        ),
        pytest.param(
            [
                step("A"),
                step(
                    "B",
                    arguments={
                        "x": {"Std:JsonGet": {"PropertyFile": get("Steps.A.PropertyFiles.R"), "Path": "x"}}
                    },
                ),
            ],
            ["step 'B': step 'A' has no property file 'R'"],
            id="unknown property file",
        ),
        pytest.param(
            [step("A", arguments={"x": {"Std:Foo": 1}})],
            ["step 'A': there is no function Std:Foo; there are Get, Std:Join, Std:JsonGet"],
            id="unknown function",
        ),
        pytest.param(
            [step("C", "Condition", {"Conditions": [{"Type": "Equals", "LeftValue": 1}]})],
            ["step 'C': Equals takes LeftValue and RightValue, not LeftValue"],
            id="bad condition",
        ),
        pytest.param(
            [step("A", arguments={"x": get("Steps.A.Y")})],
            ["these steps wait for each other: A → A"],
            id="waits for itself",
        ),
    ],
)
def test_problems(steps: list[Any], problems: list[str]) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(*steps)
    assert messages(caught.value) == problems
    assert str(caught.value) == "; ".join(problems)


def test_a_condition_inside_another_can_be_executed() -> None:
    """SageMaker runs such definitions, whatever its guide says: it is no more than a warning."""
    inner = condition("D", [step("A")], [step("B")])
    graph = read(condition("C", [inner], [])).graph
    assert graph["D"] == Node(frozenset({"C"}), Branch("C", True))
    assert graph["A"] == Node(frozenset({"D"}), Branch("D", True))
    assert graph["B"] == Node(frozenset({"D"}), Branch("D", False))


def test_triggers_of_dependencies() -> None:
    depends_on = [
        {"Step": "A", "Trigger": "Failed"},
        {"Step": "B", "Trigger": "Completed"},
        {"Step": "C"},
        "D",
    ]
    names = [step(name) for name in "ABCD"]
    graph = read(*names, step("E", DependsOn=depends_on), step("F", "Fail", {"ErrorMessage": "no"})).graph
    assert graph["E"] == Node(frozenset("ABCD"), None, {"A": "Failed", "B": "Completed"})
    assert graph["F"] == Node(frozenset(), is_final=True)


def test_a_condition_cannot_look_into_its_own_branch() -> None:
    with pytest.raises(DefinitionError, match="these steps wait for each other"):
        read(condition("C", [step("A")], [], left=get("Steps.A.X")))


def test_what_the_sdk_adds_is_accepted() -> None:
    found = read(
        step("A", arguments={"x": get("Parameters.P")}),
        Metadata={},
        Parameters=[{"Name": "P", "Type": "String", "DefaultValue": "v"}],
        PipelineExperimentConfig={"ExperimentName": get("Execution.PipelineName")},
        MlflowConfig=None,
    )
    assert list(found.parameters) == ["P"]


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        pytest.param(
            {"Version": "2021-01-01", "Step": [], "Steps": [step("A")]},
            [
                Problem(
                    "D114",
                    ("Version",),
                    'Version must be 2020-12-01, not "2021-01-01"',
                    hint='write "2020-12-01"',
                ),
                Problem(
                    "D113",
                    ("Step",),
                    (
                        "unknown key 'Step'; there are Metadata, MlflowConfig, Parameters, "
                        "PipelineExperimentConfig, Steps, Version"
                    ),
                    hint="did you mean 'Steps'?",
                    at_key=True,
                ),
            ],
            id="unknown key of the definition and version",
        ),
        pytest.param(
            {
                "Parameters": [{"Name": "P", "Default": "x"}],
                "Steps": [step("A", arguments={"x": get("Parameters.P")})],
            },
            [
                Problem(
                    "D113",
                    ("Parameters", 0, "Default"),
                    "parameter 'P' has an unknown key 'Default'",
                    hint="did you mean 'DefaultValue'?",
                    at_key=True,
                )
            ],
            id="parameter key",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P", "Type": "Int"}], "Steps": [step("A")]},
            [
                Problem(
                    "D131",
                    ("Parameters", 0, "Type"),
                    "parameter 'P' has type Int; there are String, Integer, Float, Boolean",
                    hint="did you mean 'Integer'?",
                )
            ],
            id="parameter type",
        ),
        pytest.param(
            {"Parameters": [{"Name": "a b"}], "Steps": [step("A")]},
            [
                Problem(
                    "D131",
                    ("Parameters", 0, "Name"),
                    "Parameters[0]: Name must be 1 to 256 letters, digits, '-' or '_', not \"a b\"",
                )
            ],
            id="parameter name",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P", "Type": "Integer", "DefaultValue": "3"}], "Steps": [step("A")]},
            [
                Problem(
                    "D133",
                    ("Parameters", 0, "DefaultValue"),
                    "parameter 'P' is of type Integer, and \"3\" is none",
                    hint="write it without quotes",
                )
            ],
            id="default in quotes",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P", "DefaultValue": 3}], "Steps": [step("A")]},
            [
                Problem(
                    "D133",
                    ("Parameters", 0, "DefaultValue"),
                    "parameter 'P' is of type String, and 3 is none",
                    hint='write it as text: "3"',
                )
            ],
            id="default without quotes",
        ),
        pytest.param(
            {
                "Parameters": [
                    {"Name": "P", "DefaultValue": "ml.m5.larg", "EnumValues": ["ml.m5.large", "ml.g5.xlarge"]}
                ],
                "Steps": [step("A")],
            },
            [
                Problem(
                    "D133",
                    ("Parameters", 0, "DefaultValue"),
                    "parameter 'P': the default value \"ml.m5.larg\" is not one of its EnumValues",
                    hint="did you mean 'ml.m5.large'?",
                )
            ],
            id="default is no choice",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P", "EnumValues": "a"}], "Steps": [step("A")]},
            [
                Problem(
                    "D131",
                    ("Parameters", 0, "EnumValues"),
                    "parameter 'P': EnumValues must be a list of values",
                )
            ],
            id="choices are no list",
        ),
        pytest.param(
            {"Parameters": [{"Name": "P"}, {"Name": "P"}], "Steps": [step("A")]},
            [
                Problem(
                    "D132",
                    ("Parameters", 1, "Name"),
                    "parameter 'P' is declared twice",
                    hint="remove one of the two",
                )
            ],
            id="parameter twice",
        ),
        pytest.param(
            {
                "Steps": [
                    step("B", DependsOn=["A"]),
                    step("A", arguments={"x": get("Steps.C.Y")}),
                    condition("C", [], [], left=get("Steps.B.Z")),
                ]
            },
            [
                Problem(
                    "D128",
                    ("Steps", 0),
                    "these steps wait for each other: B → C → A → B",
                    hint="cut one of these",
                    why=(
                        "C takes Arguments.Conditions[0].LeftValue from B; A takes Arguments.x from C; B "
                        "has A in its DependsOn"
                    ),
                )
            ],
            id="cycle of three",
        ),
        pytest.param(
            {"Steps": [step("A", DependsOn=["B"]), step("B", DependsOn=["A"]), step("C", DependsOn=["C"])]},
            [
                Problem(
                    "D128",
                    ("Steps", 0),
                    "these steps wait for each other: A → B → A",
                    hint="cut one of these",
                    why="B has A in its DependsOn; A has B in its DependsOn",
                ),
                Problem(
                    "D128",
                    ("Steps", 2),
                    "these steps wait for each other: C → C",
                    hint="cut one of these",
                    why="C has C in its DependsOn",
                ),
            ],
            id="two cycles",
        ),
        pytest.param(
            {"Steps": [condition("C", [step("A")], [], left=get("Steps.A.X"))]},
            [
                Problem(
                    "D128",
                    ("Steps", 0),
                    "these steps wait for each other: C → A → C",
                    hint="cut one of these",
                    why="A is inside of C; C takes Arguments.Conditions[0].LeftValue from A",
                )
            ],
            id="condition on its own branch",
        ),
    ],
)
def test_every_problem_has_its_place_and_its_fix(document: Any, problems: list[Problem]) -> None:
    assert list(definition.read(json.dumps(document)).problems) == problems
