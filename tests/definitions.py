"""Definitions for tests: built from a config that is given as keys and values, once a process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from pipeline.account import PLACEHOLDERS, AccountFacts
from pipeline.config.model import PipelineConfig
from pipeline.definition import build_definition

Json = dict[str, Any]

LEAST: Json = {
    "version": 1,
    "name": "digits",
    "data": {"train": "s3://my-bucket/train", "validation": "s3://my-bucket/validation"},
    "gate": {"accuracy": 0.9},
}

ALL_STEPS = [
    "ValidateImages",
    "TrainModel",
    "CreateModel",
    "ScoreValidation",
    "EvaluateModel",
    "AccuracyGate",
    "RegisterModel",
    "CreateEndpointConfig",
    "DeployEndpoint",
    "RejectModel",
]
"""Where the endpoint is deployed at the gate."""


def config(**sections: Any) -> PipelineConfig:
    """The least config with these sections."""
    return PipelineConfig.model_validate({**LEAST, **sections})


def definition(facts: AccountFacts = PLACEHOLDERS, **sections: Any) -> Json:
    """The definition for the least config with these sections."""
    document = json.loads(_text(facts, json.dumps(sections, sort_keys=True)))
    assert isinstance(document, dict)
    return document


@cache
def _text(facts: AccountFacts, sections: str) -> str:
    return build_definition(config(**json.loads(sections)), facts).text


def steps(document: Json) -> Iterator[Json]:
    """All steps, those in the branches of a condition after it."""
    waiting = list(document["Steps"])
    while waiting:
        step = waiting.pop(0)
        yield step
        if step["Type"] == "Condition":
            waiting = [*step["Arguments"]["IfSteps"], *step["Arguments"]["ElseSteps"], *waiting]


def step(document: Json, name: str) -> Json:
    """The step of this name."""
    (found,) = (one for one in steps(document) if one["Name"] == name)
    return found


def arguments(document: Json, name: str) -> Json:
    """The arguments of a step, with the default of each parameter in its place."""
    defaults = {one["Name"]: one["DefaultValue"] for one in document["Parameters"]}
    filled: Json = _filled(step(document, name)["Arguments"], defaults)
    return filled


def _filled(value: Any, defaults: Json) -> Any:
    if isinstance(value, list):
        return [_filled(one, defaults) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Get"} and value["Get"].startswith("Parameters."):
        return defaults[value["Get"].removeprefix("Parameters.")]
    return {key: _filled(one, defaults) for key, one in value.items()}


def get(path: str) -> Json:
    """A reference."""
    return {"Get": path}


def join(on: str, *values: object) -> Json:
    """A Std:Join."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def json_get(path: str, file: str) -> Json:
    """A Std:JsonGet from a property file."""
    return {"Std:JsonGet": {"PropertyFile": get(f"Steps.{file}"), "Path": path}}


def result(*names: str, bucket: str = PLACEHOLDERS.bucket, name: str = "digits") -> Json:
    """Where an execution writes."""
    return join("/", "s3:/", bucket, name, "executions", get("Execution.PipelineExecutionId"), *names)


def listed(name: str) -> Json:
    """Something in the folder of the images that were validated."""
    folder = get("Steps.ValidateImages.ProcessingOutputConfig.Outputs['datasets'].S3Output.S3Uri")
    return join("/", folder, json_get("content_hash", "ValidateImages.PropertyFiles.ValidationReport"), name)
