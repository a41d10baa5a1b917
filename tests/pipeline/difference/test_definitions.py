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


def edited(edit: str) -> dict[str, Any]:
    """The definition after a statement about `d`, its parameters `p`, and the steps by name."""
    d = copy.deepcopy(OLD)
    check, gate = d["Steps"]
    inner = gate["Arguments"]
    names = {"d": d, "p": d["Parameters"], "check": check, "gate": gate, "inner": inner}
    exec(edit, names)  # a table of statements reads better than a function an edit
    return d


@pytest.mark.parametrize(
    ("edit", "lines"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("p.reverse(); d['Steps'].reverse()", [], id="order of parameters and steps"),
        pytest.param("check['CacheConfig'] = {'Enabled': False}", [], id="a default"),
        pytest.param("check['DependsOn'] = []", [], id="no dependencies"),
        pytest.param("p[0]['DefaultValue'] = '20'", ["~ parameter Epochs: default 10 → 20"], id="default"),
        pytest.param(
            "p[0]['DefaultValue'] = 10; p[0]['Type'] = 'Integer'",
            ['~ parameter Epochs: default "10" → 10; type String → Integer'],
            id="type",
        ),
        pytest.param("del p[0]['DefaultValue']", ["~ parameter Epochs: default 10 → none"], id="no default"),
        pytest.param(
            "p[1]['EnumValues'].append('ml.g6.xlarge')",
            ["~ parameter Machine: values ml.g5.xlarge → ml.g5.xlarge, ml.g6.xlarge"],
            id="values",
        ),
        pytest.param(
            "p[0]['EnumValues'] = ['10', '20']",
            ["~ parameter Epochs: values none → 10, 20"],
            id="first values",
        ),
        pytest.param(
            "p[0] = {'Name': 'Rate', 'Type': 'Float'}",
            ["+ parameter Rate (Float)", "- parameter Epochs (String, default 10)"],
            id="another parameter",
        ),
        pytest.param(
            "check['Arguments']['ProcessingInputs'][0]['S3Input']['S3Uri'] = 's3://b/train'",
            ["~ step Check", "  ~ ProcessingInputs[train].S3Input.S3Uri: ${TrainData} → s3://b/train"],
            id="an input",
        ),
        pytest.param(
            f"check['Arguments']['ProcessingInputs'][1]['S3Input']['S3Uri'] = 's3://b/p/code/{OTHER}/validate.pyz'",
            ["~ program of Check changed"],
            id="the program",
        ),
        pytest.param(
            f"check['Arguments']['ProcessingInputs'][1]['S3Input']['S3Uri'] = 's3://b/p/code/{OTHER}/validate.pyz';"
            "check['Arguments']['ProcessingResources']['ClusterConfig']['VolumeSizeInGB'] = 50",
            [
                "~ program of Check changed",
                "~ step Check",
                "  ~ ProcessingResources.ClusterConfig.VolumeSizeInGB: 30 → 50",
            ],
            id="the program and its disk",
        ),
        pytest.param(
            "check['CacheConfig'] = {'Enabled': True, 'ExpireAfter': 'P30D'}",
            ["~ step Check", "  + CacheConfig.Enabled: true", "  + CacheConfig.ExpireAfter: P30D"],
            id="caching",
        ),
        pytest.param(
            "d['Steps'].append(inner['IfSteps'].pop())",
            ["~ step Good", "  ~ runs: if Gate holds → in any case"],
            id="out of a branch",
        ),
        pytest.param(
            "inner['ElseSteps'].append(inner['IfSteps'].pop())",
            ["~ step Good", "  ~ runs: if Gate holds → if Gate does not hold"],
            id="into the other branch",
        ),
        pytest.param(
            "inner['IfSteps'][0]['Arguments']['ErrorMessage'] = 'fine'",
            ["~ step Good", "  ~ ErrorMessage: good → fine"],
            id="in a branch",
        ),
        pytest.param("inner['ElseSteps'].clear()", ["- step Bad (Fail)"], id="a step less"),
        pytest.param(
            "inner['Conditions'][0]['RightValue'] = 3",
            ["~ step Gate", "  ~ Conditions[0].RightValue: 2 → 3"],
            id="a condition",
        ),
        pytest.param(
            "check['Name'] = 'Look'; gate['DependsOn'] = ['Look']",
            [
                "+ step Look (Processing)",
                "~ step Gate",
                "  ~ DependsOn: Check → Look",
                "- step Check (Processing)",
            ],
            id="another name",
        ),
        pytest.param(
            "check['Type'] = 'Training'",
            ["~ step Check", "  ~ Type: Processing → Training"],
            id="type of step",
        ),
        pytest.param("d['Version'] = '2'", ["~ Version: 2020-12-01 → 2"], id="version"),
        pytest.param("d['Metadata'] = {'a': 'b'}", ["+ Metadata.a: b"], id="metadata"),
        pytest.param("d['Steps'].append(check)", ["+ step Check (2) (Processing)"], id="one name twice"),
        pytest.param(
            "d['Steps'] = 7",
            [
                "+ Steps: 7",
                "- step Check (Processing)",
                "- step Gate (Condition)",
                "- step Good (Fail)",
                "- step Bad (Fail)",
            ],
            id="no steps at all",
        ),
        pytest.param("del check['Name']", ["+ Steps: *"], id="a step without a name"),
    ],
)
def test_changes(edit: str, lines: list[str]) -> None:
    told = [line for change in differences(OLD, edited(edit)) for line in change.lines()]
    if lines == ["+ Steps: *"]:
        assert told[0].startswith("+ Steps: {Arguments: {")
    else:
        assert told == lines


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
        "p[0]['DefaultValue'] = '20'; del p[1];"
        "check['DependsOn'] = ['X']; gate['DependsOn'] = []; d['Metadata'] = {'a': 1}"
    )
    changes = differences(OLD, new)
    assert summary(changes) == "1 key added, 1 parameter changed, 1 parameter removed, 2 steps changed"
    assert summary(()) == ""


def test_changes_are_json_too() -> None:
    new = edited("p[0]['DefaultValue'] = '20'; inner['ElseSteps'].clear()")
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
