from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.document import MAX_DEPTH, brief, load, shown
from pipeline.language.problem import Path, Problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            " \n",
            Problem("D110", (), "it is empty", "a definition is a JSON object with Version and Steps"),
            id="empty",
        ),
        pytest.param(
            '{"Steps": [1,]}',
            Problem(
                "D110",
                (),
                "it is not JSON: Expecting value: line 1 column 14 (char 13)",
                "remove the comma before ']'",
            ),
            id="comma before a bracket",
        ),
        pytest.param(
            "{'Steps': []}",
            Problem(
                "D110",
                (),
                "it is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
                "texts and keys stand in double quotes",
            ),
            id="single quotes",
        ),
        pytest.param(
            '{\n  // why\n  "Steps": []}',
            Problem(
                "D110",
                (),
                "it is not JSON: Expecting property name enclosed in double quotes: line 2 column 3 (char 4)",
                "JSON has no comments",
            ),
            id="comment",
        ),
        pytest.param(
            '{"Enabled": True}',
            Problem(
                "D110",
                (),
                "it is not JSON: Expecting value: line 1 column 13 (char 12)",
                "JSON writes null, true and false",
            ),
            id="True",
        ),
        pytest.param(
            '{"Steps": [',
            Problem(
                "D110",
                (),
                "it is not JSON: Expecting value: line 1 column 12 (char 11)",
                "the text ends too early: it may have been cut off",
            ),
            id="cut off",
        ),
        pytest.param(
            "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
            Problem(
                "D112",
                (),
                "it is nested deeper than 100 levels",
                "flatten it: no step needs such a value",
            ),
            id="deep",
        ),
    ],
)
def test_texts_that_are_not_read(text: str, problem: Problem) -> None:
    assert load(text) == (None, (problem,))


def test_a_key_that_stands_twice_is_told_where_it_stands() -> None:
    text = '{"A": 1, "Steps": [{"Name": "x", "Name": "y", "Name": "z"}], "A": 2}'
    value, problems = load(text)
    assert value == {"A": 2, "Steps": [{"Name": "z"}]}
    assert [(problem.path, problem.message) for problem in problems] == [
        (("Steps", 0, "Name"), "Steps[0] has the key 'Name' twice"),
        (("A",), "the definition has the key 'A' twice"),
    ]
    assert {(problem.code, problem.at_key, problem.hint) for problem in problems} == {
        ("D111", True, "keep one of the two")
    }


def test_what_only_python_takes_is_told_where_it_stands() -> None:
    assert load('{"a": [1, NaN], "b": -Infinity}') == (
        {"a": [1, None], "b": None},
        (
            Problem("D110", ("a", 1), "a[1] is NaN, which is no JSON", "JSON has finite numbers only"),
            Problem("D110", ("b",), "b is -Infinity, which is no JSON", "JSON has finite numbers only"),
        ),
    )


def test_as_deep_as_is_read() -> None:
    assert load("[" * MAX_DEPTH + "]" * MAX_DEPTH)[1] == ()


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_json, st.sampled_from([None, 2]))
def test_json_is_read_as_python_reads_it(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    assert load(text) == (json.loads(text), ())


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    load(text)


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("Steps",), "Steps"), (("Steps", 0, "Arguments", "a b"), "Steps[0].Arguments.a b")],
)
def test_paths_are_shown_as_readers_know_them(path: Path, text: str) -> None:
    assert shown(path) == text


def test_long_values_are_cut_off() -> None:
    assert brief({"a": "é"}) == '{"a": "é"}'
    assert brief("x" * 100, 10) == '"xxxxxxxx…'
