"""Checks a step's Arguments against the request that SageMaker makes of them, by botocore's API model."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

Json = dict[str, Any]

REQUESTS = {
    "Processing": ("CreateProcessingJobRequest", {"ProcessingJobName": "a"}),
    "Training": ("CreateTrainingJobRequest", {"TrainingJobName": "a"}),
    "Model": ("CreateModelInput", {"ModelName": "a"}),
    "Transform": ("CreateTransformJobRequest", {"TransformJobName": "a"}),
    "RegisterModel": ("CreateModelPackageInput", {}),
    "EndpointConfig": ("CreateEndpointConfigInput", {}),
    "Endpoint": ("CreateEndpointInput", {}),
}
"""By type of step, the request and what the pipeline service adds to it."""

_FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")


@cache
def _service() -> Any:
    return botocore.session.Session().get_service_model("sagemaker")


def problems(step: Json, parameters: dict[str, object]) -> list[str]:
    """What the API would not take of a step, whose pipeline has these parameters with these defaults."""
    name, added = REQUESTS[step["Type"]]
    shape = _service().shape_for(name)
    filled = _Filled(parameters)
    request = filled.value({**added, **step["Arguments"]}, shape, step["Name"])
    report = ParamValidator().validate(request, shape)
    return [*filled.problems, *([report.generate_report()] if report.has_errors() else [])]


@dataclass
class _Filled:
    """Puts stand-ins of the right type for what is known only when the pipeline runs."""

    parameters: dict[str, object]
    problems: list[str] = field(default_factory=list)

    def value(self, value: Any, shape: Any, path: str) -> Any:
        """The value with stand-ins. Also checks what botocore does not: enums and patterns."""
        if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _FUNCTIONS:
            return self._stand_in(value)
        if shape.type_name == "structure" and isinstance(value, dict):
            return {
                key: self.value(one, shape.members[key], f"{path}.{key}") if key in shape.members else one
                for key, one in value.items()
            }
        if shape.type_name == "list" and isinstance(value, list):
            return [self.value(one, shape.member, path) for one in value]
        if shape.type_name == "map" and isinstance(value, dict):
            return {key: self.value(one, shape.value, f"{path}.{key}") for key, one in value.items()}
        self._check_text(value, shape, path)
        return value

    def _stand_in(self, value: Json) -> object:
        if "Std:Join" in value:
            return "joined"
        if "Std:JsonGet" in value:
            return 0.5
        scope, _, name = value["Get"].partition(".")
        return self.parameters[name] if scope == "Parameters" else "property"

    def _check_text(self, value: Any, shape: Any, path: str) -> None:
        if not isinstance(value, str):
            return
        if shape.enum and value not in shape.enum:
            self.problems.append(f"{path}: {value} is none of the API's values")
        pattern = shape.metadata.get("pattern")
        if pattern and "\\p" not in pattern and not re.fullmatch(pattern, value):
            self.problems.append(f"{path}: {value} does not match {pattern}")
