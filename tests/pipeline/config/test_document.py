from __future__ import annotations

import pytest

from pipeline.config.document import parse, plain_value
from pipeline.config.node import Value, plain_data
from pipeline.config.source import Source
from pipeline.errors import ConfigError


def read(text: str) -> object:
    return plain_data(parse(Source("c.yaml", tuple(text.split("\n")))).root)


def refused(text: str) -> str:
    """What is wrong, whether or not the rest could be read."""
    try:
        findings = parse(Source("c.yaml", tuple(text.split("\n")))).findings
    except ConfigError as error:
        findings = error.findings
    return "\n\n".join(map(str, findings))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("true", True, id="true"),
        pytest.param("False", False, id="capital false"),
        pytest.param("yes", "yes", id="yes is a text"),
        pytest.param("no", "no", id="no is a text"),
        pytest.param("on", "on", id="on is a text"),
        pytest.param("", None, id="nothing"),
        pytest.param("~", None, id="tilde"),
        pytest.param("null", None, id="null"),
        pytest.param("12", 12, id="integer"),
        pytest.param("-3", -3, id="negative"),
        pytest.param("010", 10, id="not octal"),
        pytest.param("1_000", "1_000", id="underscore"),
        pytest.param("12:30", "12:30", id="not base 60"),
        pytest.param("2026-11-01", "2026-11-01", id="not a date"),
        pytest.param("0.5", 0.5, id="float"),
        pytest.param("1e-4", 1e-4, id="exponent without a point"),
        pytest.param("1.", 1.0, id="point at the end"),
        pytest.param(".5", 0.5, id="point at the start"),
        pytest.param(".inf", float("inf"), id="infinity"),
        pytest.param("3,224,224", "3,224,224", id="commas"),
        pytest.param("9" * 5000, "9" * 5000, id="more digits than an int may have"),
        pytest.param("e5", "e5", id="no digits"),
    ],
)
def test_plain_values_follow_yaml_1_2(text: str, value: Value) -> None:
    assert plain_value(text) == value
    assert type(plain_value(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: '1'", {"a": "1"}, id="quotes make a text"),
        pytest.param("a: [1, b, {c: d}]", {"a": [1, "b", {"c": "d"}]}, id="flow style"),
        pytest.param("a: &x [1]\nb: *x", {"a": [1], "b": [1]}, id="alias"),
        pytest.param(
            "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}",
            {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}},
            id="merge",
        ),
        pytest.param(
            "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}",
            {"a": {"p": 1}, "b": {"p": 2, "q": 2}, "c": {"p": 1, "q": 2}},
            id="of merged mappings the first wins",
        ),
        pytest.param("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}, id="block text"),
        pytest.param("a: !!str 5", {"a": "5"}, id="the tag of texts"),
        pytest.param("'on': 1", {"on": 1}, id="quoted key"),
    ],
)
def test_documents(text: str, value: object) -> None:
    assert read(text) == value


