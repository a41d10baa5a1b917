"""A small pipeline: Validate ─→ Train ─→ Evaluate ─→ Gate ─if─→ Register, else Reject; and Report."""

from __future__ import annotations

import json
from typing import Any

from pipeline.starting.stored import Stored

PARAMETERS: list[dict[str, Any]] = [
    {"Name": "TrainData", "Type": "String", "DefaultValue": "s3://bucket/train/"},
    {"Name": "Epochs", "Type": "Integer", "DefaultValue": 10},
    {"Name": "Threshold", "Type": "Float", "DefaultValue": 0.9},
    {"Name": "Shuffle", "Type": "Boolean", "DefaultValue": True},
    {
        "Name": "Instance",
        "Type": "String",
        "DefaultValue": "ml.g5.xlarge",
        "EnumValues": ["ml.g5.xlarge", "ml.g5.2xlarge"],
    },
]


def fail(name: str, *after: str, message: Any = "no") -> dict[str, Any]:
    """A step of the type that needs no request; it waits for others."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, "DependsOn": list(after)}


def text(*, epochs: int = 10, parameters: list[dict[str, Any]] | None = None, reads: str = "Epochs") -> str:
    """The definition; `reads` is the parameter that Train's message shows."""
    declared = [
        {**item, "DefaultValue": epochs} if item["Name"] == "Epochs" else item
        for item in (PARAMETERS if parameters is None else parameters)
    ]
    condition = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    message = {"Get": f"Parameters.{reads}"} if parameters is None else "no"
    gate = {
        "Name": "Gate",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [condition],
            "IfSteps": [fail("Register")],
            "ElseSteps": [fail("Reject")],
        },
        "DependsOn": ["Evaluate"],
    }
    steps = [fail("Validate"), fail("Train", "Validate", message=message), fail("Evaluate", "Train"), gate]
    return json.dumps({"Version": "2020-12-01", "Parameters": declared, "Steps": [*steps, fail("Report")]})


def stored(**more: Any) -> Stored:
    return Stored("demo", text(**more))
