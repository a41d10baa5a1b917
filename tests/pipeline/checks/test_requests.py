from __future__ import annotations

import json

import pytest
from botocore import __version__ as botocore
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.aws_model.service_model import operation, service
from pipeline.checks import requests
from pipeline.checks.requests import REQUESTS
from pipeline.language.definition import parse
from tests.definitions import get, join
from tests.pipeline.checks.steps import ABSENT, ARGUMENTS, changed, parameter, path_of, problems_of


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_good_requests_have_no_problem(kind: str) -> None:
    assert problems_of(kind, ARGUMENTS[kind]) == []


@pytest.mark.parametrize(
    ("kind", "path", "missing", "hint"),
    [
        ("Training", "RoleArn", "RoleArn", "add RoleArn: text"),
        (
            "Training",
            "OutputDataConfig.S3OutputPath",
            "OutputDataConfig.S3OutputPath",
            "add S3OutputPath: text",
        ),
        (
            "Training",
            "AlgorithmSpecification.TrainingInputMode",
            "AlgorithmSpecification.TrainingInputMode",
            "add TrainingInputMode: one of Pipe, File, FastFile",
        ),
        (
            "Processing",
            "ProcessingInputs.0.InputName",
            "ProcessingInputs[0].InputName",
            "add InputName: text",
        ),
        ("EndpointConfig", "ProductionVariants", "ProductionVariants", "add ProductionVariants: a list"),
        ("Endpoint", "EndpointConfigName", "EndpointConfigName", "add EndpointConfigName: text"),
        ("Transform", "TransformInput.DataSource", "TransformInput.DataSource", "add DataSource: an object"),
    ],
)
def test_what_is_missing(kind: str, path: str, missing: str, hint: str) -> None:
    (found,) = problems_of(kind, changed(kind, path, ABSENT))
    assert (found.code, found.message) == ("D202", f"step 'Step': {missing} is missing")
    assert found.hint == hint
    assert found.path == ("Steps", 0, "Arguments", *path_of(path)[:-1])


def test_the_reason_names_the_shape() -> None:
    (found,) = problems_of("Training", changed("Training", "ResourceConfig.InstanceType", "x"))
    assert found.why == f"CreateTrainingJob, shape TrainingInstanceType of botocore {botocore}"


@pytest.mark.parametrize(
    ("kind", "path", "at_key"),
    [
        ("Training", "ResourceConfig.InstanceTyp", True),
        ("Training", "Environment.1A", True),
        ("Training", "Environment.A", False),
    ],
)
def test_keys_are_marked_where_they_are_the_culprit(kind: str, path: str, at_key: bool) -> None:
    value = "two\0" * 600
    (found,) = problems_of(kind, changed(kind, path, value if not at_key else "x"))
    assert found.at_key is at_key


@pytest.mark.parametrize("kind", [kind for kind, request in REQUESTS.items() if request.added])
def test_names_that_the_pipeline_gives_may_be_left_out(kind: str) -> None:
    (name,) = REQUESTS[kind].added
    shape = operation(REQUESTS[kind].operation).input_shape
    assert shape is not None
    assert name in shape.required_members
    if kind in ARGUMENTS:
        arguments = {key: value for key, value in ARGUMENTS[kind].items() if key != name}
        assert problems_of(kind, arguments) == []


def test_every_request_is_one_of_sagemaker() -> None:
    assert {request.operation for request in REQUESTS.values()} <= set(service("sagemaker").operation_names)


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_document() -> None:
    arguments = {**ARGUMENTS["Endpoint"], "EndpointName": "a_b", "Tag": [], "Tags": [{"Key": 1}]}
    found = problems_of("Endpoint", arguments)
    assert [(problem.code, problem.path[3:]) for problem in found] == [
        ("D205", ("EndpointName",)),
        ("D201", ("Tag",)),
        ("D202", ("Tags", 0)),
        ("D203", ("Tags", 0, "Key")),
    ]


def test_other_types_of_steps_have_no_request() -> None:
    assert problems_of("Lambda", {"anything": None}) == []


def test_a_step_in_a_branch_has_its_place() -> None:
    arguments = changed("Endpoint", "EndpointName", 1)
    inner = {"Name": "Inner", "Type": "Endpoint", "Arguments": arguments}
    condition = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    outer = {"Conditions": [condition], "IfSteps": [], "ElseSteps": [inner]}
    document = {"Steps": [{"Name": "Outer", "Type": "Condition", "Arguments": outer}]}
    (found,) = requests.problems(parse(json.dumps(document)), {})
    path = ("Steps", 0, "Arguments", "ElseSteps", 0, "Arguments", "EndpointName")
    assert (found.path, found.message) == (path, "step 'Inner': EndpointName is 1, and text is needed")


_NAMES = st.sampled_from(sorted({"S3Input", "Get", *(key for one in ARGUMENTS.values() for key in one)}))
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_SCALARS = st.none() | st.booleans() | _NUMBERS | st.text(max_size=5)
_EXPRESSIONS = st.sampled_from(
    [
        get("Parameters.P"),
        get("Steps.Job.ResourceConfig"),
        get("Execution.PipelineName"),
        join("-", "a", get("Parameters.P")),
    ]
)
_VALUES = st.recursive(
    _SCALARS | _EXPRESSIONS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_NAMES | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(kind=st.sampled_from(sorted(ARGUMENTS)), data=st.data())
def test_whatever_stands_in_a_request_there_is_an_answer(kind: str, data: st.DataObject) -> None:
    names = st.sampled_from(sorted(ARGUMENTS[kind]))
    changes = data.draw(st.dictionaries(names, _VALUES, min_size=1))
    for found in problems_of(kind, {**ARGUMENTS[kind], **changes}, [parameter("P", "Integer", 1)]):
        assert found.message
        assert found.hint
        assert found.why
