from __future__ import annotations

import pytest

from pipeline.checks.properties import NoPropertyError, offered, resolve, type_name
from pipeline.language.definition import Step
from pipeline.language.step import STEP_TYPES
from tests.pipeline.checks.definitions import definition_of, document, step


def a(kind: str) -> Step:
    return definition_of(document(step("S", kind))).steps["S"]


@pytest.mark.parametrize("kind", STEP_TYPES)
def test_what_a_step_of_every_type_offers_is_known(kind: str) -> None:
    assert offered(a(kind)) != "unknown"


def test_a_step_of_no_known_type_may_offer_anything() -> None:
    assert offered(a("Paint")) == "unknown"
    assert resolve(a("Paint"), ("Any", 0, "thing")) == "unknown"


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        ("Training", ("FinalMetricDataList", "a", "Value"), "float"),
        ("Training", ("SecondaryStatusTransitions", 0, "StatusMessage"), "string"),
        ("Training", ("HyperParameters", "epochs"), "string"),
        ("EMR", ("Config", "Args", 0), "string"),
        ("ForEach", ("FailedStepCount",), "integer"),
        ("ForEach", ("IterationOutputs", 0, "A", "B"), "unknown"),
        ("Endpoint", ("EndpointName",), "string"),
        ("InferenceComponent", ("InferenceComponentArn",), "string"),
        ("RegisterModel", ("ModelPackageArn",), "string"),
        ("Transform", ("TransformOutput", "S3OutputPath"), "string"),
    ],
    ids=str,
)
def test_paths_lead_somewhere(kind: str, path: tuple[str | int, ...], name: str) -> None:
    assert type_name(resolve(a(kind), path)) == name


@pytest.mark.parametrize(
    ("kind", "path", "message", "hint"),
    [
        ("Training", (0,), "Steps.S has no 0", None),
        (
            "Training",
            ("ResourceConfig", "InstanceCount", "X"),
            "is a whole number and has",
            "end the path there",
        ),
        ("Cleanup", ("Status",), "Steps.S has no 'Status'", "nothing of such a step can be referred to"),
        (
            "Lambda",
            ("OutputParameters", "x"),
            "Steps.S.OutputParameters has no 'x'",
            "declare it in the OutputParameters of that step",
        ),
    ],
    ids=str,
)
def test_paths_lead_nowhere(kind: str, path: tuple[str | int, ...], message: str, hint: str | None) -> None:
    with pytest.raises(NoPropertyError, match=message) as caught:
        resolve(a(kind), path)
    assert hint is None or caught.value.hint == hint
