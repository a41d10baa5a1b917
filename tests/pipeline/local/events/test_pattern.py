from __future__ import annotations

import fnmatch
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.local.events.pattern import PatternError, compile_pattern

EVENT: dict[str, Any] = {
    "source": "aws.sagemaker",
    "detail-type": "SageMaker Training Job State Change",
    "account": "123456789012",
    "time": "2026-11-23T01:02:03Z",
    "resources": ["arn:one", "arn:two"],
    "detail": {
        "status": "Completed",
        "file": "train/_READY.txt",
        "path": "a/lib/b",
        "count": 5,
        "limit": 301.8,
        "ip": "10.0.0.33",
        "ok": True,
        "gone": None,
        "empty": "",
        "none": [],
        "inside": {"deep": {"value": "x"}},
        "people": [
            {"first": "Ada", "last": "Byron"},
            {"first": "Alan", "last": "Turing"},
            [{"first": "Emmy"}],
        ],
    },
}


def matches(pattern: dict[str, Any], event: dict[str, Any] = EVENT) -> bool:
    return compile_pattern(json.dumps(pattern))(event)


@pytest.mark.parametrize(
    ("matchers", "expected"),
    [
        pytest.param({"status": ["Completed"]}, True, id="equal"),
        pytest.param({"status": ["completed"]}, False, id="case counts"),
        pytest.param({"status": ["Failed", "Completed"]}, True, id="any of the values"),
        pytest.param({"status": ["Completed"], "count": [6]}, False, id="all of the fields"),
        pytest.param({"count": [5.0]}, True, id="numbers by value"),
        pytest.param({"count": ["5"]}, False, id="a number is no text"),
        pytest.param({"ok": [1]}, False, id="true is not 1"),
        pytest.param({"ok": [True]}, True, id="true"),
        pytest.param({"gone": [None]}, True, id="null"),
        pytest.param({"status": [None]}, False, id="not null"),
        pytest.param({"missing": [None]}, False, id="absent is not null"),
        pytest.param({"empty": [""]}, True, id="empty"),
        pytest.param({"file": [{"prefix": "train/"}]}, True, id="prefix"),
        pytest.param({"file": [{"prefix": "Train/"}]}, False, id="prefix, case counts"),
        pytest.param({"file": [{"prefix": {"equals-ignore-case": "TRAIN"}}]}, True, id="prefix, any case"),
        pytest.param({"count": [{"prefix": "5"}]}, False, id="prefix of a number"),
        pytest.param({"file": [{"suffix": "_READY.txt"}]}, True, id="suffix"),
        pytest.param(
            {"file": [{"suffix": {"equals-ignore-case": "ready.TXT"}}]}, True, id="suffix, any case"
        ),
        pytest.param({"status": [{"equals-ignore-case": "COMPLETED"}]}, True, id="equals-ignore-case"),
        pytest.param({"path": [{"wildcard": "*/lib/*"}]}, True, id="wildcard"),
        pytest.param({"path": [{"wildcard": "*/lib"}]}, False, id="wildcard stands for the whole"),
        pytest.param({"path": [{"wildcard": "a\\*"}]}, False, id="escaped star"),
        pytest.param({"path": [{"wildcard": "a/*/lib/b"}]}, False, id="wildcard parts do not overlap"),
        pytest.param({"path": [{"wildcard": "*"}]}, True, id="wildcard alone"),
        pytest.param({"path": [{"wildcard": "a/lib/b"}]}, True, id="wildcard without stars"),
        pytest.param({"status": [{"anything-but": "Failed"}]}, True, id="anything-but"),
        pytest.param(
            {"status": [{"anything-but": ["Failed", "Completed"]}]}, False, id="anything-but a list"
        ),
        pytest.param({"count": [{"anything-but": [5, 6]}]}, False, id="anything-but numbers"),
        pytest.param({"missing": [{"anything-but": "x"}]}, False, id="anything-but needs the field"),
        pytest.param({"status": [{"anything-but": {"prefix": "Fail"}}]}, True, id="anything-but prefix"),
        pytest.param(
            {"status": [{"anything-but": {"prefix": ["F", "C"]}}]}, False, id="anything-but prefixes"
        ),
        pytest.param({"file": [{"anything-but": {"suffix": ".png"}}]}, True, id="anything-but suffix"),
        pytest.param(
            {"status": [{"anything-but": {"equals-ignore-case": "completed"}}]}, False, id="anything-but case"
        ),
        pytest.param(
            {"path": [{"anything-but": {"wildcard": "*/lib/*"}}]}, False, id="anything-but wildcard"
        ),
        pytest.param({"count": [{"numeric": [">", 0, "<=", 5]}]}, True, id="numeric range"),
        pytest.param({"count": [{"numeric": ["<", 5]}]}, False, id="numeric"),
        pytest.param({"limit": [{"numeric": ["=", 3.018e2]}]}, True, id="numeric equal"),
        pytest.param({"status": [{"numeric": ["=", 5]}]}, False, id="numeric of a text"),
        pytest.param({"ok": [{"numeric": ["=", 1]}]}, False, id="numeric of true"),
        pytest.param({"ip": [{"cidr": "10.0.0.0/24"}]}, True, id="cidr"),
        pytest.param({"ip": [{"cidr": "10.1.0.0/16"}]}, False, id="another cidr"),
        pytest.param({"status": [{"cidr": "10.1.0.0/16"}]}, False, id="cidr of no address"),
        pytest.param({"count": [{"exists": True}]}, True, id="exists"),
        pytest.param({"gone": [{"exists": True}]}, True, id="null exists"),
        pytest.param({"missing": [{"exists": False}]}, True, id="does not exist"),
        pytest.param({"inside": [{"exists": True}]}, False, id="exists looks at leaves"),
        pytest.param({"inside": [{"exists": False}]}, True, id="an object is no leaf"),
        pytest.param({"none": [{"exists": True}]}, False, id="an empty list holds nothing"),
        pytest.param({"missing": [{"exists": False}, "x"]}, True, id="absent or a value"),
        pytest.param({"inside": {"deep": {"value": ["x"]}}}, True, id="nested"),
        pytest.param({"inside": {"other": {"value": [{"exists": False}]}}}, True, id="absent below nothing"),
        pytest.param({"people": {"first": ["Alan"]}}, True, id="objects in a list"),
        pytest.param({"people": {"first": ["Emmy"]}}, True, id="lists in a list"),
        pytest.param({"people": {"first": ["Ada"], "last": ["Turing"]}}, False, id="one element, not two"),
        pytest.param({"people": {"last": [{"exists": False}]}}, False, id="absent from all elements"),
        pytest.param({"$or": [{"count": [9]}, {"status": ["Completed"]}]}, True, id="or"),
        pytest.param({"$or": [{"count": [9]}, {"status": ["x"]}]}, False, id="or, neither"),
        pytest.param({"count": [9], "$or": [{"ok": [True]}, {"count": [5]}]}, False, id="and or"),
        pytest.param(
            {"$or": [{"$or": [{"count": [9]}, {"count": [5]}], "ok": [True]}, {"count": [1]}]},
            True,
            id="or inside of or",
        ),
    ],
)
def test_fields_of_the_detail(matchers: dict[str, Any], expected: bool) -> None:
    assert matches({"detail": matchers}) is expected


