"""The golden definitions: what they are, and that others than this project read them as it does."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from pipeline.checks.requests import REQUESTS
from tests.definitions import ALL_STEPS, Json, steps
from tests.pipeline.definition.published_schema import published_schema
from tests.pipeline.definition.sdk_reading import asked, sent
from tests.regenerate_golden import CONFIGS, NAMES, golden, text

DEPLOYED = {"pipeline", "quickstart", "shielded", "training_metric", "operated"}


@cache
def document(name: str) -> Json:
    read: Json = json.loads(golden(name).read_text(encoding="utf-8"))
    return read


def defaults(name: str) -> Json:
    return {one["Name"]: one["DefaultValue"] for one in document(name)["Parameters"]}


def requests(name: str) -> list[Json]:
    return [one for one in steps(document(name)) if one["Type"] in REQUESTS]


@pytest.mark.parametrize("name", NAMES)
def test_they_are_what_the_configs_become(name: str) -> None:
    assert text(name) == golden(name).read_text(encoding="utf-8"), (
        "look at the change, then run python -m tests.regenerate_golden"
    )


def test_there_is_one_for_each_config_and_none_else() -> None:
    files = {file.stem for file in golden("least").parent.glob("*.json")}
    assert files == set(CONFIGS)
    assert len(files) >= 8


def test_they_differ() -> None:
    assert len({json.dumps(document(name)["Steps"], sort_keys=True) for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_they_have_all_steps(name: str) -> None:
    without = set() if name in DEPLOYED else {"CreateEndpointConfig", "DeployEndpoint"}
    assert [one["Name"] for one in steps(document(name))] == [one for one in ALL_STEPS if one not in without]


@pytest.mark.parametrize("name", NAMES)
def test_the_published_schema_is_met(name: str) -> None:
    errors = jsonschema.Draft7Validator(published_schema()).iter_errors(document(name))
    assert [f"{list(error.path)}: {error.message[:300]}" for error in errors] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_sdk_sends_what_they_ask(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in requests(name):
        request = asked(one, defaults(name))
        assert sent(request, one["Type"], monkeypatch) == request, one["Name"]


def _changed(change: dict[str, Any], *path: str) -> Json:
    step = copy.deepcopy(next(one for one in requests("spot") if one["Name"] == "TrainModel"))
    below = step["Arguments"]
    for key in path:
        below = below[key]
    below.update(change)
    return step


@pytest.mark.parametrize(
    ("change", "path"),
    [
        pytest.param({"EnableManagedSpotTraining": "perhaps"}, (), id="no truth value"),
        pytest.param({"VolumeSizeInGB": "large"}, ("ResourceConfig",), id="no number"),
        pytest.param({"Tags": [{"Key": "a"}]}, (), id="half a tag"),
        pytest.param({"VpcConfig": {"Subnets": ["subnet-1"]}}, (), id="half a network"),
    ],
)
def test_the_sdk_refuses_what_the_api_would_refuse(
    change: dict[str, Any], path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = _changed(change, *path)
    with pytest.raises(ValidationError):
        sent(asked(step, defaults("spot")), step["Type"], monkeypatch)


def test_the_sdk_drops_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    step = _changed({"MaxWaitTime": 5}, "StoppingCondition")
    request = asked(step, defaults("spot"))
    assert sent(request, step["Type"], monkeypatch) != request
