from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.local.jobs.serving.formats import (
    CSV,
    JSON,
    NPY,
    Unsupported,
    decode,
    encode,
    first_known,
    table,
)

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=1, max_size=5)
)


@given(TABLES)
@pytest.mark.parametrize("kind", [JSON, CSV, NPY])
def test_what_is_written_can_be_read(kind: str, rows: list[list[float]]) -> None:
    written = encode(np.array(rows), kind)
    read = decode(written if kind == NPY else written.decode(), kind)
    assert read.reshape(len(rows), -1).tolist() == rows


@pytest.mark.parametrize(
    ("value", "accept", "written"),
    [
        ({"classes": np.array([1, 2]), "best": np.float64(0.5)}, JSON, b'{"classes": [1, 2], "best": 0.5}'),
        (np.float32(0.5), CSV, b"0.5\n"),
        ([1, 2], CSV, b"1\n2\n"),
        ([[1, 2.5], [3, 4]], CSV, b"1.0,2.5\n3.0,4.0\n"),
        (np.array(["cat", "a, b"]), CSV, b'cat\n"a, b"\n'),
    ],
)
def test_predictions_are_written(value: Any, accept: str, written: bytes) -> None:
    assert encode(value, accept) == written


def test_a_table_of_text() -> None:
    assert table("1,2\n3,4\n").tolist() == [[1, 2], [3, 4]]
    assert np.isnan(table("1,,3", empty="nan")[0, 1])
    with pytest.raises(ValueError, match="could not convert string to float: ''"):
        table("1,,3")


def test_what_is_not_known_is_named() -> None:
    with pytest.raises(Unsupported) as caught:
        decode(b"", "image/png")
    assert str(caught.value) == (
        "'image/png' is not supported by the default input_fn, which knows application/json, text/csv, "
        "application/x-npy: write an input_fn for it"
    )
    with pytest.raises(Unsupported, match=r"^'image/png' is not supported by the default output_fn, "):
        encode([1], "image/png")


def test_pickles_are_not_read() -> None:
    body = io.BytesIO()
    np.save(body, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        decode(body.getvalue(), NPY)


def test_what_is_neither_json_nor_an_array_is_named() -> None:
    with pytest.raises(TypeError, match="a set cannot be written as JSON"):
        encode({"a": {1}}, JSON)
    assert json.loads(encode(None, JSON)) is None


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (JSON, JSON),
        ("text/csv;q=0.9, application/json", CSV),
        ("image/png, application/x-npy", NPY),
        ("x", "x"),
    ],
)
def test_the_first_known_type_is_chosen(accept: str, chosen: str) -> None:
    assert first_known(accept) == chosen
