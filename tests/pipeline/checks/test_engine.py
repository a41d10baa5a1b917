from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import engine
from pipeline.language.problem import Problem
from tests.pipeline.checks.definitions import condition, document, get, join, parameter, step
from tests.pipeline.checks.steps import ARGUMENTS, changed

GOLDENS = sorted((Path(__file__).parents[2] / "golden").glob("*.json"))

STEP_OF_EACH_TYPE = document(
    step(
        "Prepare",
        "EMR",
        {
            "ClusterId": get("Parameters.Cluster"),
            "StepConfig": {"HadoopJarStep": {"Jar": "s3://b/j.jar", "Args": ["a"]}},
        },
        CacheConfig={"Enabled": True, "ExpireAfter": "P7D"},
    ),
    step(
        "Serverless",
        "EMRServerless",
        {"ExecutionRoleArn": "arn:aws:iam::123456789012:role/r", "JobConfig": {}},
        DependsOn=["Prepare"],
    ),
    step("Inspect", "QualityCheck", ARGUMENTS["QualityCheck"], CheckType="DATA_QUALITY", SkipCheck=False),
    step("Explain", "ClarifyCheck", ARGUMENTS["ClarifyCheck"], CheckType="DATA_BIAS", ModelName="m"),
    step(
        "Tune",
        "Tuning",
        ARGUMENTS["Tuning"],
        RetryPolicies=[
            {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 600, "MaxAttempts": 10}
        ],
    ),
    step("Choose", "AutoML", ARGUMENTS["AutoML"]),
    step(
        "Serve",
        "Model",
        changed(
            "Model",
            "PrimaryContainer.ModelDataUrl",
            join("s3://b/", get("Steps.Tune.BestTrainingJob.TrainingJobName"), "/output/model.tar.gz"),
        ),
    ),
    step(
        "Ask",
        "Callback",
        {"model": get("Steps.Serve.ModelName")},
        SqsQueueUrl="https://sqs.us-east-1.amazonaws.com/123456789012/q",
        OutputParameters=[{"OutputName": "answer", "OutputType": "String"}],
    ),
    condition(
        "Agreed",
        {"Type": "Equals", "LeftValue": get("Steps.Ask.OutputParameters['answer']"), "RightValue": "yes"},
        then=(
            step(
                "Tell",
                "Lambda",
                {"baseline": get("Steps.Inspect.CalculatedBaselineStatistics")},
                FunctionArn=get("Parameters.Function"),
                OutputParameters=[],
            ),
        ),
        otherwise=(
            step(
                "Refuse", "Fail", {"ErrorMessage": join("no: ", get("Steps.Ask.OutputParameters['answer']"))}
            ),
        ),
    ),
    step(
        "Each",
        "ForEach",
        {
            "IterableItems": ["a", "b"],
            "MaxConcurrency": 2,
            "Selector": {"Pick": "MaxBy", "Field": get("IterationOutput.Work.OutputParameters['score']")},
            "ForEachBody": [
                step(
                    "Work",
                    "Lambda",
                    {"item": get("ForEach.CurrentItem.name")},
                    FunctionArn="arn:aws:lambda:us-east-1:123456789012:function:f",
                    OutputParameters=[{"OutputName": "score", "OutputType": "Float"}],
                )
            ],
        },
    ),
    step("Note", "Lineage", {"Contexts": [{"ContextName": "c"}]}, DependsOn=["Each"]),
    step(
        "Sweep",
        "Cleanup",
        {"Resources": {"S3": [{"StepName": "Tune"}]}},
        DependsOn=[{"Step": "Tune", "Trigger": "Any"}],
    ),
    parameters=(parameter("Cluster"), parameter("Function")),
    Metadata={},
    MlflowConfig=None,
    PipelineExperimentConfig={"ExperimentName": get("Execution.PipelineName")},
)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.stem)
def test_golden_definitions_have_no_errors(golden: Path) -> None:
    assert [found for found in engine.problems(golden.read_text()) if found.severity == "error"] == []


def test_steps_of_every_type_are_known() -> None:
    assert engine.problems(json.dumps(STEP_OF_EACH_TYPE)) == ()