REFUSED = {
    "syntax": (
        "name: a\nimage_shape: a: b\n",
        """\
c.yaml:2:15: error C001 yaml-syntax: mapping values are not allowed here
    1 | name: a
    2 | image_shape: a: b
      |               ^
  hint: put a text that contains ': ' in quotes, or check the indentation here and one line above""",
    ),
    "tab": (
        "train:\n\tepochs: 1\n",
        """\
c.yaml:2:1: error C001 yaml-syntax: found character '\\t' that cannot start any token
    1 | train:
    2 |  epochs: 1
      | ^
  hint: indent with spaces, not with a tab""",
    ),
    "open bracket": (
        "instance_type: [ml.g5.xlarge\nname: a\n",
        """\
c.yaml:2:5: error C001 yaml-syntax: expected ',' or ']', but got ':'
    1 | instance_type: [ml.g5.xlarge
    2 | name: a
      |     ^
  note: while parsing a flow sequence at c.yaml:1:16
  hint: check the indentation, quotes and brackets here and one line above""",
    ),
    "missing colon": (
        "name\nversion: 1\n",
        """\
c.yaml:2:8: error C001 yaml-syntax: mapping values are not allowed here
    1 | name
    2 | version: 1
      |        ^
  hint: put a text that contains ': ' in quotes, or check the indentation here and one line above""",
    ),
    "unfinished key": (
        "version: 1\nname\n",
        """\
c.yaml:3:1: error C001 yaml-syntax: could not find expected ':'
    2 | name
    3 |
      | ^
  note: while scanning a simple key at c.yaml:2:1
  hint: write a colon and a space after the key""",
    ),
    "control character": (
        "name: a\nb: \x07\n",
        """\
c.yaml:2:4: error C001 yaml-syntax: character U+0007 is not allowed in YAML
    1 | name: a
    2 | b: ·
      |    ^
  hint: remove it""",
    ),
    "escape beyond Unicode": (
        'a: "\\UFFFFFFFF"\n',
        """\
c.yaml:1:1: error C001 yaml-syntax: an escape in this file stands for no character""",
    ),
    "half a character": (
        'a: "\\ud800"\n',
        """\
c.yaml:1:4: error C001 yaml-syntax: an escape stands for half a character
    1 | a: "\\ud800"
      |    ^^^^^^^^
  hint: write the character itself""",
    ),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        """\
c.yaml:2:1: error C001 yaml-syntax: but found another document
    1 | a: 1
    2 | ---
      | ^
  note: expected a single document in the stream at c.yaml:1:1
  hint: check the indentation, quotes and brackets here and one line above""",
    ),
    "empty": (
        "",
        """\
c.yaml:1:1: error C003 not-a-mapping: the file is empty
  hint: see config/pipeline.yaml for what it can hold""",
    ),
    "comments only": (
        "# nothing\n",
        """\
c.yaml:1:1: error C003 not-a-mapping: the file is empty
  hint: see config/pipeline.yaml for what it can hold""",
    ),
    "list": (
        "- a\n- b\n",
        """\
c.yaml:1:1: error C003 not-a-mapping: the file holds no keys with values, such as `name: my-pipeline`
    1 | - a
      | ^^^""",
    ),
    "duplicate key": (
        "train:\n  role: a\n  b: 1\n  role: c\n",
        """\
c.yaml:4:3: error C004 duplicate-key: 'role' appears twice in this mapping
    3 |   b: 1
    4 |   role: c
      |   ^^^^
  note: first at c.yaml:2:3; YAML would silently keep the second
  hint: keep one of them""",
    ),
    "Python tag": (
        "a: !!python/object/apply:os.system ['true']\n",
        """\
c.yaml:1:4: error C005 refused-tag: the tag !!python/object/apply:os.system is not allowed
    1 | a: !!python/object/apply:os.system ['true']
      |    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: remove the tag: a config is plain data""",
    ),
    "own tag": (
        "a: !secret x\n",
        """\
c.yaml:1:4: error C005 refused-tag: the tag !secret is not allowed
    1 | a: !secret x
      |    ^^^^^^^^^
  hint: remove the tag: a config is plain data""",
    ),
    "number as a key": (
        "1: a\n",
        """\
c.yaml:1:1: error C010 bad-key: 1 is not text, as a key must be
    1 | 1: a
      | ^
  hint: put it in quotes""",
    ),
    "list as a key": (
        "? [a]\n: b\n",
        """\
c.yaml:1:3: error C010 bad-key: this is not text, as a key must be
    1 | ? [a]
      |   ^^^
  hint: write one word before the colon""",
    ),
    "merging a list": (
        "a: {<<: [1]}\n",
        """\
c.yaml:1:10: error C103 wrong-type: '<<' takes an alias of a mapping
    1 | a: {<<: [1]}
      |          ^""",
    ),
}


@pytest.mark.parametrize(("text", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_documents(text: str, error: str) -> None:
    assert refused(text) == error


def test_several_problems_of_one_document_are_told_at_once() -> None:
    told = refused("a: 1\na: 2\nb: !x 1\n3: c\n")
    assert [line.split()[2] for line in told.splitlines() if "error" in line] == ["C004", "C005", "C010"]


READABLE = {
    "duplicate key": ("a: 1\nb: 2\na: {c: 3}\n", {"a": 1, "b": 2}),
    "tag": ("a: !x [1]\nb: 2\n", {"a": [1], "b": 2}),
    "number as a key": ("1: a\nb: 2\n", {"b": 2}),
    "half a character": ('a: "\\ud800"\nb: 2\n', {"a": "", "b": 2}),
}


@pytest.mark.parametrize(("text", "value"), READABLE.values(), ids=READABLE.keys())
def test_the_rest_of_a_document_is_read(text: str, value: object) -> None:
    assert read(text) == value


def test_what_an_alias_repeats_is_told_once() -> None:
    assert refused("a: &x {b: 1, b: 2}\nc: *x\n").count("error C004") == 1


def test_aliases_that_double_each_other_are_refused() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))
    told = refused(f"a0: &a0 [x]\n{levels}\n")
    assert "error C006 too-deep: more than 10000 values, counting what aliases repeat" in told


def test_an_alias_of_itself_is_refused() -> None:
    assert "error C006 too-deep" in refused("a: &a [*a]\n")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "], ids=["lists", "mappings", "indented lists"])
def test_deep_nesting_is_refused(opening: str) -> None:
    assert "error C006 too-deep: more than 32 levels of nesting" in refused("a:\n  " + opening * 1000)
