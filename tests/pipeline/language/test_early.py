from __future__ import annotations

import pytest

from pipeline.language.early import EarlyScope
from pipeline.language.evaluation import UNKNOWN, evaluate
from tests.definitions import Json, get, join, json_get

SCOPE = EarlyScope({"Name": "digits", "Count": 2})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(get("Parameters.Name"), "digits", id="parameter"),
        pytest.param(join("-", get("Parameters.Name"), get("Parameters.Count")), "digits-2", id="join"),
        pytest.param(get("Parameters.Other"), UNKNOWN, id="parameter without a value"),
        pytest.param(get("Execution.PipelineName"), UNKNOWN, id="variable"),
        pytest.param(get("Steps.TrainModel.ModelArtifacts.S3ModelArtifacts"), UNKNOWN, id="property"),
        pytest.param(json_get("accuracy", "Evaluate.PropertyFiles.Report"), UNKNOWN, id="property file"),
        pytest.param({"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "a"}}, UNKNOWN, id="file"),
        pytest.param(join("-", "a", get("Execution.PipelineName")), UNKNOWN, id="join of what is not known"),
    ],
)
def test_what_is_known_before_anything_runs(value: Json, expected: object) -> None:
    assert evaluate(value, SCOPE) == expected
