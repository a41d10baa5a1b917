from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.local.jobs.lines import LineSplitter


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        pytest.param([b"a\nb\n"], ["a", "b"], id="two-lines"),
        pytest.param([b"a", b"b\n", b"c"], ["ab", "c"], id="in-pieces"),
        pytest.param([b"a\r\n\n"], ["a", ""], id="carriage-return-and-empty-line"),
        pytest.param([b"10%\r20%\r\n"], ["10%\r20%"], id="progress-bar"),
        pytest.param([b"caf\xe9\n"], ["caf\ufffd"], id="not-utf-8"),
        pytest.param([b"\xc3", b"\xa9\n"], ["é"], id="character-in-two-pieces"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_bytes_become_lines(pieces: list[bytes], lines: list[str]) -> None:
    splitter = LineSplitter()
    got = [line for piece in pieces for line in splitter.feed(piece)]
    assert got + splitter.flush() == lines


@pytest.mark.parametrize("size", [1, 7, 500])
def test_a_long_line_is_cut_and_the_next_one_is_whole(size: int) -> None:
    splitter = LineSplitter(limit=100)
    data = b"x" * 300 + b"\n" + b"y" * 100 + b"\nz"
    lines = [line for at in range(0, len(data), size) for line in splitter.feed(data[at : at + size])]
    assert lines == [
        "x" * 46 + " … (cut: the line is longer than a log event may be)",
        "y" * 100,
    ]
    assert len(lines[0].encode()) <= 100
    assert splitter.flush() == ["z"]


def test_a_long_line_is_not_held() -> None:
    splitter = LineSplitter(limit=100)
    for _ in range(1000):
        splitter.feed(b"x" * 1000)
    assert len(splitter._rest) <= 101


@settings(deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_how_the_bytes_arrive_does_not_matter(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    whole, parts = LineSplitter(limit=80), LineSplitter(limit=80)
    expected = whole.feed(data) + whole.flush()
    assert [line for piece in pieces for line in parts.feed(piece)] + parts.flush() == expected
