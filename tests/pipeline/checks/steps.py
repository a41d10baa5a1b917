"""Good requests of every type of step, and definitions of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from pipeline.checks import requests
from pipeline.language.definition import read
from pipeline.language.parameters import Value
from pipeline.language.problem import Path, Problem

Json = dict[str, Any]

ROLE = "arn:aws:iam::123456789012:role/jobs"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"

ABSENT = object()
"""In place of a value: the member is left out."""

_S3 = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}

_PROCESSING: Json = {
    "RoleArn": ROLE,
    "AppSpecification": {"ImageUri": IMAGE},
    "ProcessingInputs": [
        {
            "InputName": "in",
            "S3Input": {
                "S3Uri": "s3://bucket/in",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
                "LocalPath": "/opt/ml/processing/input",
            },
        }
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            {
                "OutputName": "out",
                "S3Output": {
                    "S3Uri": "s3://bucket/out",
                    "S3UploadMode": "EndOfJob",
                    "LocalPath": "/opt/ml/processing/output",
                },
            }
        ]
    },
    "ProcessingResources": {
        "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
    },
}

ARGUMENTS: dict[str, Json] = {
    "AutoML": {
        "InputDataConfig": [{"DataSource": _S3, "TargetAttributeName": "label"}],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "AutoMLJobConfig": {"Mode": "ENSEMBLING"},
        "RoleArn": ROLE,
    },
    "ClarifyCheck": _PROCESSING,
    "Endpoint": {"EndpointName": "endpoint", "EndpointConfigName": "config"},
    "EndpointConfig": {
        "ProductionVariants": [
            {
                "VariantName": "all",
                "ModelName": "model",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ]
    },
    "InferenceComponent": {
        "EndpointName": "endpoint",
        "Specification": {"ModelName": "model"},
        "RuntimeConfig": {"CopyCount": 1},
    },
    "Model": {
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"},
    },
    "Processing": _PROCESSING,
    "QualityCheck": _PROCESSING,
    "RegisterModel": {
        "ModelPackageGroupName": "group",
        "InferenceSpecification": {"Containers": [{"Image": IMAGE}]},
    },
    "Training": {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {"epochs": "1"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": _S3}],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.g4dn.xlarge", "VolumeSizeInGB": 50},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    },
    "Transform": {
        "ModelName": "model",
        "TransformInput": {"DataSource": _S3},
        "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
    },
    "Tuning": {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.1", "MaxValue": "0.5"}]
            },
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:accuracy"},
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"epochs": "1"},
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "InputDataConfig": [{"ChannelName": "train", "DataSource": _S3}],
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 50},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
    },
}
"""By type of step."""

JOB = {"Name": "Job", "Type": "Training", "Arguments": ARGUMENTS["Training"]}
"""A step that others can refer to."""


def changed(kind: str, path: str, value: object) -> Json:
    """The Arguments of a type of step, with a change at a path such as `InputDataConfig.0.ChannelName`."""
    arguments = deepcopy(ARGUMENTS[kind])
    owner: Any = arguments
    *above, last = path_of(path)
    for part in above:
        owner = owner.setdefault(part, {}) if isinstance(owner, dict) else owner[part]
    if value is ABSENT:
        del owner[last]
    else:
        owner[last] = value
    return arguments


def path_of(text: str) -> Path:
    """The path that is written with points: `InputDataConfig.0.ChannelName`."""
    return tuple(int(part) if part.isdigit() else part for part in text.split("."))


def parameter(name: str, kind: str, default: Value, *choices: Value) -> Json:
    """A declaration."""
    declared: Json = {"Name": name, "Type": kind, "DefaultValue": default}
    return {**declared, "EnumValues": list(choices)} if choices else declared


def problems_of(
    kind: str, arguments: Json, parameters: Iterable[Json] = (), values: Mapping[str, Value] | None = None
) -> list[Problem]:
    """What the check of requests says of a step `Step` beside JOB, paths from its Arguments."""
    step = {"Name": "Step", "Type": kind, "Arguments": arguments}
    document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": [step, JOB]}
    definition = read(json.dumps(document)).definition
    assert definition is not None
    defaults = {one["Name"]: one["DefaultValue"] for one in parameters}
    return list(requests.problems(definition, {**defaults, **(values or {})}))


def twice(kind: str, *path: str) -> list[Json]:
    """A list of a request with its first item twice."""
    value: Any = ARGUMENTS[kind]
    for part in path:
        value = value[part]
    return [deepcopy(value[0]), deepcopy(value[0])]


def conflicts(kind: str, arguments: Json) -> list[tuple[str, str, str, str | None]]:
    """Code, path from the Arguments, message and hint of the errors of a step."""
    found = problems_of(kind, arguments)
    assert {problem.severity for problem in found} == {"error"}
    assert all((problem.why or "").startswith("API reference, ") for problem in found)
    return [
        (one.code, ".".join(map(str, one.path[3:])), one.message.removeprefix("step 'Step': "), one.hint)
        for one in found
    ]
