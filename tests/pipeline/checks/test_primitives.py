from __future__ import annotations

import pytest

from pipeline.checks import primitives
from pipeline.language.problem import Path
from tests.pipeline.checks.definitions import OUTPUTS, Json, condition, document, found_by, get, join, step

ARGUMENTS: Path = ("Steps", 0, "Arguments")
LAMBDA = "arn:aws:lambda:us-east-1:111122223333:function:tell"
FILE = {"PropertyFileName": "Report", "OutputName": "report", "FilePath": "report.json"}
OUTPUT = {"OutputName": "a", "OutputType": "String"}
VALIDATE = step("V", "Processing", OUTPUTS, PropertyFiles=[FILE])
REPORT = get("Steps.V.PropertyFiles.Report")
ACCURACY = "Steps.T.FinalMetricDataList['validation:accuracy']"


def compare(left: object, right: object = 0.9) -> Json:
    return {"Type": "GreaterThan", "LeftValue": left, "RightValue": right}


def tell(value: object) -> Json:
    return step("L", "Lambda", {"value": value}, FunctionArn=LAMBDA)


def json_get(file: object) -> Json:
    return {"Std:JsonGet": {"PropertyFile": file, "Path": "accuracy"}}


FOUND: dict[str, tuple[tuple[Json, ...], str, Path, str, str | None]] = {
    "message of a Fail step": (
        (step("F", "Fail", {"ErrorMessage": 5}),),
        "D121",
        (*ARGUMENTS, "ErrorMessage"),
        "step 'F': ErrorMessage must be text, not 5",
        'write it in quotes: "5"',
    ),
    "messages of a Fail step": (
        (step("F", "Fail", {"ErrorMessage": ["a"]}),),
        "D121",
        (*ARGUMENTS, "ErrorMessage"),
        "step 'F': ErrorMessage must be text, not [\"a\"]",
        "write text",
    ),
    "function": (
        (step("L", "Lambda", FunctionArn={"Arn": "x"}),),
        "D121",
        ("Steps", 0, "FunctionArn"),
        'step \'L\': FunctionArn must be text, not {"Arn": "x"}',
        "write text",
    ),
    "queue": (
        (step("Q", "Callback", SqsQueueUrl=7),),
        "D121",
        ("Steps", 0, "SqsQueueUrl"),
        "step 'Q': SqsQueueUrl must be text, not 7",
        'write it in quotes: "7"',
    ),
    "display name": (
        (step("T", DisplayName=True),),
        "D121",
        ("Steps", 0, "DisplayName"),
        "step 'T': DisplayName must be text, not true",
        'write it in quotes: "true"',
    ),
    "long display name": (
        (step("T", DisplayName="x" * 257),),
        "D121",
        ("Steps", 0, "DisplayName"),
        "step 'T': DisplayName has 257 characters, and 256 are the most",
        "shorten it by 1 or more",
    ),
    "long description": (
        (step("T", Description="x" * 4000),),
        "D121",
        ("Steps", 0, "Description"),
        "step 'T': Description has 4,000 characters, and 3,072 are the most",
        "shorten it by 928 or more",
    ),
    "two outputs of one name": (
        (
            step(
                "L",
                "Lambda",
                FunctionArn=LAMBDA,
                OutputParameters=[{"OutputName": "a", "OutputType": "String"}] * 2,
            ),
        ),
        "D121",
        ("Steps", 0, "OutputParameters", 1, "OutputName"),
        "step 'L': two of its OutputParameters are named 'a'",
        "give each its own name",
    ),
    "joined list": (
        (tell(join("x", get("Steps.T.InputDataConfig"))), step("T")),
        "D313",
        (*ARGUMENTS, "value", "Std:Join", "Values", 1),
        "step 'L': Std:Join joins text, numbers and Booleans, and Steps.T.InputDataConfig is a list",
        "go on to a value inside it, such as Steps.T.InputDataConfig[0]",
    ),
    "property file as a value": (
        (tell([REPORT]), VALIDATE),
        "D313",
        (*ARGUMENTS, "value", 0, "Get"),
        "step 'L': Steps.V.PropertyFiles.Report is a file, and no value",
        'write {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.V.PropertyFiles.Report"}, "Path": ...}}',
    ),
    "joined property file": (
        (tell(join(REPORT)), VALIDATE),
        "D313",
        (*ARGUMENTS, "value", "Std:Join", "Values", 0, "Get"),
        "step 'L': Steps.V.PropertyFiles.Report is a file, and no value",
        'write {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.V.PropertyFiles.Report"}, "Path": ...}}',
    ),
    "metric without Value": (
        (condition("C", compare(get(ACCURACY))), step("T")),
        "D313",
        (*ARGUMENTS, "Conditions", 0, "LeftValue"),
        f"step 'C': GreaterThan compares text, numbers and Booleans, and {ACCURACY} is an object",
        f"go on to a value inside it, such as {ACCURACY}.<name>",
    ),
    "null": (
        (condition("C", compare(1, None)),),
        "D313",
        (*ARGUMENTS, "Conditions", 0, "RightValue"),
        "step 'C': GreaterThan compares text, numbers and Booleans, not null",
        "write a text, a number or a Boolean",
    ),
    "list inside Not": (
        (condition("C", {"Type": "Not", "Expression": compare([1])}),),
        "D313",
        (*ARGUMENTS, "Conditions", 0, "Expression", "LeftValue"),
        "step 'C': GreaterThan compares text, numbers and Booleans, not [1]",
        "write a text, a number or a Boolean",
    ),
    "object inside In inside Or": (
        (
            condition(
                "C", {"Type": "Or", "Conditions": [{"Type": "In", "QueryValue": 1, "Values": [1, {"a": 1}]}]}
            ),
        ),
        "D313",
        (*ARGUMENTS, "Conditions", 0, "Conditions", 0, "Values", 1),
        "step 'C': In compares text, numbers and Booleans, not {\"a\": 1}",
        "write a text, a number or a Boolean",
    ),
}


@pytest.mark.parametrize("case", FOUND.values(), ids=list(FOUND))
def test_what_is_no_text_number_or_boolean(case: tuple[tuple[Json, ...], str, Path, str, str | None]) -> None:
    steps, *expected = case
    (found,) = found_by(primitives.problems, document(*steps))
    assert [found.code, found.path, found.message, found.hint] == expected
    assert found.severity == "error"


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((step("F", "Fail", {"ErrorMessage": join("at ", 0.5)}),), id="joined message"),
        pytest.param((step("L", "Lambda", FunctionArn=get("Steps.M.OutputParameters['a']")),), id="function"),
        pytest.param((step("T", DisplayName="Größe", Description=""),), id="shown texts"),
        pytest.param((tell(json_get(REPORT)), VALIDATE), id="read property file"),
        pytest.param((tell(join(json_get(REPORT), True, 1)), VALIDATE), id="joined values"),
        pytest.param((condition("C", compare(get(f"{ACCURACY}.Value"))), step("T")), id="metric"),
        pytest.param((tell({"list": [1], "null": None}),), id="arguments of other types"),
        pytest.param((tell(get("Steps.T.InputDataConfig")), step("T")), id="list as an argument"),
    ],
)
def test_what_is_right(steps: tuple[Json, ...]) -> None:
    assert found_by(primitives.problems, document(*steps)) == []
