"""Small definitions for tests of the language."""

from __future__ import annotations

import json
from typing import Any

from pipeline.language.definition import Definition, DefinitionError, parse


def step(name: str, kind: str = "Training", arguments: Any = None, **rest: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments or {}, **rest}


def condition(name: str, then: list[Any], otherwise: list[Any], left: Any = 1) -> dict[str, Any]:
    test = {"Type": "Equals", "LeftValue": left, "RightValue": 1}
    return step(name, "Condition", {"Conditions": [test], "IfSteps": then, "ElseSteps": otherwise})


def read(*steps: Any, **top: Any) -> Definition:
    return parse(json.dumps({"Version": "2020-12-01", "Steps": list(steps), **top}))


def messages(error: DefinitionError) -> list[str]:
    return [problem.message for problem in error.problems]


def get(path: str) -> dict[str, str]:
    return {"Get": path}
