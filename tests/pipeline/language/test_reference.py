"""The evaluator against one that is written differently.

The evaluator goes down into an expression and gives values up. The reference rewrites text: it looks for an
innermost function in the JSON, puts its value in its place, and begins again, until none is left. It reads
paths a character at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.conditions import ConditionError, all_hold
from pipeline.language.evaluation import evaluate
from pipeline.language.expressions import ExpressionError

REFUSED = "refused"
"""The result of an expression without a value."""

WORLD: dict[str, Any] = {
    "Parameters": {"Epochs": 10, "Rate": 0.5, "Fast": True, "Bucket": "b", "Quote": 'a"b\\c'},
    "Execution": {"PipelineName": "p", "StartDateTime": "2026-01-01T00:00:00.000Z"},
    "Steps": {
        "Train": {
            "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"},
            "FinalMetricDataList": [
                {"MetricName": "val:acc", "Value": 0.9},
                {"MetricName": "loss", "Value": 1},
            ],
            "HyperParameters": {"epochs": "3", "a.b": "dot", "0": "zero"},
            "Empty": [],
            "Nothing": None,
        },
        "Check": {
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "x", "S3Output": {"S3Uri": "s3://b/x"}}]}
        },
    },
}
FILES: dict[str, Any] = {
    "Check/Report": {"n": 7, "deep": {"macro avg": [0.25, {"f1": 0.75}]}, "names": ["cat", "dog"]},
    "s3://b/e.json": {"acc": 0.95, "classes": {"cat": {"n": 2}}},
}


class World:
    """Where the evaluator finds its values."""

    def parameter(self, name: str) -> object:
        return _known(WORLD["Parameters"], name)

    def variable(self, name: str) -> object:
        return _known(WORLD["Execution"], name)

    def properties(self, step: str) -> object:
        return _known(WORLD["Steps"], step)

    def property_file(self, step: str, name: str) -> object:
        return _known(FILES, f"{step}/{name}")

    def json_at(self, uri: str) -> object:
        return _known(FILES, uri)


def _known(values: Mapping[str, object], name: str) -> object:
    if name not in values:
        raise ExpressionError(name)
    return values[name]


class NoValueError(Exception):
    """The reference finds no value."""


_INNERMOST = re.compile(r'\{"(Get|Std:Join|Std:JsonGet)": ')


def reference(expression: object) -> object:
    """The value of an expression, by rewriting its text."""
    # A value that looks like a function must not be rewritten again: values stand as numbers until the end.
    values: list[object] = []
    text = json.dumps(expression)
    while found := list(_INNERMOST.finditer(text)):
        start = found[-1].start()
        body, end = json.JSONDecoder().raw_decode(text, start)
        ((function, argument),) = body.items()
        values.append(_FUNCTIONS[function](_restored(argument, values)))
        text = f'{text[:start]}{{"#": {len(values) - 1}}}{text[end:]}'
    return _restored(json.loads(text), values)


def _restored(value: Any, values: list[object]) -> Any:
    if isinstance(value, dict):
        if set(value) == {"#"}:
            return values[value["#"]]
        return {key: _restored(item, values) for key, item in value.items()}
    return [_restored(item, values) for item in value] if isinstance(value, list) else value


def _get(text: str) -> object:
    root, *parts = _parts(text)
    if root == "Steps" and parts[1] == "PropertyFiles":
        return _File(f"{parts[0]}/{parts[2]}")
    return _down(WORLD[root], parts)


class _File(str):
    """Names a property file."""


def _join(body: dict[str, Any]) -> str:
    result, first = "", True
    for item in body["Values"]:
        if isinstance(item, dict | list | type(None)) or isinstance(body["On"], dict | list | type(None)):
            raise NoValueError
        result += ("" if first else _plain(body["On"])) + _plain(item)
        first = False
    if isinstance(body["On"], dict | list | type(None)):
        raise NoValueError
    return result


def _plain(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _json_get(body: dict[str, Any]) -> object:
    source = body.get("PropertyFile", body.get("S3Uri"))
    if not isinstance(source, str) or source not in FILES:
        raise NoValueError
    return _down(FILES[source], _parts(body["Path"]))


_FUNCTIONS: dict[str, Callable[[Any], object]] = {"Get": _get, "Std:Join": _join, "Std:JsonGet": _json_get}


def _parts(text: str) -> list[str]:
    """The parts of a path; an index is the text of its number after a space."""
    parts, word, quote, inside = [], "", "", False
    for letter in text + ".":
        if quote:
            if letter == quote:
                quote = ""
            else:
                word += letter
        elif letter in "'\"":
            quote, inside = letter, True
        elif letter in ".[]":
            if word or inside:
                parts.append(f" {word}" if letter == "]" and not inside else word)
            word, inside = "", False
        else:
            word += letter
    return parts


def _down(value: Any, parts: list[str]) -> object:
    for part in parts:
        word = part.strip() if part.startswith(" ") else part
        if isinstance(value, dict) and word in value:
            value = value[word]
        elif isinstance(value, list):
            named = [each for each in value if isinstance(each, dict) and word in each.values()]
            if part.startswith(" ") and int(word) < len(value):
                value = value[int(word)]
            elif named and not part.startswith(" "):
                value = named[0]
            else:
                raise NoValueError
        else:
            raise NoValueError
    return value


def _written(parts: list[tuple[str, str]]) -> str:
    """A path, each part in one of the spellings."""
    text = ""
    for part, spelling in parts:
        plain = not any(letter in part for letter in ".[]'\" ")
        if part.startswith(" "):
            text += f"[{part.strip()}]"
        elif spelling == "." and plain:
            text += f".{part}"
        else:
            text += f"['{part}']" if spelling == "'" else f'["{part}"]'
    return text


def _paths(value: Any) -> list[list[str]]:
    """Every path into a value, list items by index and, where they have a name, by that too."""
    found: list[list[str]] = [[]]
    if isinstance(value, dict):
        for key, item in value.items():
            found += [[key, *rest] for rest in _paths(item)]
    if isinstance(value, list):
        for index, item in enumerate(value):
            names = (
                [item[key] for key in ("MetricName", "OutputName") if key in item]
                if isinstance(item, dict)
                else []
            )
            for name in (f" {index}", *names):
                found += [[name, *rest] for rest in _paths(item)]
    return found


_spellings = st.sampled_from([".", "'", '"'])


def _into(value: Any) -> st.SearchStrategy[str]:
    """Paths into a value; a few lead nowhere."""
    right = st.sampled_from([path for path in _paths(value) if path])
    wrong = st.tuples(right, st.sampled_from(["gone", " 7"])).map(lambda pair: [*pair[0], pair[1]])
    lists = st.one_of(right, right, right, wrong)
    return lists.flatmap(
        lambda path: st.lists(_spellings, min_size=len(path), max_size=len(path)).map(
            lambda spelled: _written(list(zip(path, spelled, strict=True)))
        )
    )


def _get_of(root: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(WORLD[root])).map(lambda name: {"Get": f"{root}.{name}"})


_properties = st.sampled_from(sorted(WORLD["Steps"])).flatmap(
    lambda step: _into(WORLD["Steps"][step]).map(lambda path: {"Get": f"Steps.{step}{path}"})
)
_file = {"Get": "Steps.Check.PropertyFiles.Report"}
_from_file = _into(FILES["Check/Report"]).map(
    lambda path: {"Std:JsonGet": {"PropertyFile": _file, "Path": path.removeprefix(".")}}
)
_uri = st.sampled_from(
    [
        "s3://b/e.json",
        {"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Bucket"}, "e.json"]}},
        {"Std:Join": {"On": "", "Values": ["s3://b/gone.json"]}},
    ]
)
_from_uri = st.tuples(_uri, _into(FILES["s3://b/e.json"])).map(
    lambda pair: {"Std:JsonGet": {"S3Uri": pair[0], "Path": pair[1].removeprefix(".")}}
)
_leaf = st.one_of(
    st.text(max_size=4),
    st.integers(-9, 9),
    st.sampled_from([0.5, 1e-05, True, False]),
    _get_of("Parameters"),
    _get_of("Execution"),
    _properties,
    _from_file,
    _from_uri,
)


def _joins(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    # Only text, or an expression, may stand where a definition is read.
    on = st.one_of(st.text(max_size=2), _get_of("Parameters"), _get_of("Execution"))
    return st.tuples(on, st.lists(inner, max_size=3)).map(
        lambda pair: {"Std:Join": {"On": pair[0], "Values": pair[1]}}
    )


_joinable = st.recursive(_leaf, _joins, max_leaves=6)
_expressions = st.recursive(
    _joinable,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def _evaluated(expression: object) -> object:
    try:
        return evaluate(expression, World())
    except ExpressionError:
        return REFUSED


def _rewritten(expression: object) -> object:
    try:
        return reference(expression)
    except NoValueError:
        return REFUSED


@given(_expressions)
def test_an_expression_has_the_value_that_rewriting_gives(expression: Any) -> None:
    assert json.dumps(_evaluated(expression)) == json.dumps(_rewritten(expression))


_operands = st.one_of(
    st.sampled_from([0, 1, 2.5, "a", "b", True, False]), _get_of("Parameters"), _properties, _from_file
)
_pairs = st.tuples(
    st.sampled_from(["Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"]),
    _operands,
    _operands,
).map(lambda case: {"Type": case[0], "LeftValue": case[1], "RightValue": case[2]})
_ins = st.tuples(_operands, st.lists(_operands, max_size=3)).map(
    lambda case: {"Type": "In", "QueryValue": case[0], "Values": case[1]}
)
_conditions = st.recursive(
    _pairs | _ins,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["Condition", "Expression"]), inner).map(
            lambda case: {"Type": "Not", case[0]: case[1]}
        ),
        st.lists(inner, max_size=3).map(lambda cases: {"Type": "Or", "Conditions": cases}),
    ),
    max_leaves=6,
)

_SIGNS = {
    "Equals": {0},
    "GreaterThan": {1},
    "GreaterThanOrEqualTo": {0, 1},
    "LessThan": {-1},
    "LessThanOrEqualTo": {0, -1},
}


def _truth(condition: Mapping[str, Any], wanted: bool) -> bool:
    """Whether a condition has a truth value: negations are carried down to where values are compared."""
    kind = condition["Type"]
    if kind == "Not":
        return _truth(condition[next(key for key in condition if key != "Type")], not wanted)
    if kind == "Or":
        # De Morgan: not any is all not. Each ends where the other does.
        for inner in condition["Conditions"]:
            if not _truth(inner, wanted=False):
                return wanted
        return not wanted
    if kind == "In":
        found = reference(condition["QueryValue"])
        items = [*condition["Values"], found]
        # It looks no further than the first that is equal: at the latest, at the value itself.
        place = next(place for place, item in enumerate(items) if _same(reference(item), found))
        return (place < len(condition["Values"])) is wanted
    left, right = reference(condition["LeftValue"]), reference(condition["RightValue"])
    if _sort(left) != _sort(right) or _sort(left) == "other" or (_sort(left) == "bool" and kind != "Equals"):
        raise NoValueError
    sign = (left > right) - (left < right)  # type: ignore[operator]
    return (sign in _SIGNS[kind]) is wanted


def _same(one: object, other: object) -> bool:
    return _sort(one) == _sort(other) and one == other


def _sort(value: object) -> str:
    kinds = {bool: "bool", int: "number", float: "number", str: "text"}
    return kinds.get(type(value), "other")


@given(st.lists(_conditions, max_size=3))
def test_conditions_hold_where_their_negations_do_not(conditions: list[Any]) -> None:
    try:
        expected: object = next((False for each in conditions if not _truth(each, wanted=True)), True)
    except NoValueError:
        expected = REFUSED
    try:
        found: object = all_hold(conditions, lambda operand: evaluate(operand, World()))
    except (ConditionError, ExpressionError):
        found = REFUSED
    assert found == expected
