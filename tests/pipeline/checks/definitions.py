"""Definitions whose steps hold only what a test is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.checks.engine import Check
from pipeline.language.definition import Definition, read
from pipeline.language.parameters import overridden
from pipeline.language.problem import Problem

Json = dict[str, Any]

OUTPUTS = {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "report"}, {"OutputName": "lists"}]}}
BUILT_IN = {
    "AlgorithmSpecification": {
        "TrainingImage": "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
    }
}


def step(name: str, kind: str = "Training", arguments: Json | None = None, **rest: Any) -> Json:
    return {"Name": name, "Type": kind, "Arguments": arguments or {}, **rest}


def condition(name: str, *tests: Json, then: tuple[Json, ...] = (), otherwise: tuple[Json, ...] = ()) -> Json:
    always = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    branches = {"IfSteps": list(then), "ElseSteps": list(otherwise)}
    return step(name, "Condition", {"Conditions": list(tests) or [always], **branches})


def get(path: str) -> Json:
    return {"Get": path}


def join(*values: object) -> Json:
    return {"Std:Join": {"On": "", "Values": list(values)}}


def parameter(name: str, kind: str = "String", **rest: object) -> Json:
    return {"Name": name, "Type": kind, **rest}


def document(*steps: Json, parameters: tuple[Json, ...] = (), **top: object) -> Json:
    return {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps), **top}


def definition_of(document: Json) -> Definition:
    found = read(json.dumps(document)).definition
    assert found is not None
    return found


def found_by(check: Check, document: Json, values: Mapping[str, str] | None = None) -> list[Problem]:
    """What one check says of a definition, and nothing of what reading it says."""
    definition = definition_of(document)
    typed, wrong = overridden(definition.parameters, values or {})
    assert wrong == []
    return list(check(definition, typed))
