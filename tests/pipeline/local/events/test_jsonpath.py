from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.events.jsonpath import PathError, find

EVENT: dict[str, Any] = {
    "detail-type": "t",
    "detail": {"object": {"key": "a/b"}, "list": [{"n": 1}, {"n": 2}], "with space": {"x": None}},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", EVENT),
        ("$.detail-type", "t"),
        ("$.detail.object.key", "a/b"),
        ("$['detail']['object'].key", "a/b"),
        ('$.detail["with space"].x', None),
        ("$.detail.list[1].n", 2),
        ("$.detail.list[*].n", [1, 2]),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: object) -> None:
    assert find(path, EVENT) == value


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("detail", "detail is not a JSONPath: it must begin with $"),
        ("$.detail.missing", "$.detail.missing leads to nothing in the event"),
        ("$.detail.list[7]", "$.detail.list[7] leads to nothing in the event"),
        ("$.detail-type.x", "$.detail-type.x leads to nothing in the event"),
        ("$..key", "$..key is not a JSONPath that EventBridge takes: see character 2"),
        ("$.a[?(@.b)]", "$.a[?(@.b)] is not a JSONPath that EventBridge takes: see character 4"),
    ],
)
def test_what_leads_nowhere_is_told(path: str, text: str) -> None:
    with pytest.raises(PathError) as caught:
        find(path, EVENT)
    assert str(caught.value) == text
