from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.positions import Spot, read

TEXT = '{ "a" : [1, {"b": "x\\"y"}],\n  "c": null }'


def test_every_value_has_its_spot() -> None:
    spots = read(TEXT).spots
    shown = {path: TEXT[spot.start : spot.end] for path, spot in spots.items()}
    assert shown == {
        ("a", 0): "1",
        ("a", 1, "b"): '"x\\"y"',
        ("a", 1): '{"b": "x\\"y"}',
        ("a",): '[1, {"b": "x\\"y"}]',
        ("c",): "null",
        (): TEXT,
    }
    assert spots[("c",)] == Spot(35, 39, (30, 33))
    assert spots[("a", 0)].key is None


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    text = '{"a": {"x": 1}, "b": 1, "a": 2}'
    found = read(text)
    assert found.repeated == (("a",),)
    assert found.spots[("a",)] == Spot(29, 30, (24, 27))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_json, st.sampled_from([None, 0, 3]), st.booleans())
def test_each_spot_holds_the_value_of_its_path(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    for path, spot in read(text).spots.items():
        expected: Any = value
        for part in path:
            expected = expected[part]
        assert json.loads(text[spot.start : spot.end]) == expected
        if spot.key is not None:
            assert json.loads(text[slice(*spot.key)]) == path[-1]
