import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.difference.definitions import differences, outline, summary, told
from tests.definitions import get
from tests.pipeline.difference.test_values import VALUES, changed
from tests.regenerate_golden import GOLDEN

HASH, OTHER = "a" * 64, "b" * 64

OLD: dict[str, Any] = {
    "Version": "2020-12-01",
    "Parameters": [
        {"Name": "Epochs", "Type": "String", "DefaultValue": "10"},
        {"Name": "Machine", "Type": "String", "DefaultValue": "ml.g5.xlarge", "EnumValues": ["ml.g5.xlarge"]},
    ],
    "Steps": [
        {
            "Name": "Check",
            "Type": "Processing",
            "Arguments": {
                "ProcessingInputs": [
                    {"InputName": "train", "S3Input": {"S3Uri": get("Parameters.TrainData")}},
                    {"InputName": "code", "S3Input": {"S3Uri": f"s3://b/p/code/{HASH}/validate.pyz"}},
                ],
                "ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 30}},
            },
        },
        {
            "Name": "Gate",
            "Type": "Condition",
            "DependsOn": ["Check"],
            "Arguments": {
                "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 2}],
                "IfSteps": [{"Name": "Good", "Type": "Fail", "Arguments": {"ErrorMessage": "good"}}],
                "ElseSteps": [{"Name": "Bad", "Type": "Fail", "Arguments": {"ErrorMessage": "bad"}}],
            },
        },
    ],
}


GONE = object()


def edited(edits: dict[str, object]) -> dict[str, Any]:
    """The definition with other values at some paths; a path that ends in + appends to a list."""
    document = copy.deepcopy(OLD)
    for path, value in edits.items():
        *way, last = (int(part) if part.isdigit() else part for part in path.split("/"))
        around: Any = document
        for part in way:
            around = around[part]
        if value is GONE:
            del around[last]
        elif last == "+":
            around.append(value)
        else:
            around[last] = value
    return document


CHECK, GATE = OLD["Steps"]
GOOD = GATE["Arguments"]["IfSteps"][0]
DISK = "Steps/0/Arguments/ProcessingResources/ClusterConfig/VolumeSizeInGB"
CODE = "Steps/0/Arguments/ProcessingInputs/1/S3Input/S3Uri"


@pytest.mark.parametrize(
    ("edits", "lines"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param(
            {"Parameters": OLD["Parameters"][::-1], "Steps": OLD["Steps"][::-1]}, [], id="order of both lists"
        ),
        pytest.param({"Steps/0/CacheConfig": {"Enabled": False}}, [], id="a default"),
        pytest.param({"Steps/0/DependsOn": []}, [], id="no dependencies"),
        pytest.param(
            {"Parameters/0/DefaultValue": "20"}, ["~ parameter Epochs: default 10 → 20"], id="default"
        ),
        pytest.param(
            {"Parameters/0/DefaultValue": 10, "Parameters/0/Type": "Integer"},
            ['~ parameter Epochs: default "10" → 10; type String → Integer'],
            id="type",
        ),
        pytest.param(
            {"Parameters/0/DefaultValue": GONE}, ["~ parameter Epochs: default 10 → none"], id="no default"
        ),
        pytest.param(
            {"Parameters/1/EnumValues/+": "ml.g6.xlarge"},
            ["~ parameter Machine: values ml.g5.xlarge → ml.g5.xlarge, ml.g6.xlarge"],
            id="values",
        ),
        pytest.param(
            {"Parameters/0/EnumValues": ["10", "20"]},
            ["~ parameter Epochs: values none → 10, 20"],
            id="first values",
        ),
        pytest.param(
            {"Parameters/0": {"Name": "Rate", "Type": "Float"}},
            ["+ parameter Rate (Float)", "- parameter Epochs (String, default 10)"],
            id="another parameter",
        ),
        pytest.param(
            {"Steps/0/Arguments/ProcessingInputs/0/S3Input/S3Uri": "s3://b/train"},
            ["~ step Check", "  ~ ProcessingInputs[train].S3Input.S3Uri: ${TrainData} → s3://b/train"],
            id="an input",
        ),
        pytest.param(
            {CODE: f"s3://b/p/code/{OTHER}/validate.pyz"}, ["~ program of Check changed"], id="the program"
        ),
        pytest.param(
            {CODE: f"s3://b/p/code/{OTHER}/validate.pyz", DISK: 50},
            [
                "~ program of Check changed",
                "~ step Check",
                "  ~ ProcessingResources.ClusterConfig.VolumeSizeInGB: 30 → 50",
            ],
            id="the program and its disk",
        ),
        pytest.param(
            {"Steps/0/CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"}},
            ["~ step Check", "  + CacheConfig.Enabled: true", "  + CacheConfig.ExpireAfter: P30D"],
            id="caching",
        ),
        pytest.param(
            {"Steps/1/Arguments/IfSteps": [], "Steps/+": GOOD},
            ["~ step Good", "  ~ runs: if Gate holds → in any case"],
            id="out of a branch",
        ),
        pytest.param(
            {"Steps/1/Arguments/IfSteps": [], "Steps/1/Arguments/ElseSteps/+": GOOD},
            ["~ step Good", "  ~ runs: if Gate holds → if Gate does not hold"],
            id="into the other branch",
        ),
        pytest.param(
            {"Steps/1/Arguments/IfSteps/0/Arguments/ErrorMessage": "fine"},
            ["~ step Good", "  ~ ErrorMessage: good → fine"],
            id="in a branch",
        ),
        pytest.param({"Steps/1/Arguments/ElseSteps": []}, ["- step Bad (Fail)"], id="a step less"),
        pytest.param(
            {"Steps/1/Arguments/Conditions/0/RightValue": 3},
            ["~ step Gate", "  ~ Conditions[0].RightValue: 2 → 3"],
            id="a condition",
        ),
        pytest.param(
            {"Steps/0/Name": "Look", "Steps/1/DependsOn": ["Look"]},
            [
                "+ step Look (Processing)",
                "~ step Gate",
                "  ~ DependsOn: Check → Look",
                "- step Check (Processing)",
            ],
            id="another name",
        ),
        pytest.param(
            {"Steps/0/Type": "Training"},
            ["~ step Check", "  ~ Type: Processing → Training"],
            id="type of step",
        ),
        pytest.param({"Version": "2"}, ["~ Version: 2020-12-01 → 2"], id="version"),
        pytest.param({"Metadata": {"a": "b"}}, ["+ Metadata.a: b"], id="metadata"),
        pytest.param({"Steps/+": CHECK}, ["+ step Check (2) (Processing)"], id="one name twice"),
        pytest.param(
            {"Steps": 7},
            [
                "+ Steps: 7",
                "- step Check (Processing)",
                "- step Gate (Condition)",
                "- step Good (Fail)",
                "- step Bad (Fail)",
            ],
            id="no steps at all",
        ),
        pytest.param(
            {"Steps": [{"Type": "Fail"}]},
            [
                "+ Steps: {Type: Fail}",
                "- step Check (Processing)",
                "- step Gate (Condition)",
                "- step Good (Fail)",
                "- step Bad (Fail)",
            ],
            id="a step without a name",
        ),
    ],
)
def test_changes(edits: dict[str, object], lines: list[str]) -> None:
    changes = differences(OLD, edited(edits))
    assert [line for change in changes for line in change.lines()] == lines


