"""What pydantic found wrong, as findings that say where it stands and how to fix it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pipeline.config.document import plain_value
from pipeline.config.model import PipelineConfig
from pipeline.config.node import Block, Path, key_mark_of, mark_of
from pipeline.config.source import finding
from pipeline.errors import Finding
from pipeline.suggestion import nearest, suggestion
from steps.config import Form, Section, Share

_COUNTED = {
    "num_classes": "remove it: the pipeline counts the classes itself",
    "num_training_samples": "remove it: the pipeline counts the training images itself",
}
"""Hyperparameters of the algorithm that a newcomer looks for here, and why they are not keys."""

_LONGEST_VALUE = 60
"""Characters of a wrong value that an error repeats."""


@dataclass(frozen=True)
class _Case:
    """One of pydantic's errors.

    Attributes:
        kind: pydantic's name for it.
        path: Keys that lead to the culprit.
        value: What was found there.
        facts: What pydantic or the validator knows of the rule.
        text: The message of pydantic or of the validator.
        root: The whole config.
    """

    kind: str
    path: Path
    value: object
    facts: dict[str, Any]
    text: str
    root: Block

    @property
    def key(self) -> str:
        """The last key of the path."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "the config")

    def report(self, code: str, message: str, hint: str | None = None) -> Finding:
        """A finding at the value."""
        return finding(code, message, mark_of(self.root, self.path), hint=hint)


def translate(error: ErrorDetails, root: Block) -> Finding:
    """The finding for an error that pydantic reports about the data of `root`."""
    case = _Case(error["type"], error["loc"], error["input"], error.get("ctx", {}), error["msg"], root)
    return _TRANSLATORS.get(case.kind, _bad_value)(case)


def keys_of(section: type[Section]) -> dict[str, FieldInfo]:
    """The keys that a section takes, as they are written, in their order."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def meant_key(error: ErrorDetails) -> Path | None:
    """The path of the key that a misspelt one seems to stand for."""
    if error["type"] != "extra_forbidden":
        return None
    *above, given = error["loc"]
    near = nearest(str(given), keys_of(_section(tuple(above))))
    return (*above, near) if near else None


def _missing_key(case: _Case) -> Finding:
    field = keys_of(_section(case.path[:-1])).get(str(case.path[-1]))
    message = f"{_named(case.path[:-1])} lacks the key '{case.path[-1]}'"
    hint = f"add it: {field.description}" if field else None
    return finding("C101", message, key_mark_of(case.root, case.path[:-1]), hint=hint)


def _unknown_key(case: _Case) -> Finding:
    given, keys = str(case.path[-1]), list(keys_of(_section(case.path[:-1])))
    message = f"'{given}' is not a key of {_named(case.path[:-1])}"
    listed = f"its keys: {', '.join(keys)}"
    question = suggestion(given, keys)
    hint = _COUNTED.get(given) or (f"{question} {listed}" if question else listed)
    return finding("C102", message, key_mark_of(case.root, case.path), hint=hint)


_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "tuple_type": "a text or a list of texts",
    "model_type": "keys with values below it",
    "dict_type": "keys with texts below it",
}


def _wrong_type(case: _Case) -> Finding:
    return case.report(
        "C103", f"{case.key} takes {_expected(case)}, not {_described(case.value)}", _type_hint(case)
    )


def _expected(case: _Case) -> str:
    if case.kind == "tuple_type" and is_section(bare(get_args(kind_at(case.path))[0])):
        return "a list"
    return _TYPES[case.kind]


def _type_hint(case: _Case) -> str | None:
    if case.value is None:
        return "write a value, or remove the key"
    if case.kind == "string_type":
        return _text_hint(case)
    if case.kind == "tuple_type" and isinstance(case.value, dict):
        return "write - before the first of these keys: each entry of the list begins so"
    word = str(case.value).lower()
    if case.kind == "model_type":
        is_switch = word in ("true", *_TRUE) and _may_be_absent(case.path)
        return f"write {case.key}: {{}}" if is_switch else None
    if case.kind == "bool_type" and word in _TRUE | _FALSE:
        return f"write {'true' if word in _TRUE else 'false'}"
    if case.kind in ("int_type", "float_type") and isinstance(case.value, bool):
        return f"write {int(case.value)}"
    if case.kind in ("int_type", "float_type") and not isinstance(plain_value(str(case.value)), str):
        return "remove the quotes" if isinstance(case.value, str) else None
    return _number_hint(case) if case.kind in ("int_type", "float_type") else None


def _may_be_absent(path: Path) -> bool:
    """Whether what the path leads to is a section that means something by being there."""
    above, key = kind_at(path[:-1]), path[-1]
    return is_section(above) and keys_of(above)[str(key)].default is None


def _number_hint(case: _Case) -> str | None:
    """The number that a text with a unit was meant to be."""
    number = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) *([a-zA-Z%]+)", str(case.value))
    if number is None:
        return None
    digits, unit = number.groups()
    if unit == "%":
        return f"write {float(digits) / _PERCENT:g}" if case.kind == "float_type" else None
    return f"write {digits}, without {unit}" if "." not in digits else None


_TRUE, _FALSE = {"yes", "on", "1"}, {"no", "off", "0"}


def _text_hint(case: _Case) -> str | None:
    form = _form(case.path)
    if isinstance(case.value, int | float) and (form is None or re.fullmatch(form.pattern, str(case.value))):
        return "put it in quotes"
    return f"write it like {form.example}" if form else None


def _form(path: Path) -> Form | None:
    """The form of the text that belongs at the path, if it is the value of a key."""
    return next((one for one in _metadata(path) if isinstance(one, Form)), None)


def _metadata(path: Path) -> list[Any]:
    """What the type of a key's value is annotated with."""
    above = kind_at(path[:-1])
    if not is_section(above):
        return []
    field = keys_of(above)[str(path[-1])]
    of_optional = (one for kind in get_args(field.annotation) for one in getattr(kind, "__metadata__", ()))
    return [*field.metadata, *of_optional]


