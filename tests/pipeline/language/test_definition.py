from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.language import definition
from pipeline.language.definition import Definition, DefinitionError, PropertyFile, parse
from pipeline.language.graph import Branch
from pipeline.language.problem import Problem


def step(name: str, kind: str = "Training", arguments: Any = None, **rest: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments or {}, **rest}


def condition(name: str, then: list[Any], otherwise: list[Any], left: Any = 1) -> dict[str, Any]:
    test = {"Type": "Equals", "LeftValue": left, "RightValue": 1}
    return step(name, "Condition", {"Conditions": [test], "IfSteps": then, "ElseSteps": otherwise})


def read(*steps: Any, **top: Any) -> Definition:
    return parse(json.dumps({"Version": "2020-12-01", "Steps": list(steps), **top}))


def messages(error: DefinitionError) -> list[str]:
    return [problem.message for problem in error.problems]


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
    assert messages(caught.value) == problems
    assert str(caught.value) == "; ".join(problems)


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
        pytest.param(
            {
                "Steps": [
                    step(
                        "A",
                        arguments={
                            "a": get("Parameter.P"),
                            "b": {"Std:Joim": {}},
                            "c": {"Std:Join": {"On": 1, "Values": []}},
                            "d": {"Std:Join": {"On": "", "Values": [None]}},
                            "e": get("Execution.PipelineArm"),
                            "f": get("Steps.A"),
                        },
                    )
                ]
            },
            [
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "a", "Get"),
                    (
                        "step 'A': Get takes Parameters.<name>, Execution.<variable> or "
                        "Steps.<step>.<property>, not 'Parameter.P'"
                    ),
                    hint="did you mean 'Parameters'?",
                ),
                Problem(
                    "D142",
                    ("Steps", 0, "Arguments", "b"),
                    "step 'A': there is no function Std:Joim; there are Get, Std:Join, Std:JsonGet",
                    hint="did you mean 'Std:Join'?",
                ),
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "c", "Std:Join"),
                    ('step \'A\': Std:Join takes {"On": text, "Values": [...]}, not {"On": 1, "Values": []}'),
                ),
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "d", "Std:Join"),
                    "step 'A': Std:Join joins text, numbers and Booleans, not null",
                ),
                Problem(
                    "D143",
                    ("Steps", 0, "Arguments", "e", "Get"),
                    (
                        "step 'A': 'Execution.PipelineArm': there is no such execution variable; there "
                        "are StartDateTime, CurrentDateTime, PipelineName, PipelineArn, "
                        "PipelineExecutionId, PipelineExecutionArn, TrainingJobName, ProcessingJobName"
                    ),
                    hint="did you mean 'PipelineArn'?",
                ),
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "f", "Get"),
                    (
                        "step 'A': Get takes Parameters.<name>, Execution.<variable> or "
                        "Steps.<step>.<property>, not 'Steps.A'"
                    ),
                    hint="name a property of the step, such as Steps.A.<property>",
                ),
            ],
            id="every expression of a step",
        ),
        pytest.param(
            {
                "Steps": [
                    step(
                        "A",
                        arguments={"a": {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": get("Parameters.P")}}},
                    )
                ]
            },
            [
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "a", "Std:JsonGet"),
                    'step \'A\': Std:JsonGet: Path must be text, not {"Get": "Parameters.P"}',
                    hint="write the path out: SageMaker Pipelines evaluates no expression there",
                )
            ],
            id="path of JsonGet",
        ),
        pytest.param(
            {
                "Steps": [
                    step("A", arguments={"a": {"Std:Join": {"On": "", "Values": [{"Std:Jsonget": {}}]}}})
                ]
            },
            [
                Problem(
                    "D142",
                    ("Steps", 0, "Arguments", "a", "Std:Join", "Values", 0),
                    "step 'A': there is no function Std:Jsonget; there are Get, Std:Join, Std:JsonGet",
                    hint="did you mean 'Std:JsonGet'?",
                )
            ],
            id="nested in a join",
        ),
        pytest.param(
            {
                "Parameters": [{"Name": "Epochs"}],
                "Steps": [step("A", arguments={"x": get("Parameters.Epoch"), "y": get("Parameters.Epochs")})],
            },
            [
                Problem(
                    "D301",
                    ("Steps", 0, "Arguments", "x", "Get"),
                    "step 'A': there is no parameter 'Epoch'; there are Epochs",
                    hint="did you mean 'Epochs'?",
                )
            ],
            id="parameter",
        ),
        pytest.param(
            {
                "Steps": [
                    step("Train"),
                    step(
                        "B",
                        arguments={"x": get("Steps.Trian.ModelArtifacts.S3ModelArtifacts")},
                        DependsOn=["train"],
                    ),
                ]
            },
            [
                Problem(
                    "D302",
                    ("Steps", 1, "DependsOn", 0),
                    "step 'B': DependsOn names 'train', which is not a step",
                    hint="did you mean 'Train'?",
                ),
                Problem(
                    "D302",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'B': it refers to 'Trian', which is not a step",
                    hint="did you mean 'Train'?",
                ),
            ],
            id="step",
        ),
        pytest.param(
            {
                "Steps": [
                    step(
                        "V",
                        "Processing",
                        PropertyFiles=[{"PropertyFileName": "Report", "OutputName": "o", "FilePath": "f"}],
                    ),
                    step(
                        "B",
                        arguments={
                            "x": {
                                "Std:JsonGet": {
                                    "PropertyFile": get("Steps.V.PropertyFiles.Reports"),
                                    "Path": "x",
                                }
                            }
                        },
                    ),
                ]
            },
            [
                Problem(
                    "D303",
                    ("Steps", 1, "Arguments", "x", "Std:JsonGet", "PropertyFile", "Get"),
                    "step 'B': step 'V' has no property file 'Reports'",
                    hint="did you mean 'Report'?",
                )
            ],
            id="property file",
        ),
        pytest.param(
            {
                "Steps": [
                    step("V"),
                    step(
                        "B",
                        arguments={
                            "x": {
                                "Std:JsonGet": {"PropertyFile": get("Steps.V.PropertyFiles.R"), "Path": "x"}
                            }
                        },
                    ),
                ]
            },
            [
                Problem(
                    "D303",
                    ("Steps", 1, "Arguments", "x", "Std:JsonGet", "PropertyFile", "Get"),
                    "step 'B': step 'V' has no property file 'R'",
                    hint="only Processing steps have PropertyFiles, and it is a Training step",
                )
            ],
            id="property file of a training step",
        ),
        pytest.param(
            {"PipelineExperimentConfig": {"ExperimentName": get("Parameters.E")}, "Steps": [step("A")]},
            [
                Problem(
                    "D301",
                    ("PipelineExperimentConfig", "ExperimentName", "Get"),
                    "there is no parameter 'E'; there are none",
                    hint="declare it",
                )
            ],
            id="experiment",
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
