"""Event patterns of EventBridge: what they may say, and whether an event matches.

Source: "Creating Amazon EventBridge event patterns" and "Comparison operators for use in event patterns" of
the EventBridge User Guide, and Event Ruler, the library that EventBridge is said to use.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Matcher = Callable[[Any], bool]
"""Judges one value of an event; a value is never a list or an object."""

Objects = Sequence[Mapping[str, Any]]

Check = Callable[[Mapping[str, Any], Objects], bool]
"""Judges one object of an event, given it and all that stand at the same place in lists."""

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# Numbers beyond are refused: EventBridge compares with 15 digits.
_LARGEST = 5.0e9
_ABSENT = object()


class PatternError(ValueError):
    """A pattern is none; the text is a reason as after "Event pattern is not valid. Reason:"."""


@functools.lru_cache(maxsize=1024)
def compile_pattern(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """Make a pattern ready.

    Args:
        text: The JSON of EventPattern.

    Returns:
        Whether an event matches.

    Raises:
        PatternError: It is no pattern.
    """
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise PatternError(f"Invalid JSON: {error}") from error
    if not isinstance(pattern, dict):
        raise PatternError("Filter is not an object")
    check = _object(pattern)
    return lambda event: check(event, [event])


def _object(pattern: Mapping[str, Any]) -> Check:
    if not pattern:
        raise PatternError("Empty objects are not allowed")
    checks = [_or(value) if _is_or(key, value) else _field(key, value) for key, value in pattern.items()]
    return lambda event, beside: all(check(event, beside) for check in checks)


def _is_or(key: str, value: object) -> bool:
    # With fewer than two, or with the name of an operator, it is a field whose name is "$or".
    return (
        key == "$or"
        and isinstance(value, list)
        and len(value) > 1
        and all(isinstance(each, dict) and not _RESERVED & each.keys() for each in value)
    )


def _or(patterns: Iterable[Mapping[str, Any]]) -> Check:
    checks = [_object(pattern) for pattern in patterns]
    return lambda event, beside: any(check(event, beside) for check in checks)


def _field(key: str, value: object) -> Check:
    if isinstance(value, dict):
        return _nested(key, _object(value))
    if not isinstance(value, list):
        raise PatternError(f'"{key}" must be an object or an array')
    if not value:
        raise PatternError("Empty arrays are not allowed")
    absent = any(_says_absent(each) for each in value)
    matchers = [_matcher(key, each) for each in value if not _says_absent(each)]

    def check(event: Mapping[str, Any], beside: Objects) -> bool:
        if absent and not any(_leaves(each.get(key, _ABSENT)) for each in beside):
            return True
        return any(matcher(each) for each in _leaves(event.get(key, _ABSENT)) for matcher in matchers)

    return check


def _nested(key: str, inside: Check) -> Check:
    def check(event: Mapping[str, Any], beside: Objects) -> bool:
        every = [each for one in beside for each in _objects(one.get(key))]
        # An element of a list must match as a whole: fields of different elements do not add up.
        return any(inside(each, every) for each in _objects(event.get(key)))

    return check


def _objects(value: object) -> list[Mapping[str, Any]]:
    """The objects that stand for a field: itself, or those in a list. Nothing counts as an empty one."""
    if isinstance(value, list):
        return [each for item in value for each in _objects(item)] or [{}]
    return [value] if isinstance(value, dict) else [{}]


def _leaves(value: object) -> list[Any]:
    """The values that stand for a field: `exists` and all others look only at leaves."""
    if isinstance(value, list):
        return [each for item in value for each in _leaves(item)]
    return [] if value is _ABSENT or isinstance(value, dict) else [value]


def _says_absent(matcher: object) -> bool:
    return isinstance(matcher, dict) and list(matcher) == ["exists"] and matcher["exists"] is False


def _matcher(key: str, given: Any) -> Matcher:
    if not isinstance(given, dict):
        if isinstance(given, list):
            raise PatternError(f'Match value of "{key}" must be String, number, true, false, or null')
        return _equal(given)
    if len(given) != 1:
        raise PatternError("Only one key allowed in match expression")
    ((name, value),) = given.items()
    if name not in _MATCHERS:
        raise PatternError(f"Unrecognized match type {name}")
    return _MATCHERS[name](value)


def _equal(given: Any) -> Matcher:
    return lambda value: _same(value, given)


def _same(one: Any, other: Any) -> bool:
    # In Python true is 1; in JSON it is not.
    return bool(isinstance(one, bool) == isinstance(other, bool) and one == other)


def _texts(name: str, given: Any) -> list[str]:
    values = given if isinstance(given, list) else [given]
    if not values or not all(isinstance(each, str) for each in values):
        raise PatternError(f"{name} match pattern must be a string")
    return values


def _on_text(test: Callable[[str], bool]) -> Matcher:
    return lambda value: isinstance(value, str) and test(value)


def _start_or_end(name: str, test: Callable[[str, str], bool]) -> Callable[[Any], Matcher]:
    def make(given: Any) -> Matcher:
        if isinstance(given, dict):
            if list(given) != ["equals-ignore-case"]:
                raise PatternError(f"Unsupported {name} pattern")
            folded = [each.lower() for each in _texts(name, given["equals-ignore-case"])]
            return _on_text(lambda value: any(test(value.lower(), each) for each in folded))
        texts = _texts(name, given)
        return _on_text(lambda value: any(test(value, each) for each in texts))

    return make


def _ignore_case(given: Any) -> Matcher:
    folded = [each.lower() for each in _texts("equals-ignore-case", given)]
    return _on_text(lambda value: value.lower() in folded)


def _wildcard(given: Any) -> Matcher:
    parts = [_between_stars(each) for each in _texts("wildcard", given)]
    return _on_text(lambda value: any(_has_parts(value, each) for each in parts))


def _between_stars(text: str) -> list[str]:
    """The texts between the stars of a wildcard."""
    parts, at = [""], 0
    for piece in re.findall(r"\\.?|\*|[^\\*]+", text, re.DOTALL):
        if piece == "*":
            if at and len(parts) > 1 and not parts[-1]:
                raise PatternError(f"Consecutive wildcard characters at pos {at}")
            parts.append("")
        elif piece[0] == "\\" and piece not in ("\\*", "\\\\"):
            raise PatternError(f"Invalid escape character at pos {at}")
        else:
            parts[-1] += piece.removeprefix("\\") if piece[0] == "\\" else piece
        at += len(piece)
    return parts


def _has_parts(value: str, parts: Sequence[str]) -> bool:
    """Whether a text is these parts with anything in between. `re` could take for ever."""
    if len(parts) == 1:
        return value == parts[0]
    first, *middle, last = parts
    if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
        return False
    at, end = len(first), len(value) - len(last)
    for part in middle:
        found = value.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _anything_but(given: Any) -> Matcher:
    if isinstance(given, dict):
        if len(given) != 1 or next(iter(given)) not in _NEGATED:
            raise PatternError("Unsupported anything-but pattern")
        inner = _matcher("anything-but", given)
        return lambda value: not inner(value)
    values = given if isinstance(given, list) else [given]
    texts = all(isinstance(each, str) for each in values)
    if not values or not (texts or all(_is_number(each) for each in values)):
        raise PatternError(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    return lambda value: not any(_same(value, each) for each in values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numeric(given: Any) -> Matcher:
    if not isinstance(given, list) or len(given) not in (2, 4):
        raise PatternError("Value of numeric must be an array of one or two operators with their numbers")
    pairs = list(zip(given[::2], given[1::2], strict=True))
    for sign, number in pairs:
        if sign not in _OPERATORS:
            raise PatternError(f"Unrecognized numeric range operator: {sign}")
        if not _is_number(number):
            raise PatternError(f"Value of {sign} must be numeric")
        if abs(number) > _LARGEST:
            raise PatternError("Value must be between -5.0E9 and +5.0E9, inclusive")
    if len(pairs) == 2 and not (
        pairs[0][0][0] == ">" and pairs[1][0][0] == "<" and pairs[0][1] < pairs[1][1]
    ):
        raise PatternError("Bottom must be less than top")
    return lambda value: _is_number(value) and all(_OPERATORS[sign](value, number) for sign, number in pairs)


def _exists(given: Any) -> Matcher:
    if given is not True:
        # False is looked after by the field.
        raise PatternError("exists match pattern must be either true or false")
    return lambda _: True


def _cidr(given: Any) -> Matcher:
    try:
        networks = [ipaddress.ip_network(each, strict=False) for each in _texts("cidr", given)]
    except ValueError as error:
        raise PatternError(f"Malformed CIDR, {error}") from error
    return _on_text(lambda value: _in_networks(value, networks))


def _in_networks(value: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return any(address in network for network in networks)


_MATCHERS: Mapping[str, Callable[[Any], Matcher]] = {
    "prefix": _start_or_end("prefix", str.startswith),
    "suffix": _start_or_end("suffix", str.endswith),
    "equals-ignore-case": _ignore_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "cidr": _cidr,
}
OPERATORS = tuple(_MATCHERS)
"""The comparison operators, besides equality and $or."""

_NEGATED = ("prefix", "suffix", "equals-ignore-case", "wildcard")
_RESERVED = frozenset(_MATCHERS)
