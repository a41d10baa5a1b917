from typing import Any

import pytest

from pipeline.difference.normal import normal
from tests.definitions import get


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        pytest.param({"a": None, "b": {}, "c": [], "d": 1}, {"d": 1}, id="null and empty"),
        pytest.param({"a": {"b": {"c": None}}}, {}, id="empty once its members are gone"),
        pytest.param(
            {"a": "", "b": 0, "c": False}, {"a": "", "b": 0, "c": False}, id="empty text is a value"
        ),
        pytest.param([None, {}, {"a": None}], [None, {}, {}], id="a list keeps its items"),
        pytest.param({"CacheConfig": {"Enabled": False}}, {}, id="caching is off"),
        pytest.param({"CacheConfig": {"Enabled": False, "ExpireAfter": "P1D"}}, {}, id="off, with an age"),
        pytest.param(
            {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}},
            {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}},
            id="caching is on",
        ),
        pytest.param({"EnableNetworkIsolation": False}, {}, id="default"),
        pytest.param({"EnableNetworkIsolation": True}, {"EnableNetworkIsolation": True}, id="no default"),
        pytest.param({"EnableNetworkIsolation": 0}, {"EnableNetworkIsolation": 0}, id="0 is not false"),
        pytest.param({"IntervalSeconds": 1, "BackoffRate": 2}, {}, id="defaults that are numbers"),
        pytest.param(
            {"Environment": {"SplitType": "None", "X": None}},
            {"Environment": {"SplitType": "None", "X": None}},
            id="the user's own keys have no defaults",
        ),
        pytest.param({"Environment": {}}, {}, id="no environment"),
        pytest.param({"S3Uri": get("Parameters.A")}, {"S3Uri": get("Parameters.A")}, id="expression"),
    ],
)
def test_what_says_nothing_is_taken_out(value: Any, wanted: Any) -> None:
    assert normal(value) == wanted
    assert normal(normal(value)) == wanted
