"""Requests that fit, and how a refusal is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/imgpipe-execution"
IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
NO_PROGRAM = "123456789012.dkr.ecr.us-east-1.amazonaws.com/no-program:1"
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
            "WaitIntervalInSeconds": 60,
        }
    }
}


def error_of(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """Code and message of the error that a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def refused(call: Callable[..., Any], **request: Any) -> str:
    """The message of the ValidationException that a call ends with."""
    code, text = error_of(call, **request)
    assert code == "ValidationException"
    return text


def training(name: str, image: str = IMAGE) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "HyperParameters": {"epochs": "1"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }


def processing(name: str) -> dict[str, Any]:
    resources = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
    return {
        "ProcessingJobName": name,
        "ProcessingResources": {"ClusterConfig": resources},
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "x.py"]},
        "RoleArn": ROLE,
    }


def transform(name: str) -> dict[str, Any]:
    return {
        "TransformJobName": name,
        "ModelName": name,
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b"}}},
        "TransformOutput": {"S3OutputPath": "s3://b/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }


def model(name: str, image: str = IMAGE) -> dict[str, Any]:
    container = {"Image": image, "ModelDataUrl": "s3://b/model.tar.gz", "Environment": {"A": "b"}}
    return {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": ROLE}


def config(name: str, model_name: str) -> dict[str, Any]:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model_name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    return {"EndpointConfigName": name, "ProductionVariants": [variant]}
