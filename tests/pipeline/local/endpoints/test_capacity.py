from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.endpoints.capacity import Capacity, configured, desired, retained, summary

SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}


def test_a_configuration_gives_defaults() -> None:
    variants: list[dict[str, Any]] = [
        {"VariantName": "a", "InitialVariantWeight": 3.0, "InitialInstanceCount": 2},
        {"VariantName": "b", "ServerlessConfig": SERVERLESS},
    ]
    capacities = configured({"ProductionVariants": variants})
    assert capacities == {"a": Capacity(3.0, 2), "b": Capacity(1.0, 1, SERVERLESS)}
    shown = [summary(name, capacity) for name, capacity in capacities.items()]
    assert shown == [
        {
            "VariantName": "a",
            "CurrentWeight": 3.0,
            "DesiredWeight": 3.0,
            "CurrentInstanceCount": 2,
            "DesiredInstanceCount": 2,
        },
        {
            "VariantName": "b",
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentServerlessConfig": SERVERLESS,
            "DesiredServerlessConfig": SERVERLESS,
        },
    ]
    assert desired(shown) == capacities
    assert summary("a", Capacity(1.0, 4), active=1)["CurrentInstanceCount"] == 1


@pytest.mark.parametrize(
    ("excluded", "expected"),
    [
        ([], {"a": Capacity(7.0, 9), "b": Capacity(1.0, 1)}),
        (["DesiredWeight"], {"a": Capacity(1.0, 9), "b": Capacity(1.0, 1)}),
        (["DesiredInstanceCount"], {"a": Capacity(7.0, 2), "b": Capacity(1.0, 1)}),
        (["DesiredWeight", "DesiredInstanceCount"], {"a": Capacity(1.0, 2), "b": Capacity(1.0, 1)}),
    ],
    ids=["all", "not-weight", "not-count", "nothing"],
)
def test_properties_of_variants_are_retained_by_name(
    excluded: list[str], expected: dict[str, Capacity]
) -> None:
    new = {"a": Capacity(1.0, 2), "b": Capacity(1.0, 1)}
    old = {"a": Capacity(7.0, 9), "gone": Capacity(5.0, 5)}
    assert retained(new, old, excluded) == expected


def test_a_serverless_variant_retains_no_count() -> None:
    new = {"a": Capacity(1.0, 1, SERVERLESS)}
    assert retained(new, {"a": Capacity(2.0, 5)}) == {"a": Capacity(2.0, 1, SERVERLESS)}