def _too_little(case: _Case) -> Finding:
    least = f"{case.facts['ge']:g}"
    return case.report(
        "C104", f"{case.key} is {_described(case.value)}, and {least} is the least", f"write {least} or more"
    )


def _too_much(case: _Case) -> Finding:
    most = f"{case.facts['le']:g}"
    hint = f"write {most} or less"
    share = any(isinstance(one, Share) for one in _metadata(case.path))
    if share and isinstance(case.value, int | float) and case.value <= _PERCENT:
        hint = f"write {case.value / _PERCENT:g}: it is a share from 0 to 1, not a percentage"
    return case.report("C104", f"{case.key} is {_described(case.value)}, and {most} is the most", hint)


_PERCENT = 100


def _no_number(case: _Case) -> Finding:
    return case.report("C104", f"{case.key} is no finite number", "write digits")


def _too_few_items(case: _Case) -> Finding:
    return case.report(
        "C104", f"{case.key} is an empty list", f"write {case.facts['min_length']} item or more"
    )


def _too_many_items(case: _Case) -> Finding:
    most, given = case.facts["max_length"], case.facts["actual_length"]
    return case.report(
        "C104", f"{case.key} has {given} items, and {most} are the most", f"remove {given - most} of them"
    )


def _too_long(case: _Case) -> Finding:
    if case.kind == "duration_length":
        most = case.facts["most"]
        return case.report("C104", f"{case.key} is longer than {most}", f"write {most} or less")
    most = case.facts["max_length"]
    return case.report(
        "C104",
        f"{case.key} is longer than {most} characters",
        f"shorten it by {len(str(case.value)) - most} or more",
    )


def _unknown_value(case: _Case) -> Finding:
    choices = str(case.facts["expected"]).replace("'", "")
    message = f"{case.key} is {_described(case.value)}, and can be {choices}"
    listed = re.split(", | or ", choices)
    if str(case.value) in listed:
        return case.report(
            "C105", message, "remove the quotes" if isinstance(case.value, str) else "put it in quotes"
        )
    return case.report("C105", message, suggestion(str(case.value), listed))


def _wrong_form(case: _Case) -> Finding:
    message = f"{case.key} is {_described(case.value)}, which is not {case.facts['noun']}"
    return case.report("C106", message, f"write it like {case.facts['example']}")


def _refused_character(case: _Case) -> Finding:
    message = f"{case.key} is {_described(case.value)}, and '{case.facts['character']}' may not be in it"
    return case.report("C106", message, f"use a prefix without it: {case.facts['why']}")


def _repeated(case: _Case) -> Finding:
    return case.report("C106", f"'{case.facts['item']}' appears twice in {case.key}", "keep one of them")


def _planned(case: _Case) -> Finding:
    return case.report("C107", f"{case.key}: {case.text}", str(case.facts["hint"]))


def _refused_value(case: _Case) -> Finding:
    return case.report("C105", f"{case.key}: {case.text}", str(case.facts["hint"]))


def _bad_value(case: _Case) -> Finding:
    return case.report("C106", f"{case.key}: {case.text}")


_TRANSLATORS: dict[str, Callable[[_Case], Finding]] = {
    **dict.fromkeys(_TYPES, _wrong_type),
    "missing": _missing_key,
    "extra_forbidden": _unknown_key,
    "greater_than_equal": _too_little,
    "less_than_equal": _too_much,
    "finite_number": _no_number,
    "too_short": _too_few_items,
    "too_long": _too_many_items,
    "text_length": _too_long,
    "duration_length": _too_long,
    "literal_error": _unknown_value,
    "text_form": _wrong_form,
    "refused_character": _refused_character,
    "repeated": _repeated,
    "not_in_this_version": _planned,
    "refused_value": _refused_value,
}


def is_section(kind: Any) -> TypeGuard[type[Section]]:
    """Whether a type is that of a section."""
    return isinstance(kind, type) and issubclass(kind, Section)


def bare(kind: Any) -> Any:
    """A type without its annotations, and without None where that stands for an absent key."""
    if get_origin(kind) is Annotated:
        return bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return bare(next(one for one in get_args(kind) if one is not NoneType))
    return kind


def kind_at(path: Path) -> Any:
    """The type of the value at a path of the config: a section, or what a key, a list or a mapping holds."""
    kind: Any = PipelineConfig
    for step in path:
        if is_section(kind):
            kind = bare(keys_of(kind)[str(step)].annotation)
        else:  # tuple[item, ...] or dict[str, item]
            kind = bare(get_args(kind)[0 if isinstance(step, int) else 1])
    return kind


def _section(path: Path) -> type[Section]:
    """The model of the section at the path."""
    kind = kind_at(path)
    assert is_section(kind)
    return kind


def _named(path: Path) -> str:
    """Such as train.retry[0]."""
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return name.removeprefix(".") or "the config"


def _described(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "keys with values"
    text = str(value)
    text = text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
    return f"'{text}'" if isinstance(value, str) else text