def test_a_wildcard_takes_its_time_but_no_more() -> None:
    pattern = {"detail": {"text": [{"wildcard": "*".join(["a"] * 30) + "*b"}]}}
    assert not matches(pattern, {"detail": {"text": "a" * 20_000}})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param({"source": ["aws.sagemaker"], "time": [{"prefix": "2026-11-23"}]}, True, id="envelope"),
        pytest.param({"resources": ["arn:two"]}, True, id="one of a list"),
        pytest.param({"resources": [{"anything-but": "arn:one"}]}, True, id="one that is another"),
        pytest.param({"resources": ["arn:three"]}, False, id="none of a list"),
        pytest.param({"source": {"x": ["y"]}}, False, id="a text is no object"),
    ],
)
def test_fields_of_the_envelope(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern) is expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("{", "Invalid JSON: .*", id="no JSON"),
        pytest.param("[]", "Filter is not an object", id="a list"),
        pytest.param("{}", "Empty objects are not allowed", id="empty"),
        pytest.param('{"a": []}', "Empty arrays are not allowed", id="an empty list"),
        pytest.param('{"a": "x"}', '"a" must be an object or an array', id="a bare value"),
        pytest.param(
            '{"a": [["x"]]}', 'Match value of "a" must be String, number, true.*', id="a list in a list"
        ),
        pytest.param('{"a": [{"like": "x"}]}', "Unrecognized match type like", id="unknown operator"),
        pytest.param('{"a": [{"prefix": "x", "suffix": "y"}]}', "Only one key allowed.*", id="two operators"),
        pytest.param(
            '{"a": [{"prefix": 5}]}', "prefix match pattern must be a string", id="prefix of a number"
        ),
        pytest.param(
            '{"a": [{"wildcard": "x**"}]}', "Consecutive wildcard characters at pos 2", id="two stars"
        ),
        pytest.param(r'{"a": [{"wildcard": "x\\y"}]}', "Invalid escape character at pos 1", id="escape"),
        pytest.param('{"a": [{"numeric": ["!", 5]}]}', "Unrecognized numeric range operator: !", id="sign"),
        pytest.param('{"a": [{"numeric": [">", "5"]}]}', "Value of > must be numeric", id="number"),
        pytest.param('{"a": [{"numeric": [">", 5, "<", 1]}]}', "Bottom must be less than top", id="range"),
        pytest.param('{"a": [{"numeric": ["<", 6e9]}]}', "Value must be between .*", id="too large"),
        pytest.param('{"a": [{"anything-but": ["x", 5]}]}', "Inside anything but list, .*", id="mixed"),
        pytest.param(
            '{"a": [{"anything-but": {"numeric": [">", 5]}}]}', "Unsupported anything-but.*", id="not"
        ),
        pytest.param('{"a": [{"cidr": "10.0.0"}]}', "Malformed CIDR, .*", id="cidr"),
        pytest.param('{"a": [{"exists": "yes"}]}', "exists match pattern must be .*", id="exists"),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PatternError, match=f"^{reason}$"):
        compile_pattern(text)


