from __future__ import annotations

import pytest

from pipeline.suggestion import listed, nearest, suggestion


@pytest.mark.parametrize(
    ("name", "near"),
    [("Trian", "Train"), ("train", "Train"), ("TRAIN-MODEL", "Train-Model"), ("xyz", None), ("", None)],
)
def test_the_nearest_name(name: str, near: str | None) -> None:
    assert nearest(name, ["Train", "Train-Model", "Validate"]) == near


def test_of_several_near_names_one_that_begins_alike() -> None:
    assert nearest("retries", ["pretrained", "environment", "retry"]) == "retry"


def test_a_suggestion_falls_back_on_other_advice() -> None:
    assert suggestion("Trian", ["Train"]) == "did you mean 'Train'?"
    assert suggestion("xyz", ["Train"], "declare it") == "declare it"
    assert suggestion("xyz", []) is None


def test_long_lists_are_cut_off() -> None:
    assert listed([]) == "none"
    assert listed("ab") == "a, b"
    assert listed("abcdefghijkl") == "a, b, c, d, e, f, g, h, i, j, … and 2 more"