def test_all_of_a_new_definition() -> None:
    assert [line for change in outline(OLD) for line in change.lines()] == [
        "+ parameter Epochs (String, default 10)",
        "+ parameter Machine (String, default ml.g5.xlarge)",
        "+ step Check (Processing)",
        "+ step Gate (Condition)",
        "+ step Good (Fail)",
        "+ step Bad (Fail)",
    ]


def test_what_changes_alike_in_several_steps_is_told_once() -> None:
    steps: list[Any] = [
        {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": "no"}} for name in "ABCD"
    ]
    new = copy.deepcopy(steps)
    for step in new[:3]:
        step["Arguments"]["Tags"] = [{"Key": "team", "Value": "vision"}]
    new[1]["Arguments"]["ErrorMessage"] = new[3]["Arguments"]["ErrorMessage"] = "never"
    changes = differences(
        {"Steps": [*steps, OLD["Steps"][0]]}, {"Steps": new, "Parameters": OLD["Parameters"][:1]}
    )
    assert told(changes) == [
        "+ parameter Epochs (String, default 10)",
        "~ steps A, B, C",
        "  + Tags[team]: vision",
        "~ step B",
        "  ~ ErrorMessage: no → never",
        "~ step D",
        "  ~ ErrorMessage: no → never",
        "- step Check (Processing)",
    ]
    assert summary(changes) == "1 parameter added, 4 steps changed, 1 step removed"


def test_changes_are_counted() -> None:
    new = edited(
        {
            "Parameters/0/DefaultValue": "20",
            "Parameters/1": GONE,
            "Steps/0/DependsOn": ["X"],
            "Steps/1/DependsOn": [],
            "Metadata": {"a": 1},
        }
    )
    changes = differences(OLD, new)
    assert summary(changes) == "1 key added, 1 parameter changed, 1 parameter removed, 2 steps changed"
    assert summary(()) == ""


def test_changes_are_json_too() -> None:
    new = edited({"Parameters/0/DefaultValue": "20", "Steps/1/Arguments/ElseSteps": []})
    assert [change.to_json() for change in differences(OLD, new)] == [
        {
            "change": "changed",
            "kind": "parameter",
            "name": "Epochs",
            "keys": [{"key": "default", "old": "10", "new": "20"}],
        },
        {"change": "removed", "kind": "step", "name": "Bad", "keys": []},
    ]


def shuffled(value: Any, dice: random.Random) -> Any:
    """The value with its keys, steps, parameters and dependencies in another order."""
    if isinstance(value, dict):
        members = {key: shuffled(value[key], dice) for key in dice.sample(sorted(value), len(value))}
        for key in ("Steps", "Parameters", "IfSteps", "ElseSteps", "DependsOn", "EnumValues"):
            if isinstance(members.get(key), list):
                dice.shuffle(members[key])
        return members
    return [shuffled(item, dice) for item in value] if isinstance(value, list) else value


def golden() -> Any:
    return json.loads((GOLDEN / "pipeline.json").read_text())


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_a_definition_does_not_differ_from_its_shuffled_self(dice: random.Random) -> None:
    assert differences(golden(), shuffled(golden(), dice)) == ()


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_any_change_of_a_definition_is_told(dice: random.Random) -> None:
    assert differences(golden(), changed(golden(), dice)) != ()


@given(st.dictionaries(st.sampled_from(["Version", "Parameters", "Steps", "Metadata"]), VALUES))
def test_no_document_is_too_strange(document: dict[str, Any]) -> None:
    assert differences(document, document) == ()
    differences(OLD, document)
    differences(document, OLD)
