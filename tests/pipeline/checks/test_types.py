from __future__ import annotations

import pytest

from pipeline.checks.types import property_shape, type_of
from pipeline.language.expressions import Property
from tests.pipeline.checks.definitions import definition_of, document, get, join, parameter, step

DEFINITION = definition_of(
    document(
        step("T"),
        step("V", "Processing"),
        step(
            "L",
            "Lambda",
            FunctionArn="f",
            OutputParameters=[
                {"OutputName": "n", "OutputType": "Integer"},
                {"OutputName": "s", "OutputType": "String"},
            ],
        ),
        parameters=(
            parameter("S"),
            parameter("N", "Integer"),
            parameter("F", "Float"),
            parameter("B", "Boolean"),
        ),
    )
)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("text", "string"),
        (1, "integer"),
        (1.5, "float"),
        (True, "boolean"),
        (None, "null"),
        ([], "list"),
        ({"a": 1}, "structure"),
        (get("Parameters.S"), "string"),
        (get("Parameters.N"), "integer"),
        (get("Parameters.F"), "float"),
        (get("Parameters.B"), "boolean"),
        (get("Parameters.Gone"), "unknown"),
        (get("Execution.PipelineName"), "string"),
        (join(1, 2), "string"),
        ({"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "x"}}, "unknown"),
        (get("Steps.T.ModelArtifacts.S3ModelArtifacts"), "string"),
        (get("Steps.T.FinalMetricDataList['a'].Value"), "float"),
        (get("Steps.T.TrainingTimeInSeconds"), "integer"),
        (get("Steps.T.EnableNetworkIsolation"), "boolean"),
        (get("Steps.T.CreationTime"), "unknown"),
        (get("Steps.T.HyperParameters['epochs']"), "string"),
        (get("Steps.T.InputDataConfig"), "list"),
        (get("Steps.T.ModelArtifacts"), "structure"),
        (get("Steps.T.Nothing"), "unknown"),
        (get("Steps.Gone.X"), "unknown"),
        (get("Steps.V.PropertyFiles.R"), "unknown"),
        (get("Steps.L.OutputParameters['n']"), "integer"),
        (get("Steps.L.OutputParameters['s']"), "string"),
        (get("ForEach.CurrentItem"), "unknown"),
    ],
    ids=str,
)
def test_types_are_known_before_anything_runs(value: object, kind: str) -> None:
    assert type_of(value, DEFINITION) == kind


def test_a_property_has_the_shape_that_aws_gives_it() -> None:
    shape = property_shape(Property("T", ("ModelArtifacts", "S3ModelArtifacts")), DEFINITION)
    assert shape is not None
    assert (shape.name, shape.metadata["max"]) == ("S3Uri", 1024)


@pytest.mark.parametrize(
    "reference",
    [
        Property("T", ("Nothing",)),
        Property("Gone", ("X",)),
        Property("L", ("OutputParameters", "n")),
        Property("L", ("OutputParameters",)),
    ],
    ids=str,
)
def test_other_properties_have_no_shape(reference: Property) -> None:
    assert property_shape(reference, DEFINITION) is None
