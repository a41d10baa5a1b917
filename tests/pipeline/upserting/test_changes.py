import json
from dataclasses import replace
from typing import Any

import pytest

from pipeline.upserting.changes import compare, drift
from pipeline.upserting.deployed import Deployed
from pipeline.upserting.desired import Desired

ROLE, OTHER_ROLE = "arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/b"


def definition(*tags: tuple[str, str], epochs: str = "10") -> str:
    document: dict[str, Any] = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Epochs", "Type": "String", "DefaultValue": epochs}],
        "Steps": [
            {
                "Name": "TrainModel",
                "Type": "Training",
                "Arguments": {"Tags": [{"Key": key, "Value": value} for key, value in tags]},
            }
        ],
    }
    return json.dumps(document)


DESIRED = Desired("digits", definition(), "bucket", (), "digits", ROLE)
PRESENT = Deployed("arn:digits", definition(), ROLE, {}, None)


def test_a_pipeline_that_is_as_it_should_be() -> None:
    changes = compare(PRESENT, DESIRED)
    assert (changes.action, changes.lines(), changes.summary, changes.names) == ("unchanged", [], "", "")
    assert not changes.updates_pipeline


def test_a_pipeline_that_is_not_there() -> None:
    desired = replace(DESIRED, tags={"team": "vision"}, parallelism=3)
    changes = compare(None, desired)
    assert changes.action == "create"
    assert changes.lines() == [
        f"+ role: {ROLE}",
        "+ parallelism: 3",
        "+ tags[team]: vision",
        "+ parameter Epochs (String, default 10)",
        "+ step TrainModel (Training)",
    ]


@pytest.mark.parametrize(
    ("present", "desired", "lines"),
    [
        pytest.param({}, {"definition": json.dumps(json.loads(definition()), indent=4)}, [], id="layout"),
        pytest.param(
            {},
            {"definition": definition(epochs="20")},
            ["~ parameter Epochs: default 10 → 20"],
            id="definition",
        ),
        pytest.param({}, {"role": OTHER_ROLE}, [f"~ role: {ROLE} → {OTHER_ROLE}"], id="role"),
        pytest.param({}, {"parallelism": 3}, ["+ parallelism: 3"], id="parallelism"),
        pytest.param(
            {"parallelism": 3}, {"parallelism": 4}, ["~ parallelism: 3 → 4"], id="other parallelism"
        ),
        pytest.param({"parallelism": 3}, {"parallelism": 3}, [], id="same parallelism"),
        pytest.param({"parallelism": 3}, {}, [], id="parallelism that nobody asks for"),
        pytest.param({}, {"tags": {"b": "1", "a": ""}}, ["+ tags[a]: ", "+ tags[b]: 1"], id="new tags"),
        pytest.param(
            {"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "3", "b": "2"}}, ["~ tags[a]: 1 → 3"], id="tag"
        ),
        pytest.param({"tags": {"owner": "ops"}}, {}, [], id="someone else's tag"),
        pytest.param(
            {"tags": {"owner": "ops"}, "definition": definition(("owner", "us"))},
            {"definition": definition()},
            ["~ step TrainModel", "  - Tags[owner]: us"],
            id="a tag that someone has taken over",
        ),
        pytest.param(
            {"tags": {"team": "vision"}, "definition": definition(("team", "vision"))},
            {"definition": definition()},
            ["- tags[team]: vision", "~ step TrainModel", "  - Tags[team]: vision"],
            id="a tag of an earlier config",
        ),
        pytest.param(
            {"definition": "no JSON"},
            {},
            [
                "- Text: no JSON",
                "+ Version: 2020-12-01",
                "+ parameter Epochs (String, default 10)",
                "+ step TrainModel (Training)",
            ],
            id="no JSON",
        ),
    ],
)
def test_what_changes(present: dict[str, Any], desired: dict[str, Any], lines: list[str]) -> None:
    changes = compare(replace(PRESENT, **present), replace(DESIRED, **desired))
    assert changes.lines() == lines
    assert changes.action == ("update" if lines else "unchanged")


def test_tags_to_write_and_to_delete() -> None:
    present = replace(
        PRESENT,
        tags={"team": "vision", "owner": "ops", "stage": "dev"},
        definition=definition(("team", "vision"), ("stage", "dev")),
    )
    desired = replace(DESIRED, tags={"stage": "prod"}, definition=definition(("stage", "prod")))
    changes = compare(present, desired)
    assert changes.new_tags == {"stage": "prod"}
    assert list(changes.old_tags) == ["team"]


def test_only_tags_leave_the_definition_alone() -> None:
    assert not compare(PRESENT, replace(DESIRED, tags={"a": "b"})).updates_pipeline
    assert compare(PRESENT, replace(DESIRED, role=OTHER_ROLE)).updates_pipeline


def test_in_a_few_words() -> None:
    desired = replace(DESIRED, role=OTHER_ROLE, tags={"a": "1", "b": "2"}, definition=definition(epochs="20"))
    changes = compare(PRESENT, desired)
    assert changes.summary == "role changed, tags changed, 1 parameter changed"
    assert changes.names == "changed Epochs"
    assert changes.to_json() == {
        "action": "update",
        "settings": [
            {"key": "role", "old": ROLE, "new": OTHER_ROLE},
            {"key": "tags[a]", "old": None, "new": "1"},
            {"key": "tags[b]", "old": None, "new": "2"},
        ],
        "definition": [
            {
                "change": "changed",
                "kind": "parameter",
                "name": "Epochs",
                "keys": [{"key": "default", "old": "10", "new": "20"}],
            }
        ],
    }


def test_parallelism_that_stays_is_told() -> None:
    assert compare(replace(PRESENT, parallelism=3), DESIRED).notes == (
        "parallelism stays 3: UpdatePipeline can change it, but not take it away",
    )
    assert compare(PRESENT, DESIRED).notes == ()


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        pytest.param(None, None, [], id="none"),
        pytest.param(PRESENT, replace(PRESENT, arn="arn:again"), [], id="same"),
        pytest.param(None, PRESENT, ["it was made"], id="made"),
        pytest.param(PRESENT, None, ["it was deleted"], id="deleted"),
        pytest.param(
            PRESENT,
            replace(
                PRESENT, role=OTHER_ROLE, parallelism=2, tags={"a": "1"}, definition=definition(epochs="5")
            ),
            [
                f"~ role: {ROLE} → {OTHER_ROLE}",
                "~ parallelism: no limit → 2",
                "+ tags[a]: 1",
                "~ parameter Epochs: default 10 → 5",
            ],
            id="all of it",
        ),
        pytest.param(replace(PRESENT, tags={"a": "1"}), PRESENT, ["- tags[a]: 1"], id="tag"),
    ],
)
def test_what_has_changed_since(before: Deployed | None, now: Deployed | None, lines: list[str]) -> None:
    assert drift(before, now) == lines
