import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.difference.values import lines_between
from tests.definitions import get

HASH = "a" * 64
OTHER = "b" * 64


def told(old: object, new: object) -> list[str]:
    return [line for key in lines_between(old, new) for line in key.lines()]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="same"),
        pytest.param({"a": 1}, {"a": 1.0}, [], id="numbers as JSON has them"),
        pytest.param({"a": 1}, {"a": True}, ["~ a: 1 → true"], id="a number is no Boolean"),
        pytest.param({"a": "1"}, {"a": 1}, ['~ a: "1" → 1'], id="nor text"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": 2}}, ["~ a.b: 1 → 2"], id="below"),
        pytest.param({"a": 1}, {}, ["- a: 1"], id="gone"),
        pytest.param({}, {"a": {"c": 1, "b": [1, 2]}}, ["+ a.b: 1, 2", "+ a.c: 1"], id="new"),
        pytest.param({}, {"a": {}}, ["+ a: {}"], id="new and empty"),
        pytest.param({"a": [1]}, {"a": {"b": 1}}, ["~ a: 1 → {b: 1}"], id="another kind of value"),
        pytest.param({"a b": 1}, {"a b": 2}, ["~ ['a b']: 1 → 2"], id="a key with a space"),
        pytest.param({"a": {"b.c": 1}}, {"a": {"b.c": 2}}, ["~ a['b.c']: 1 → 2"], id="a key with a dot"),
        pytest.param(
            {"validation:accuracy": 1},
            {"validation:accuracy": 2},
            ["~ validation:accuracy: 1 → 2"],
            id="colon",
        ),
        pytest.param({"a": get("Parameters.A")}, {"a": "x"}, ["~ a: ${A} → x"], id="expression"),
        pytest.param(
            {"I": [{"ChannelName": "x", "T": 1}, {"ChannelName": "y", "T": 2}]},
            {"I": [{"ChannelName": "y", "T": 3}, {"ChannelName": "x", "T": 1}]},
            ["~ I[y].T: 2 → 3"],
            id="named items in another order",
        ),
        pytest.param(
            {"I": [{"InputName": "x", "T": 1}]},
            {"I": [{"InputName": "y", "T": 1}]},
            ["+ I[y].T: 1", "- I[x].T: 1"],
            id="another name",
        ),
        pytest.param(
            {"C": [{"L": 1}, {"L": 2}]},
            {"C": [{"L": 0}, {"L": 1}, {"L": 2}, {"L": 3}]},
            ["+ C[0]: {L: 0}", "+ C[3]: {L: 3}"],
            id="items without names are added",
        ),
        pytest.param(
            {"C": [{"L": 1}, {"L": 2}, {"L": 1}]},
            {"C": [{"L": 1}, {"L": 2}]},
            ["- C[2]: {L: 1}"],
            id="items without names are removed",
        ),
        pytest.param(
            {"C": [{"L": 1}, {"L": 2}]}, {"C": [{"L": 3}]}, ["~ C: {L: 1}, {L: 2} → {L: 3}"], id="others"
        ),
        pytest.param(
            {"Tags": [{"Key": "a", "Value": "1"}]},
            {"Tags": [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}]},
            ["~ Tags[a]: 1 → 2", "+ Tags[b]: 3"],
            id="tags",
        ),
        pytest.param(
            {"I": [{"Name": "x", "T": 1}, {"Name": "x", "T": 2}]},
            {"I": [{"Name": "x", "T": 2}, {"Name": "x", "T": 1}]},
            ["~ I[0].T: 1 → 2", "~ I[1].T: 2 → 1"],
            id="one name twice",
        ),
        pytest.param({"DependsOn": ["a", "b"]}, {"DependsOn": ["b", "a"]}, [], id="order of a set"),
        pytest.param({"DependsOn": ["a"]}, {"DependsOn": ["b", "a"]}, ["~ DependsOn: a → b, a"], id="set"),
        pytest.param(
            {"Names": ["a", "b"]}, {"Names": ["b", "a"]}, ["~ Names: a, b → b, a"], id="order of a list"
        ),
        pytest.param(
            {"C": [{"Image": "a"}, {"Image": "b"}]},
            {"C": [{"Image": "a"}, {"Image": "c"}]},
            ["~ C[1].Image: b → c"],
            id="items without names",
        ),
        pytest.param(
            {"C": [{"Image": "a"}]}, {"C": []}, ["~ C: {Image: a} → []"], id="fewer items without names"
        ),
        pytest.param(
            {"Args": ["--a", "1", "--b", "2"]},
            {"Args": ["--a", "1", "--b", "3"]},
            ["~ Args[--b]: 2 → 3"],
            id="command line arguments",
        ),
        pytest.param(
            {"Args": ["--a", "1", "--b", "2"]},
            {"Args": ["--a", "1", "--c", "3"]},
            ["+ Args[--c]: 3", "- Args[--b]: 2"],
            id="another argument",
        ),
        pytest.param(
            {"Args": ["--a", "1", "--b", "2"]},
            {"Args": ["--b", "2", "--a", "1"]},
            ["~ Args: --a, 1, --b, 2 → --b, 2, --a, 1"],
            id="arguments in another order",
        ),
        pytest.param(
            {"Args": ["--a", "1"]}, {"Args": ["--a"]}, ["~ Args: --a, 1 → --a"], id="half an argument"
        ),
        pytest.param(
            {"a": "x" * 60}, {"a": "y" * 60}, ["~ a:", "      " + "x" * 60, "    → " + "y" * 60], id="long"
        ),
    ],
)
def test_lines(old: Any, new: Any, lines: list[str]) -> None:
    assert told(old, new) == lines


