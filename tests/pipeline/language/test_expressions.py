from __future__ import annotations

import pytest

from pipeline.language.expressions import (
    Parameter,
    Property,
    PropertyFile,
    Variable,
    parse_reference,
    references,
)
from tests.definitions import get, join, json_get


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("Parameters.A-b_1", Parameter("A-b_1")),
        ("Execution.PipelineArn", Variable("PipelineArn")),
        ("Steps.My-Step_1.A['x'][0]", Property("My-Step_1", ("A", "x", 0))),
        ("Steps.V.PropertyFiles.Report", PropertyFile("V", "Report")),
    ],
)
def test_parse_reference(text: str, reference: object) -> None:
    assert parse_reference(text) == reference


def test_references_are_found_everywhere() -> None:
    value = [
        get("Parameters.A"),
        {
            "x": join(
                "",
                get("Parameters.B"),
                {"Std:JsonGet": {"S3Uri": get("Steps.S.U"), "Path": "p"}},
                json_get("q", "V.PropertyFiles.Report"),
            )
        },
    ]
    assert list(references(value)) == [
        Parameter("A"),
        Parameter("B"),
        Property("S", ("U",)),
        PropertyFile("V", "Report"),
    ]
