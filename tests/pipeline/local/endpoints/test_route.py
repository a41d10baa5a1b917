from __future__ import annotations

from typing import Any
from unittest.mock import create_autospec

import pytest

from pipeline.local.endpoints.fleet import Fleet
from pipeline.local.endpoints.route import Route
from pipeline.local.endpoints.variant import Variant


def fleet(*names: str) -> Any:
    """A fleet that chooses its first variant."""
    made = create_autospec(Fleet, instance=True)
    made.variants = tuple(create_autospec(Variant, instance=True) for _ in names)
    for variant, name in zip(made.variants, names, strict=True):
        variant.name = name
    made.choose.return_value = made.variants[0]
    made.find.side_effect = lambda wanted: next((each for each in made.variants if each.name == wanted), None)
    return made


OLD, NEW = fleet("a", "b"), fleet("a", "c")


@pytest.mark.parametrize(
    ("share", "target", "point", "expected"),
    [
        pytest.param(0.0, None, 0.0, (OLD, "a"), id="no-share"),
        pytest.param(0.25, None, 0.24, (NEW, "a"), id="within-the-share"),
        pytest.param(0.25, None, 0.25, (OLD, "a"), id="beyond-the-share"),
        pytest.param(1.0, None, 0.99, (NEW, "a"), id="all"),
        pytest.param(0.25, "a", 0.24, (NEW, "a"), id="target-of-both-new"),
        pytest.param(0.25, "a", 0.25, (OLD, "a"), id="target-of-both-old"),
        pytest.param(0.25, "b", 0.0, (OLD, "b"), id="target-of-the-old-only"),
        pytest.param(0.25, "c", 0.99, (NEW, "c"), id="target-of-the-new-only"),
        pytest.param(0.0, "c", 0.0, None, id="target-without-share"),
        pytest.param(0.25, "d", 0.0, None, id="no-such-target"),
    ],
)
def test_where_a_request_goes(
    share: float, target: str | None, point: float, expected: tuple[Any, str] | None
) -> None:
    found = Route(OLD, NEW, share).choose(target, lambda: point)
    assert (found and (found[0], found[1].name)) == expected


def test_the_variants_that_can_be_asked() -> None:
    assert Route(OLD).names() == ["a", "b"]
    assert Route(OLD, NEW, 0.0).names() == ["a", "b"]
    assert Route(OLD, NEW, 0.5).names() == ["a", "b", "c"]