@pytest.mark.parametrize(
    ("old", "new", "is_program"),
    [
        pytest.param(f"s3://b/p/code/{HASH}/v.pyz", f"s3://b/p/code/{OTHER}/v.pyz", True, id="hash"),
        pytest.param(f"s3://b/p/code/{HASH}/v.pyz", f"s3://c/p/code/{OTHER}/v.pyz", False, id="bucket too"),
        pytest.param(f"s3://b/p/code/{HASH}/v.pyz", f"s3://b/p/code/{OTHER}/e.pyz", False, id="program too"),
        pytest.param(f"s3://b/p/code/{HASH}/v.pyz", "s3://b/p/code/v.pyz", False, id="no hash"),
    ],
)
def test_the_hash_of_a_program_is_told_apart(old: str, new: str, is_program: bool) -> None:
    assert [line.is_program for line in lines_between({"S3Uri": old}, {"S3Uri": new})] == [is_program]


KEYS = st.sampled_from(["A", "B", "Name", "Key", "Value", "DependsOn", "ChannelName", "Get", "Args", "x y"])
SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "--a", "--b", "${A}"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def shuffled(value: Any, dice: random.Random) -> Any:
    """The value with the keys of its maps, and what `Name` names, in another order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key], dice) for key in dice.sample(sorted(value), len(value))}
    if isinstance(value, list):
        items = [shuffled(item, dice) for item in value]
        names = [item.get("Name") if isinstance(item, dict) else None for item in items]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            dice.shuffle(items)
        return items
    return value


@given(VALUES, st.randoms(use_true_random=False))
def test_order_is_no_difference(value: Any, dice: random.Random) -> None:
    assert told(value, shuffled(copy.deepcopy(value), dice)) == []


@given(VALUES, VALUES)
def test_every_difference_is_told_the_same_from_both_sides(old: Any, new: Any) -> None:
    there, back = list(lines_between(old, new)), list(lines_between(new, old))
    assert len(there) == len(back)
    assert all(line.old != line.new for line in there)
    if not there:
        assert told(shuffled(old, random.Random(1)), new) == []


def changed(value: Any, dice: random.Random) -> Any:
    """The value with one thing in it made another."""
    if isinstance(value, dict) and value:
        key = dice.choice(sorted(value))
        return {**value, key: changed(value[key], dice)}
    if isinstance(value, list) and value:
        index = dice.randrange(len(value))
        return [*value[:index], changed(value[index], dice), *value[index + 1 :]]
    return "something else"


@given(VALUES, st.randoms(use_true_random=False))
def test_any_change_is_a_difference(value: Any, dice: random.Random) -> None:
    assert told(value, changed(value, dice)) != []
