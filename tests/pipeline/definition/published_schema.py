"""AWS's published JSON schema of definitions, mended where it rejects what AWS's own SDK writes.

The file lies beside this repository, in development and where its checks run. It is older than the service:
each line of `published_schema` mends one defect, and the tests that use it show that nothing else is wrong.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[4] / "shared" / "pipeline-definition.schema.json"

Json = dict[str, Any]


def published_schema() -> Json:
    """The mended schema."""
    schema: Json = json.loads(FILE.read_text(encoding="utf-8"))
    kinds = schema["definitions"]
    text = {"$ref": "#/definitions/StringArgumentValue"}
    # It knows no Std:JsonGet, and Std:Join only by name.
    function = {"type": "object", "minProperties": 1, "maxProperties": 1}
    functions = [_only("Std:JsonGet", {"type": "object"}), _only("Std:Join", {"type": "object"})]
    for kind in ("String", "Integer", "Float"):
        kinds[f"{kind}ArgumentValue"]["oneOf"] += [{**function, **one} for one in functions]
    # A parameter can be limited to some values.
    kinds["StringParameter"]["properties"]["EnumValues"] = {"type": "array", "items": {"type": "string"}}
    # A retry policy is for several failures.
    failures = kinds["RetryPolicy"]["properties"]["ExceptionType"]
    kinds["RetryPolicy"]["properties"]["ExceptionType"] = {"type": "array", "items": failures}
    # Processing steps have property files.
    kinds["ProcessingStep"]["properties"]["PropertyFiles"] = {"type": "array"}
    # Training jobs have an environment, and channels a content type and an input mode.
    training = kinds["TrainingStep"]["properties"]["Arguments"]["properties"]
    training["Environment"] = {"type": "object", "additionalProperties": text}
    # The artifact of a model is known only when the pipeline runs.
    kinds["ContainerDefinition"]["properties"]["ModelDataUrl"] = text
    # A model package has a status, properties, and containers with an environment.
    package = kinds["RegisterModelStep"]["properties"]["Arguments"]["properties"]
    package["ModelApprovalStatus"] = text
    package["CustomerMetadataProperties"] = {"type": "object", "additionalProperties": text}
    container = package["InferenceSpecification"]["properties"]["Containers"]["items"]
    container["properties"]["Environment"] = {"type": "object", "additionalProperties": text}
    # The type of an endpoint config is written wrongly. It can be retried, as the SDK's class says.
    kinds["EndpointConfigStep"]["properties"]["Type"]["enum"] = ["EndpointConfig"]
    policies = kinds["RegisterModelStep"]["properties"]["RetryPolicies"]
    kinds["EndpointConfigStep"]["properties"]["RetryPolicies"] = policies
    # A condition can lead to steps of any type but conditions.
    branches = kinds["ConditionStep"]["properties"]["Arguments"]["properties"]
    leads_to = [
        one for one in schema["properties"]["Steps"]["items"]["oneOf"] if "Condition" not in one["$ref"]
    ]
    branches["IfSteps"]["items"] = branches["ElseSteps"]["items"] = {"oneOf": leads_to}
    return schema


def _only(key: str, value: Json) -> Json:
    return {"properties": {key: value}, "required": [key], "additionalProperties": False}