def test_what_is_wrong_in_one_place_hides_nothing_in_another() -> None:
    broken = document(
        step("A b", "Processing", {**ARGUMENTS["Processing"], "RoleArn": get("Steps.Gone.X")}),
        step("T", arguments={**ARGUMENTS["Training"], "HyperParameters": {"epochs": 1}}),
        step("M", "Model", {"ExecutionRoleArn": get("Execution.Nothing"), "PrimaryContaine": {}}),
        step("E", "Endpoint", ARGUMENTS["Endpoint"], DependsOn=["E"], RetryPolicies=[{"MaxAttempts": 0}]),
        parameters=(parameter("P", "Integer", DefaultValue="3"), parameter("P")),
        Step=[],
    )
    assert [(found.code, found.path) for found in engine.problems(json.dumps(broken))] == [
        ("D133", ("Parameters", 0, "DefaultValue")),
        ("D311", ("Parameters", 0, "Name")),
        ("D132", ("Parameters", 1, "Name")),
        ("D113", ("Step",)),
        ("D302", ("Steps", 0, "Arguments", "RoleArn", "Get")),
        ("D122", ("Steps", 0, "Name")),
        ("D414", ("Steps", 1, "Arguments", "HyperParameters", "epochs")),
        ("D222", ("Steps", 2, "Arguments")),
        ("D143", ("Steps", 2, "Arguments", "ExecutionRoleArn", "Get")),
        ("D201", ("Steps", 2, "Arguments", "PrimaryContaine")),
        ("D128", ("Steps", 3)),
        ("D412", ("Steps", 3, "RetryPolicies")),
        ("D405", ("Steps", 3, "RetryPolicies", 0)),
        ("D405", ("Steps", 3, "RetryPolicies", 0, "MaxAttempts")),
    ]


def test_what_is_refused_altogether_is_not_measured_too() -> None:
    text = json.dumps(
        document(
            step(
                "C",
                "EndpointConfig",
                {**ARGUMENTS["EndpointConfig"], "DataCaptureConfig": {"EnableCapture": "yes"}},
            )
        )
    )
    assert [found.code for found in engine.problems(text)] == ["D411"]


VALUES = document(
    step(
        "A", arguments={**ARGUMENTS["Training"], "OutputDataConfig": {"S3OutputPath": get("Parameters.Out")}}
    ),
    step("B", "Lambda", {"n": get("Parameters.N"), "s": get("Parameters.S")}, FunctionArn="f"),
    parameters=(
        parameter("Out", DefaultValue="s3://b/out"),
        parameter("N", "Integer", DefaultValue=3),
        parameter("S", EnumValues=["a", "b"]),
    ),
)


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        pytest.param({"N": "4", "S": "b"}, [], id="good"),
        pytest.param(
            {"Outt": "x", "N": "3.5", "S": "c"},
            [
                Problem(
                    "D134",
                    (),
                    "parameter 'Outt' is not defined in the pipeline; it has N, Out, S",
                    "did you mean 'Out'?",
                ),
                Problem("D134", ("Parameters", 1), "parameter 'N' is of type Integer, and '3.5' is none"),
                Problem("D134", ("Parameters", 2), "parameter 'S' must be one of a, b, not 'c'"),
            ],
            id="bad",
        ),
        *(
            pytest.param(
                {"N": text},
                [
                    Problem(
                        "D134", ("Parameters", 1), f"parameter 'N' is of type Integer, and '{text}' is none"
                    )
                ],
                id=f"N={text}",
            )
            for text in ("1_000", "", " 1", "٣", "1e3", "true")
        ),
    ],
)
def test_values_to_start_with(values: dict[str, str], problems: list[Problem]) -> None:
    assert list(engine.problems(json.dumps(VALUES), values)) == problems


def test_a_value_is_judged_where_it_stands() -> None:
    (found,) = engine.problems(json.dumps(VALUES), {"Out": "bucket"})
    assert (found.code, found.path[:2]) == ("D205", ("Steps", 0))


def _nodes(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in parts:
        yield from _nodes(item, (*path, key))


def _replaced(whole: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = deepcopy(whole)
    owner = changed
    for part in path[:-1]:
        owner = owner[part]
    owner[path[-1]] = value
    return changed


_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Condition", "ForEach", "Steps.Train.X", "s3://b", "Step.THROTTLING"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=4)
            | st.sampled_from(["Get", "Std:Join", "Std:JsonGet", "Name", "Type", "On", "Values", "Path"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
_WHOLES = {"every type": STEP_OF_EACH_TYPE, **{path.stem: json.loads(path.read_text()) for path in GOLDENS}}


@given(st.data())
def test_no_value_in_any_place_is_too_odd(data: st.DataObject) -> None:
    whole = _WHOLES[data.draw(st.sampled_from(sorted(_WHOLES)))]
    path = data.draw(st.sampled_from(list(_nodes(whole))))
    text = json.dumps(_replaced(whole, path, data.draw(_ANY)))
    for found in engine.problems(text):
        assert found.message
        assert not found.message.endswith(".")


@given(_ANY)
def test_no_value_is_too_odd_for_a_definition(value: Any) -> None:
    engine.problems(json.dumps(value))
