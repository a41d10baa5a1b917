"""Definitions for tests: the steps of a small pipeline, as the SageMaker SDK writes them."""

from __future__ import annotations

import json
from typing import Any

from tests.pipeline.local.api.requests import processing, training, transform

BUCKET = "sagemaker-us-east-1-123456789012"


def get(path: str) -> dict[str, str]:
    return {"Get": path}


def join(*values: Any, on: str = "") -> dict[str, Any]:
    return {"Std:Join": {"On": on, "Values": list(values)}}


def step(name: str, kind: str, arguments: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments, **rest}


def arguments(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A Create* request as Arguments: without the name of the job."""
    kept = {key: value for key, value in request.items() if not key.endswith("JobName")}
    return {**kept, **changes}


def train(name: str, **rest: Any) -> dict[str, Any]:
    return step(name, "Training", arguments(training("x")), **rest)


def process(name: str, outputs: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    """A Processing step with outputs: name → S3 URI."""
    made = [
        {
            "OutputName": output,
            "S3Output": {"S3Uri": uri, "LocalPath": f"/opt/ml/{output}", "S3UploadMode": "EndOfJob"},
        }
        for output, uri in (outputs or {}).items()
    ]
    config = {"ProcessingOutputConfig": {"Outputs": made}} if made else {}
    return step(name, "Processing", arguments(processing("x"), **config), **rest)


def score(name: str, model: Any, **rest: Any) -> dict[str, Any]:
    return step(name, "Transform", arguments(transform("x"), ModelName=model), **rest)


def gate(name: str, left: Any, then: list[Any], otherwise: list[Any], at_least: Any = 0.9) -> dict[str, Any]:
    test = {"Type": "GreaterThanOrEqualTo", "LeftValue": left, "RightValue": at_least}
    return step(name, "Condition", {"Conditions": [test], "IfSteps": then, "ElseSteps": otherwise})


def fail(name: str, message: Any, **rest: Any) -> dict[str, Any]:
    return step(name, "Fail", {"ErrorMessage": message}, **rest)


def definition(*steps: Any, parameters: dict[str, Any] | None = None, **top: Any) -> str:
    """The JSON text; parameters by name with their defaults, None for none."""
    types = {str: "String", bool: "Boolean", int: "Integer", float: "Float"}
    declared = [
        {"Name": name, "Type": types.get(type(default), "String")}
        | ({} if default is None else {"DefaultValue": default})
        for name, default in (parameters or {}).items()
    ]
    return json.dumps({"Version": "2020-12-01", "Parameters": declared, "Steps": list(steps), **top})
