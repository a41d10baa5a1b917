from __future__ import annotations

import pytest

from pipeline.checks.substitution import evaluated
from pipeline.language.expressions import UNKNOWN
from pipeline.language.parameters import Value
from tests.definitions import get, join

VALUES: dict[str, Value] = {"Name": "digits", "Count": 2}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"a": [1, get("Parameters.Name")]}, {"a": [1, "digits"]}, id="inside"),
        pytest.param(
            {"a": get("Execution.PipelineName"), "b": get("Parameters.Count")},
            {"a": UNKNOWN, "b": 2},
            id="some unknown",
        ),
        pytest.param(get("Parameters.Missing"), UNKNOWN, id="nothing there"),
        pytest.param(join("-", {"a": 1}), UNKNOWN, id="what cannot be joined"),
        pytest.param(None, None, id="null"),
    ],
)
def test_expressions_are_replaced_as_far_as_they_are_known(value: object, expected: object) -> None:
    assert evaluated(value, VALUES) == expected
