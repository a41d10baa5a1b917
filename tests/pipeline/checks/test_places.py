from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.places import Places, findings
from pipeline.errors import Code
from pipeline.language import positions
from pipeline.language.problem import Path, Problem

TEXT = """{
  "Steps": [
    {
      "Name": "Train",
      "Arguments": {
        "RoleArn": "x"
      },
      "DependsOn": ["A",
        "B", {
          "Step": "C"}, []]
    }
  ]
}"""


def at(path: Path, text: str = TEXT, at_key: bool = False) -> tuple[int, int, int]:
    mark = Places(text, "d.json").mark(Problem("D1", path, "what", at_key=at_key))
    return mark.line, mark.column, mark.width


@pytest.mark.parametrize(
    ("path", "at_key", "place"),
    [
        pytest.param(("Steps", 0, "Arguments", "RoleArn"), False, (6, 20, 3), id="value"),
        pytest.param(("Steps", 0, "Arguments", "RoleArn"), True, (6, 9, 9), id="key"),
        pytest.param(("Steps", 0, "Arguments"), False, (5, 7, 11), id="the key of an object"),
        pytest.param(("Steps", 0), False, (4, 15, 7), id="the name of a step"),
        pytest.param(("Steps", 0, "DependsOn", 1), False, (9, 9, 3), id="item"),
        pytest.param(("Steps", 0, "DependsOn", 2), False, (10, 11, 6), id="the first key of an object"),
        pytest.param(("Steps", 0, "DependsOn", 3), False, (10, 25, 1), id="empty list"),
        pytest.param(("Steps",), False, (2, 3, 7), id="list"),
        pytest.param((), False, (1, 1, 1), id="all"),
        pytest.param(("Steps", 0, "Gone", "X"), True, (4, 15, 7), id="what is not there"),
    ],
)
def test_places(path: Path, at_key: bool, place: tuple[int, int, int]) -> None:
    assert at(path, at_key=at_key) == place


def test_a_text_that_is_not_json_is_shown_where_it_ends_to_be() -> None:
    assert at((), '{"a": 1,\n "b" 2}') == (2, 6, 1)
    assert at((), "") == (1, 1, 1)


def test_a_text_that_is_nested_too_deep_has_a_place() -> None:
    assert at((), "[" * 900 + "]" * 900) == (1, 1, 1)


def test_a_minified_text_is_shown_around_the_culprit() -> None:
    text = json.dumps({"Filler": "x" * 500, "Steps": [{"Name": "Train"}], "More": "y" * 500})
    (found,) = findings(
        [Problem("D1", ("Steps", 0, "Name"), "what", "do this", "for this")],
        text,
        "d.json",
        {"D1": Code("slug", "meaning")},
    )
    column = text.index('"Train"') + 1
    assert str(found) == (
        f"d.json:1:{column}: error D1 slug: what\n"
        f"    1 | {text[column - 51 : column + 49]}\n"
        f"      | {' ' * 50}^^^^^^^\n"
        "  why:  for this\n"
        "  hint: do this"
    )


def test_findings_come_in_the_order_of_the_text() -> None:
    found = findings(
        [
            Problem("D1", ("Steps", 0, "DependsOn"), "later", severity="warning"),
            Problem("D1", ("Steps", 0, "Arguments"), "a\x1b[2J"),
        ],
        TEXT,
        "d.json",
        {"D1": Code("slug", "meaning")},
    )
    assert [(finding.message, finding.severity) for finding in found] == [
        ("a·[2J", "error"),
        ("later", "warning"),
    ]


def test_windows_line_ends_stay_out_of_excerpts() -> None:
    mark = Places('{\r\n"a": 1\r\n}', "d.json").mark(Problem("D1", ("a",), "what"))
    assert mark.excerpt() == '    1 | {\n    2 | "a": 1\n      |      ^'


_json = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(_json, st.sampled_from([None, 1]), st.booleans(), st.data())
def test_every_path_has_a_place_inside_the_text(
    value: Any, indent: int | None, at_key: bool, data: st.DataObject
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    path = data.draw(st.sampled_from(sorted(positions.read(text).spots, key=str)))
    line, column, width = at(path, text, at_key)
    lines = text.split("\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= column + width - 1 <= max(1, len(lines[line - 1]))
