from __future__ import annotations

from typing import Any

import pytest

from pipeline.checks.refused import CACHED
from pipeline.language.definition import Step, parse
from pipeline.language.early import EarlyScope
from pipeline.language.expressions import ExpressionError
from pipeline.local.execution.caching import KEYS, key_of, seconds_of
from pipeline.local.execution.steps.registry import EXECUTORS
from tests.pipeline.local.definitions import definition, get, process, score, step, train

ON = {"Enabled": True, "ExpireAfter": "P1D"}
SCOPE = EarlyScope({"Epochs": "3"})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P30D", 30 * 86_400),
        ("P4DT12H", 4 * 86_400 + 12 * 3600),
        ("PT1H", 3600),
        ("T16m", 16 * 60),
        ("30d", 30 * 86_400),
        ("30dT5h", 30 * 86_400 + 5 * 3600),
        ("5y", 5 * 365 * 86_400),
        ("P2W", 14 * 86_400),
        ("P1M", 30 * 86_400),
        ("PT1M", 60),
        ("PT0.5S", 0.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


def test_what_is_no_duration() -> None:
    with pytest.raises(ValueError, match="'soon' is not an ISO 8601 duration"):
        seconds_of("soon")


def made(written: dict[str, Any]) -> Step:
    text = definition(written, step("M", "Model", {}), parameters={"Epochs": "3", "Rate": "0.1"})
    return next(iter(parse(text).steps.values()))


def key(written: dict[str, Any]) -> str | None:
    return key_of(made({**written, "CacheConfig": ON}), SCOPE)


def changed(written: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    return {**written, "Arguments": {**written["Arguments"], **arguments}}


@pytest.mark.parametrize(
    ("written", "arguments", "is_another"),
    [
        pytest.param(process("P"), {"Environment": {"A": "b"}}, True, id="environment"),
        pytest.param(process("P"), {"AppSpecification": {"ImageUri": "x"}}, True, id="program"),
        pytest.param(process("P"), {"ProcessingInputs": [{"InputName": "x"}]}, True, id="inputs"),
        pytest.param(process("P"), {"RoleArn": "arn:aws:iam::1:role/x"}, False, id="role"),
        pytest.param(process("P"), {"ProcessingOutputConfig": {"Outputs": []}}, False, id="outputs"),
        pytest.param(process("P"), {"ProcessingResources": {}}, False, id="machines"),
        pytest.param(train("T"), {"HyperParameters": {"epochs": "2"}}, True, id="hyperparameters"),
        pytest.param(train("T"), {"CheckpointConfig": {"S3Uri": "s3://b/c"}}, True, id="checkpoints"),
        pytest.param(train("T"), {"InputDataConfig": []}, True, id="channels"),
        pytest.param(train("T"), {"ResourceConfig": {}}, False, id="training machines"),
        pytest.param(train("T"), {"OutputDataConfig": {}}, False, id="training output"),
        pytest.param(train("T"), {"StoppingCondition": {}}, False, id="longest time"),
        pytest.param(score("S", "m"), {"ModelName": "n"}, True, id="model"),
        pytest.param(score("S", "m"), {"TransformOutput": {}}, False, id="transform output"),
        pytest.param(
            step("C", "EndpointConfig", {"ProductionVariants": []}),
            {"ProductionVariants": [{"VariantName": "A"}]},
            True,
            id="variants",
        ),
        pytest.param(step("E", "Endpoint", {"EndpointName": "e"}), {"Tags": []}, False, id="tags"),
    ],
)
def test_what_makes_a_step_another_one(
    written: dict[str, Any], arguments: dict[str, Any], is_another: bool
) -> None:
    first, second = key(written), key(changed(written, **arguments))
    assert None not in (first, second)
    assert (first != second) is is_another


def test_values_count_and_not_expressions() -> None:
    written = train("T")
    by_parameter = changed(written, HyperParameters={"epochs": get("Parameters.Epochs")})
    assert key(by_parameter) == key(changed(written, HyperParameters={"epochs": "3"}))


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(train("T"), id="no CacheConfig"),
        pytest.param(train("T", CacheConfig={"Enabled": False, "ExpireAfter": "P1D"}), id="off"),
        pytest.param(train("T", CacheConfig={"ExpireAfter": "P1D"}), id="not said"),
        pytest.param(step("M2", "Model", {}, CacheConfig=ON), id="a type that is not cached"),
    ],
)
def test_what_runs_each_time(written: dict[str, Any]) -> None:
    assert key_of(made(written), SCOPE) is None


def test_a_value_that_cannot_be_had_is_left_to_the_step() -> None:
    class Scope(EarlyScope):
        def variable(self, name: str) -> object:
            raise ExpressionError(name)

    written = changed(train("T", CacheConfig=ON), Environment={"JOB": get("Execution.TrainingJobName")})
    assert key_of(made(written), Scope({})) is None


def test_the_types_that_are_cached() -> None:
    assert set(KEYS) == set(EXECUTORS) & set(CACHED)
