from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest

from steps.train import hyperparameters, kinds
from steps.train.config import Hyperparameters
from steps.train.table import BY_NAME, TABLE, Hyperparameter

COUNTED = {"num_classes": "10", "num_training_samples": "1000"}


class TestOneTableForAll:
    """The config, the trainer and the rules take the same hyperparameters."""

    def test_the_config_has_all_that_the_pipeline_does_not_count(self) -> None:
        assert {*COUNTED, *Hyperparameters.model_fields} == set(BY_NAME)
        assert [one.name for one in TABLE if one.required] == list(COUNTED)

    @pytest.mark.parametrize("one", [one for one in TABLE if not one.required], ids=lambda one: one.name)
    def test_the_config_takes_the_same_values(self, one: Hyperparameter) -> None:
        assert _expected(one) == _taken(one.name)

    @pytest.mark.parametrize("one", [one for one in TABLE if not one.required], ids=lambda one: one.name)
    def test_the_config_has_the_same_defaults(self, one: Hyperparameter) -> None:
        field = Hyperparameters.model_fields[one.name]
        told = re.search(r"[Tt]he algorithm's default is (\S+?)\.?$", field.description or "")
        if field.default is not None:
            assert one.kind.read(str(field.default)) == one.kind.read(one.default or "")
        elif told is not None:
            assert told[1].lower() == (one.default or "").lower()
        else:
            assert one.default in (None, "0")

    def test_the_trainer_knows_each_and_has_the_same_defaults(self) -> None:
        names = {field.name for field in fields(hyperparameters.Hyperparameters)}
        assert names | set(hyperparameters.ABSENT) == set(BY_NAME)
        parsed = hyperparameters.parse(COUNTED)
        for name in names - set(COUNTED) - {"precision_dtype", "lr_scheduler_step"}:
            default = BY_NAME[name].default
            assert getattr(parsed, name) == (None if default is None else BY_NAME[name].kind.read(default))


def _taken(name: str) -> dict[str, Any]:
    """What the JSON schema of the config says of a hyperparameter, without what only editors use."""
    rule = Hyperparameters.model_json_schema()["properties"][name]
    rule = next((one for one in rule.get("anyOf", []) if one["type"] != "null"), rule)
    return {key: rule[key] for key in ("type", "enum", "minimum", "maximum") if key in rule}


def _expected(one: Hyperparameter) -> dict[str, Any]:
    match one.kind:
        case kinds.Whole(least):
            return {"type": "integer", "minimum": least}
        case kinds.Fraction():
            return {"type": "number", "minimum": 0.0, "maximum": 1.0}
        case kinds.Numbers():
            return {"type": "string"}
        case kinds.OneOf((True, False)):
            return {"type": "boolean"}
        case kinds.OneOf((0, 1)):
            return {"type": "integer", "minimum": 0, "maximum": 1}
        case kinds.OneOf(choices):
            return {"type": "string" if isinstance(choices[0], str) else "integer", "enum": list(choices)}
    raise AssertionError(one)
