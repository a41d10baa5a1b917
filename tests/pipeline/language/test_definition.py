from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.language.definition import Definition, DefinitionError, PropertyFile, parse
from pipeline.language.graph import Branch


def step(name: str, kind: str = "Training", arguments: Any = None, **rest: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments or {}, **rest}


def condition(name: str, then: list[Any], otherwise: list[Any], left: Any = 1) -> dict[str, Any]:
    test = {"Type": "Equals", "LeftValue": left, "RightValue": 1}
    return step(name, "Condition", {"Conditions": [test], "IfSteps": then, "ElseSteps": otherwise})


def read(*steps: Any, **top: Any) -> Definition:
    return parse(json.dumps({"Version": "2020-12-01", "Steps": list(steps), **top}))


def get(path: str) -> dict[str, str]:
    return {"Get": path}


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
    assert problem in caught.value.problems


@pytest.mark.parametrize(
    ("steps", "problems"),
    [
        pytest.param([step("A"), step("A")], ["there are two steps named 'A'"], id="same name"),
        pytest.param(
            [step("A"), condition("C", [step("A")], [])],
            ["there are two steps named 'A'"],
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
            [step("A", PropertyFiles=[{"PropertyFileName": "x"}])],
            ["step 'A': PropertyFiles takes objects with PropertyFileName, OutputName and FilePath"],
            id="property files",
        ),
        pytest.param(
            [step("C", "Condition", {"IfSteps": []})], ["step 'C' has no Conditions"], id="no conditions"
        ),
        pytest.param(
            [condition("C", [condition("D", [], [])], [])],
            ["step 'D': a Condition step cannot be inside another Condition step"],
            id="nested condition",
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
    assert list(caught.value.problems) == problems


def test_a_condition_cannot_look_into_its_own_branch() -> None:
    with pytest.raises(DefinitionError, match="these steps wait for each other"):
        read(condition("C", [step("A")], [], left=get("Steps.A.X")))


def test_unknown_keys_and_versions() -> None:
    with pytest.raises(DefinitionError) as caught:
        read(step("A"), Version="2021-01-01", Step=[])
    assert caught.value.problems == (
        'Version must be 2020-12-01, not "2021-01-01"',
        (
            "unknown key 'Step'; there are Metadata, MlflowConfig, Parameters, PipelineExperimentConfig, "
            "Steps, Version"
        ),
    )


def test_what_the_sdk_adds_is_accepted() -> None:
    found = read(
        step("A", arguments={"x": get("Parameters.P")}),
        Metadata={},
        Parameters=[{"Name": "P", "Type": "String", "DefaultValue": "v"}],
        PipelineExperimentConfig={"ExperimentName": get("Execution.PipelineName")},
        MlflowConfig=None,
    )
    assert list(found.parameters) == ["P"]
