from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.language.evaluation import UNKNOWN, evaluate
from pipeline.language.expressions import (
    ExpressionError,
)
from tests.definitions import Json, get, join, json_get


@dataclass(frozen=True)
class FixedScope:
    parameters: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)

    def parameter(self, name: str) -> object:
        return self.parameters[name]

    def variable(self, name: str) -> object:
        return f"<{name}>"

    def properties(self, step: str) -> object:
        return self.steps[step]

    def property_file(self, step: str, name: str) -> object:
        return self.files[f"{step}/{name}"]

    def json_at(self, uri: str) -> object:
        return self.files[uri]


SCOPE = FixedScope(
    parameters={"Epochs": 10, "Rate": 0.1, "Fast": True, "Bucket": "b", "Later": UNKNOWN},
    steps={"T": {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"}}, "Soon": UNKNOWN},
    files={"V/Report": {"num": 3, "list": [1, 2], "deep": {"a.b": 0.5}}, "s3://b/e.json": {"acc": 0.9}},
)


def report(path: str, name: str = "Report") -> Json:
    return json_get(path, f"V.PropertyFiles.{name}")


def s3_get(uri: object, path: str) -> dict[str, object]:
    return {"Std:JsonGet": {"S3Uri": uri, "Path": path}}


@pytest.mark.parametrize(
    ("value", "result"),
    [
        pytest.param("plain", "plain", id="text"),
        pytest.param({"a": [1, None, {"b": True}]}, {"a": [1, None, {"b": True}]}, id="JSON"),
        pytest.param({"Get": "x", "Other": 1}, {"Get": "x", "Other": 1}, id="a map with a key Get"),
        pytest.param(get("Parameters.Epochs"), 10, id="parameter"),
        pytest.param(get("Execution.PipelineName"), "<PipelineName>", id="variable"),
        pytest.param(get("Steps.T.ModelArtifacts.S3ModelArtifacts"), "s3://b/m", id="property"),
        pytest.param({"a": [get("Parameters.Rate")]}, {"a": [0.1]}, id="deep inside"),
        pytest.param(join("/", "s3:/", get("Parameters.Bucket"), "x"), "s3://b/x", id="join"),
        pytest.param(
            join("", get("Parameters.Epochs"), 1.5, True, "x"), "101.5truex", id="join of primitives"
        ),
        pytest.param(join("", get("Parameters.Fast")), "true", id="a Boolean as JSON writes it"),
        pytest.param(join("-"), "", id="join of nothing"),
        pytest.param(join("-", join("+", "a", "b"), "c"), "a+b-c", id="nested join"),
        pytest.param(report("num"), 3, id="property file"),
        pytest.param(report("$.deep['a.b']"), 0.5, id="quoted key"),
        pytest.param(report("list[1]"), 2, id="list"),
        pytest.param(join("", report("num")), "3", id="to_string of a property file"),
        pytest.param(s3_get("s3://b/e.json", "acc"), 0.9, id="S3"),
        pytest.param(s3_get(join("/", "s3:/", get("Parameters.Bucket"), "e.json"), "acc"), 0.9, id="S3 join"),
        pytest.param(get("Parameters.Later"), UNKNOWN, id="unknown parameter"),
        pytest.param(get("Steps.Soon.A.B"), UNKNOWN, id="unknown property"),
        pytest.param(join("/", "a", get("Steps.Soon.A")), UNKNOWN, id="join of unknown"),
        pytest.param(s3_get(get("Steps.Soon.A"), "x"), UNKNOWN, id="S3 unknown"),
        pytest.param({"a": get("Steps.Soon.A"), "b": 1}, {"a": UNKNOWN, "b": 1}, id="partly unknown"),
    ],
)
def test_evaluate(value: object, result: object) -> None:
    assert evaluate(value, SCOPE) == result


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(
            get("Nowhere.x"),
            "Get takes Parameters.<name>, Execution.<variable> or Steps.<step>.<property>, not 'Nowhere.x'",
            id="no such root",
        ),
        pytest.param(
            {"Get": 3},
            "Get takes Parameters.<name>, Execution.<variable> or Steps.<step>.<property>, not 3",
            id="no text",
        ),
        pytest.param(
            get("Steps.T"),
            "Get takes Parameters.<name>, Execution.<variable> or Steps.<step>.<property>, not 'Steps.T'",
            id="a whole step",
        ),
        pytest.param(
            get("Execution.Id"),
            "'Execution.Id': there is no such execution variable; there are StartDateTime, CurrentDateTime, "
            "PipelineName, PipelineArn, PipelineExecutionId, PipelineExecutionArn, TrainingJobName, "
            "ProcessingJobName",
            id="variable",
        ),
        pytest.param(
            {"Std:Split": {}},
            "there is no function Std:Split; there are Get, Std:Join, Std:JsonGet",
            id="function",
        ),
        pytest.param(
            {"Std:Join": ["a"]}, 'Std:Join takes {"On": text, "Values": [...]}, not ["a"]', id="join"
        ),
        pytest.param(
            {"Std:JsonGet": {"Path": "a"}},
            'Std:JsonGet takes {"PropertyFile": {"Get": ...}, "Path": text} or {"S3Uri": ..., "Path": text}, '
            'not {"Path": "a"}',
            id="JsonGet",
        ),
        pytest.param(
            {"Std:JsonGet": {"PropertyFile": "Report", "Path": "a"}},
            'Std:JsonGet: PropertyFile takes {"Get": "Steps.<step>.PropertyFiles.<name>"}, not "Report"',
            id="property file",
        ),
        pytest.param(
            report("a..b"), "Std:JsonGet: 'a..b' is not a path: cannot read it from '..b'", id="path"
        ),
        pytest.param(
            report("accuracy"),
            "property file Report of V has no 'accuracy'; it has deep, list, num",
            id="gone",
        ),
        pytest.param(s3_get("s3://b/e.json", "x"), "s3://b/e.json has no 'x'; it has acc", id="S3"),
        pytest.param(s3_get(3, "x"), "Std:JsonGet: S3Uri must be text, not 3", id="S3 number"),
        pytest.param(
            get("Steps.T.Model"),
            "Steps.T has no 'Model'; it has ModelArtifacts",
            id="property that is not there",
        ),
        pytest.param(
            join("", report("list")),
            "Std:Join joins text, numbers and Booleans, not [1, 2]",
            id="join of a list",
        ),
    ],
)
def test_evaluate_refuses(value: object, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(value, SCOPE)
    assert str(caught.value) == message


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(_json)
def test_json_without_expressions_stands_for_itself(value: Any) -> None:
    # No key of four characters or fewer can be a function but Get.
    assume('"Get"' not in json.dumps(value))
    assert evaluate(value, FixedScope()) == value


_text = st.text(st.characters(codec="ascii", exclude_characters="'\"[].$"), max_size=4)
_leaf = (
    _text.map(lambda text: (text, text))
    | st.integers().map(lambda number: (number, str(number)))
    | st.booleans().map(lambda truth: (truth, "true" if truth else "false"))
    | st.sampled_from(["Epochs", "Bucket"]).map(
        lambda name: (get(f"Parameters.{name}"), str(SCOPE.parameters[name]))
    )
)


def _joined(pair: tuple[str, list[tuple[Any, str]]]) -> tuple[Any, str]:
    separator, items = pair
    return join(separator, *(item for item, _ in items)), separator.join(text for _, text in items)


@given(
    st.recursive(
        _leaf, lambda inner: st.tuples(_text, st.lists(inner, max_size=4)).map(_joined), max_leaves=12
    )
)
def test_join_joins_whatever_is_nested(case: tuple[Any, str]) -> None:
    expression, text = case
    assert evaluate(join("", expression), SCOPE) == text
