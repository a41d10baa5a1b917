from __future__ import annotations

import pytest

from pipeline.config.document import parse
from pipeline.config.node import Block, Path, find, key_mark_of, mark_of, merged, plain_data
from pipeline.config.source import Source


def tree(text: str, file: str = "c.yaml") -> Block:
    return parse(Source(file, tuple(text.split("\n")))).root


ROOT = tree("a:\n  b: [x, yy]\nc: 1")


@pytest.mark.parametrize(
    ("path", "line", "column", "width"),
    [
        pytest.param((), 1, 1, 2, id="root"),
        pytest.param(("a", "b"), 2, 6, 7, id="list"),
        pytest.param(("a", "b", 1), 2, 10, 2, id="item"),
        pytest.param(("a", "b", 7), 2, 6, 7, id="no such item: the list"),
        pytest.param(("a", "z", "y"), 2, 3, 10, id="no such key: the mapping"),
        pytest.param(("c", 0), 3, 4, 1, id="into a single value: the value"),
    ],
)
def test_values_remember_their_places(path: Path, line: int, column: int, width: int) -> None:
    mark = mark_of(ROOT, path)
    assert (mark.line, mark.column, mark.width) == (line, column, width)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        pytest.param(("a", "b"), 2, 3, id="key"),
        pytest.param(("a", "z"), 2, 3, id="no such key: the mapping"),
        pytest.param((), 1, 1, id="root"),
        pytest.param(("a", "b", 0), 2, 7, id="an item has no key: the item"),
    ],
)
def test_keys_remember_their_places(path: Path, line: int, column: int) -> None:
    mark = key_mark_of(ROOT, path)
    assert (mark.line, mark.column) == (line, column)


def test_merging_replaces_lists_and_values_and_merges_mappings() -> None:
    base = tree("a: {p: 1, q: {r: 1}}\nb: [1, 2]\nc: 1", "base.yaml")
    over = tree("a: {q: {s: 2}}\nb: [3]\nd: {e: 1}", "over.yaml")
    both = merged(base, over)
    assert plain_data(both) == {"a": {"p": 1, "q": {"r": 1, "s": 2}}, "b": [3], "c": 1, "d": {"e": 1}}
    files = {path: mark_of(both, path).source.file for path in [("a", "p"), ("a", "q", "s"), ("b",), ("c",)]}
    assert list(files.values()) == ["base.yaml", "over.yaml", "over.yaml", "base.yaml"]


def test_merging_replaces_a_mapping_by_a_value_and_the_other_way_round() -> None:
    both = merged(tree("a: {p: 1}\nb: 1"), tree("a: 2\nb: {q: 1}"))
    assert plain_data(both) == {"a": 2, "b": {"q": 1}}


def test_finding_what_is_not_there() -> None:
    assert find(ROOT, ("a", "b", "x")) is None