# A reference in the manner of Event Ruler: the event becomes a list of fields, each with the elements of
# lists that it stands in, if those are objects; the pattern becomes alternatives of flat fields; those of one
# match may not stand in different elements of the same list.

Place = tuple[tuple[str, int], ...]
Flat = list[tuple[str, Any, Place]]


def flat(value: Any, path: str = "", place: Place = ()) -> Flat:
    if isinstance(value, dict):
        return [each for key, item in value.items() for each in flat(item, f"{path}.{key}", place)]
    if isinstance(value, list):
        name = f"{path}[]"
        return [
            each
            for index, item in enumerate(value)
            for each in flat(
                item, path, (*place, (f"{name}@{place}", index)) if isinstance(item, dict) else place
            )
        ]
    return [(path, value, place)]


def alternatives(pattern: dict[str, Any], path: str = "") -> Iterator[list[tuple[str, list[Any]]]]:
    choices: list[list[list[tuple[str, list[Any]]]]] = []
    for key, value in pattern.items():
        if key == "$or":
            choices.append([each for one in value for each in alternatives(one, path)])
        elif isinstance(value, dict):
            choices.append(list(alternatives(value, f"{path}.{key}")))
        else:
            choices.append([[(f"{path}.{key}", value)]])
    for choice in itertools.product(*choices):
        yield [each for part in choice for each in part]


def fits(value: Any, matcher: Any) -> bool:
    if not isinstance(matcher, dict):
        return json.dumps(value) == json.dumps(matcher)
    ((name, wanted),) = matcher.items()
    if name == "anything-but":
        wanted = wanted if isinstance(wanted, list | dict) else [wanted]
        return not fits(value, wanted) if isinstance(wanted, dict) else value not in wanted
    if name == "numeric":
        words = [
            f"value {'==' if sign == '=' else sign} {number}"
            for sign, number in zip(wanted[::2], wanted[1::2], strict=True)
        ]
        return isinstance(value, int) and eval(" and ".join(words), {"value": value})
    if name == "exists":
        return bool(wanted)
    if not isinstance(value, str):
        return False
    forms = {"prefix": f"{wanted}*", "suffix": f"*{wanted}", "wildcard": wanted}
    return fnmatch.fnmatchcase(value, forms[name])


def reference(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    fields = flat(event)

    def candidates(path: str, matchers: list[Any]) -> list[Place]:
        found = [
            place for name, value, place in fields if name == path and any(fits(value, m) for m in matchers)
        ]
        if {"exists": False} in matchers and not any(name == path for name, _, _ in fields):
            found.append(())
        return found

    for wanted in alternatives(pattern):
        for choice in itertools.product(*(candidates(*field) for field in wanted)):
            chosen: dict[str, set[int]] = {}
            for name, index in itertools.chain(*choice):
                chosen.setdefault(name, set()).add(index)
            if all(len(indices) == 1 for indices in chosen.values()):
                return True
    return False


KEYS = st.sampled_from(["a", "b", "c"])
WORDS = st.text("xy", max_size=3)
LEAVES = WORDS | st.integers(0, 3)
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES | st.lists(LEAVES, max_size=2),
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=3)
        | st.lists(st.dictionaries(KEYS, inner, max_size=2), min_size=1, max_size=3)
    ),
    max_leaves=8,
)
MATCHERS = st.one_of(
    LEAVES,
    st.builds(lambda text: {"prefix": text}, WORDS),
    st.builds(lambda text: {"suffix": text}, WORDS),
    st.builds(lambda text: {"wildcard": f"*{text}*"}, st.text("xy", min_size=1, max_size=2)),
    st.builds(lambda text: {"anything-but": text}, WORDS),
    st.builds(lambda text: {"anything-but": {"prefix": text}}, WORDS),
    st.builds(lambda low: {"numeric": [">", low, "<=", low + 2]}, st.integers(-1, 2)),
    st.builds(lambda value: {"exists": value}, st.booleans()),
)
PATTERNS: st.SearchStrategy[Any] = st.recursive(
    st.dictionaries(KEYS, st.lists(MATCHERS, min_size=1, max_size=2), min_size=1, max_size=2),
    lambda inner: (
        st.dictionaries(KEYS, inner, min_size=1, max_size=2)
        | st.builds(lambda one, two: {"$or": [one, two]}, inner, inner)
        | st.builds(lambda one, two: {**one, **two}, inner, inner)
    ),
    max_leaves=4,
)


@given(PATTERNS, st.dictionaries(KEYS, VALUES, max_size=3))
def test_it_agrees_with_the_reference(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert matches(pattern, event) is reference(pattern, event)
