from __future__ import annotations

from typing import Any

import pytest
from botocore.model import ServiceModel

from pipeline.aws_model.service_model import operation, service
from pipeline.local.api.operations import OPERATIONS
from pipeline.local.api.shapes import check, problems, shown
from pipeline.local.errors import ApiError
from tests.pipeline.local.api.requests import training

SHAPE = ServiceModel(
    {
        "metadata": {},
        "operations": {},
        "shapes": {
            "Thing": {
                "type": "structure",
                "required": ["Name"],
                "members": {
                    "Name": {"shape": "Name"},
                    "Size": {"shape": "Size"},
                    "Rate": {"shape": "Rate"},
                    "On": {"shape": "On"},
                    "When": {"shape": "When"},
                    "Kind": {"shape": "Kind"},
                    "Parts": {"shape": "Parts"},
                    "Labels": {"shape": "Labels"},
                    "Inner": {"shape": "Thing"},
                    "Data": {"shape": "Data"},
                    "Loose": {"shape": "Loose"},
                },
            },
            "Name": {"type": "string", "min": 2, "max": 4, "pattern": "[a-z]+"},
            "Size": {"type": "integer", "min": 1, "max": 9},
            "Rate": {"type": "float"},
            "On": {"type": "boolean"},
            "When": {"type": "timestamp"},
            "Kind": {"type": "string", "enum": ["A", "B"]},
            "Parts": {"type": "list", "max": 2, "member": {"shape": "Name"}},
            "Labels": {"type": "map", "max": 1, "key": {"shape": "Name"}, "value": {"shape": "Kind"}},
            "Data": {"type": "blob"},
            "Loose": {"type": "string", "pattern": r"[\p{L}]+"},
        },
    }
).shape_for("Thing")


def must(value: str, path: str, rule: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: Member must {rule}"


@pytest.mark.parametrize(
    "value",
    [
        {"Name": "ab"},
        {"Name": "abcd", "Size": 9, "Rate": 1, "On": False, "When": 1.5, "Kind": "B", "Data": "aGk="},
        {"Name": "ab", "Parts": ["cd", "ef"], "Labels": {"ab": "A"}, "Inner": {"Name": "ab"}},
        {"Name": "ab", "Size": None, "Inner": None},
        {"Name": "ab", "Loose": "Größe"},
    ],
)
def test_what_fits(value: dict[str, Any]) -> None:
    assert list(problems(SHAPE, value)) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({}, must("null", "name", "not be null"), id="missing"),
        pytest.param({"Name": None}, must("null", "name", "not be null"), id="null"),
        pytest.param(
            {"Name": "a"}, must("'a'", "name", "have length greater than or equal to 2"), id="short"
        ),
        pytest.param(
            {"Name": "abcde"}, must("'abcde'", "name", "have length less than or equal to 4"), id="long"
        ),
        pytest.param(
            {"Name": "AB"}, must("'AB'", "name", "satisfy regular expression pattern: [a-z]+"), id="pattern"
        ),
        pytest.param({"Name": 12}, must("'12'", "name", "be a string"), id="number for text"),
        pytest.param(
            {"Name": "ab", "Size": 0},
            must("'0'", "size", "have value greater than or equal to 1"),
            id="small",
        ),
        pytest.param(
            {"Name": "ab", "Size": 10}, must("'10'", "size", "have value less than or equal to 9"), id="large"
        ),
        pytest.param(
            {"Name": "ab", "Size": True}, must("'True'", "size", "be an integer"), id="Boolean for number"
        ),
        pytest.param({"Name": "ab", "Size": 1.5}, must("'1.5'", "size", "be an integer"), id="fraction"),
        pytest.param({"Name": "ab", "On": "yes"}, must("'yes'", "on", "be a Boolean"), id="text for Boolean"),
        pytest.param(
            {"Name": "ab", "Kind": "C"}, must("'C'", "kind", "satisfy enum value set: [A, B]"), id="enum"
        ),
        pytest.param({"Name": "ab", "Parts": "cd"}, must("'cd'", "parts", "be a list"), id="text for list"),
        pytest.param(
            {"Name": "ab", "Parts": ["ab", "c"]},
            must("'c'", "parts.2.member", "have length greater than or equal to 2"),
            id="item",
        ),
        pytest.param(
            {"Name": "ab", "Parts": ["ab"] * 3},
            must("'['ab', 'ab', 'ab']'", "parts", "have length less than or equal to 2"),
            id="long list",
        ),
        pytest.param(
            {"Name": "ab", "Labels": {"ab": "C"}},
            must("'C'", "labels.ab.value", "satisfy enum value set: [A, B]"),
            id="map value",
        ),
        pytest.param(
            {"Name": "ab", "Labels": {"A": "B"}},
            must("'A'", "labels.A.key", "have length greater than or equal to 2"),
            id="map key",
        ),
        pytest.param(
            {"Name": "ab", "Loose": "a-b"},
            must("'a-b'", "loose", r"satisfy regular expression pattern: [\p{L}]+"),
            id="Java's pattern",
        ),
        pytest.param({"Name": "ab", "Inner": {}}, must("null", "inner.name", "not be null"), id="inside"),
        pytest.param(
            {"Name": "ab", "Inner": {"Name": "ab", "Sise": 1}},
            "Unknown parameter in input: 'inner.Sise', must be one of: Name, Size, Rate, On, When, Kind, "
            "Parts, Labels, Inner, Data, Loose",
            id="unknown",
        ),
    ],
)
def test_what_does_not_fit(value: dict[str, Any], expected: str) -> None:
    assert expected in list(problems(SHAPE, value))


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ApiError) as caught:
        check(SHAPE, {"Size": 0, "Name": "ab", "On": 1})
    size = must("'0'", "size", "have value greater than or equal to 1")
    switch = must("'1'", "on", "be a Boolean")
    assert caught.value.message == f"2 validation errors detected: {size}; {switch}"


def test_a_long_value_does_not_bury_the_reason() -> None:
    shape = operation("CreatePipeline").input_shape
    assert shape is not None
    (problem,) = problems(shape, {**_pipeline(), "PipelineDefinition": ["x" * 999]})
    assert problem.startswith("Value '['xxxx")
    assert problem.endswith(
        "…' at 'pipelineDefinition' failed to satisfy constraint: Member must be a string"
    )
    assert len(problem) < 300


def _pipeline() -> dict[str, Any]:
    role = "arn:aws:iam::123456789012:role/r"
    return {"PipelineName": "p", "RoleArn": role, "ClientRequestToken": "t" * 32}


def test_what_is_not_known_yet_is_not_judged() -> None:
    unknown = object()
    request = {**training("t"), "RoleArn": unknown, "HyperParameters": {"epochs": unknown}}
    check(operation("CreateTrainingJob").input_shape, request, skip=unknown)
    with pytest.raises(ApiError):
        check(operation("CreateTrainingJob").input_shape, request)


def test_shown_keeps_what_the_shape_knows() -> None:
    record = {
        "Name": "ab",
        "Hidden": 1,
        "Size": None,
        "Inner": {"Name": "x", "Hidden": 2},
        "Labels": {"q": "A"},
    }
    assert shown(SHAPE, record) == {"Name": "ab", "Inner": {"Name": "x"}, "Labels": {"q": "A"}}


def test_every_operation_is_one_of_sagemaker() -> None:
    assert set(OPERATIONS) <= set(service("sagemaker").operation_names)
