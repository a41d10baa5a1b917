from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.local.endpoints.fleet import choose


@pytest.mark.parametrize(
    ("weights", "point", "index"),
    [
        ([1.0], 0.0, 0),
        ([1.0, 1.0], 0.49, 0),
        ([1.0, 1.0], 0.5, 1),
        ([9.0, 1.0], 0.89, 0),
        ([9.0, 1.0], 0.91, 1),
        ([0.0, 1.0], 0.0, 1),
        ([1.0, 0.0], 0.999999, 0),
        ([0.0, 0.0], 0.5, 0),
    ],
)
def test_a_variant_has_a_share_of_its_weight(weights: list[float], point: float, index: int) -> None:
    assert choose(weights, point) == index


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=10),
    st.floats(0, 1, exclude_max=True),
)
def test_a_variant_without_weight_is_never_chosen(weights: list[float], point: float) -> None:
    index = choose(weights, point)
    assert weights[index] > 0 or not any(weights)
