from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.config.translation import kind_at
from pipeline.definition.origins import Path, origin
from pipeline.definition.settings import KEYS
from tests.definitions import Json
from tests.regenerate_golden import NAMES, golden


def document(name: str) -> Json:
    read: Json = json.loads(golden(name).read_text(encoding="utf-8"))
    return read


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict | list):
        below = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in below:
            yield from leaves(one, (*path, key))
    else:
        yield path


def trained(*path: str | int) -> Path:
    return ("Steps", 1, "Arguments", *path)


CASES: dict[str, tuple[str, Path, Path]] = {
    "a parameter's default": ("least", ("Parameters", 0, "DefaultValue"), ("data", "train")),
    "a parameter": ("least", ("Parameters", 0), ("data", "train")),
    "an argument that is a parameter": (
        "least",
        trained("ResourceConfig", "VolumeSizeInGB"),
        ("train", "volume_gb"),
    ),
    "inside of the Get": (
        "least",
        trained("ResourceConfig", "VolumeSizeInGB", "Get"),
        ("train", "volume_gb"),
    ),
    "another machine for all processing": (
        "least",
        ("Steps", 4, "Arguments", "ProcessingResources", "ClusterConfig", "InstanceType"),
        ("validate", "instance_type"),
    ),
    "a number made a text": (
        "least",
        ("Steps", 0, "Arguments", "AppSpecification", "ContainerArguments", 7),
        ("validate", "min_images_per_class"),
    ),
    "a hyperparameter": (
        "hyperparameters",
        trained("HyperParameters", "lr_scheduler_step"),
        ("train", "hyperparameters", "lr_scheduler_step"),
    ),
    "a hyperparameter that is counted": (
        "least",
        trained("HyperParameters", "num_classes"),
        ("train", "hyperparameters"),
    ),
    "a member that is missing": ("least", trained("HyperParameters", "epoch"), ("train", "hyperparameters")),
    "spot": ("spot", trained("EnableManagedSpotTraining"), ("train", "spot")),
    "checkpoints": ("spot", trained("CheckpointConfig", "S3Uri"), ("train", "spot", "checkpoints")),
    "time to wait": (
        "spot",
        trained("StoppingCondition", "MaxWaitTimeInSeconds"),
        ("train", "spot", "max_wait"),
    ),
    "subnet": ("shielded", trained("VpcConfig", "Subnets", 1), ("network", "subnets")),
    "security group of processing": (
        "shielded",
        ("Steps", 0, "Arguments", "NetworkConfig", "VpcConfig", "SecurityGroupIds", 0),
        ("network", "security_groups"),
    ),
    "isolation of the model": (
        "shielded",
        ("Steps", 2, "Arguments", "EnableNetworkIsolation"),
        ("network", "isolation"),
    ),
    "KMS key": ("shielded", trained("OutputDataConfig", "KmsKeyId"), ("encryption", "output_key")),
    "input mode": ("incremental", trained("InputDataConfig", 0, "InputMode"), ("train", "input_mode")),
    "variable": ("incremental", trained("Environment", "LOG_LEVEL"), ("train", "environment", "LOG_LEVEL")),
    "variable of the pipeline": (
        "incremental",
        trained("Environment", "IMGPIPE_WITHOUT_PRETRAINED"),
        ("train", "pretrained", "when_missing"),
    ),
    "variable of the model": (
        "incremental",
        ("Steps", 2, "Arguments", "PrimaryContainer", "Environment", "WORKERS"),
        ("score", "environment", "WORKERS"),
    ),
    "variable of the registered model": (
        "incremental",
        (
            *("Steps", 5, "Arguments", "IfSteps", 0, "Arguments", "InferenceSpecification"),
            *("Containers", 0, "Environment", "WORKERS"),
        ),
        ("score", "environment", "WORKERS"),
    ),
    "tag": ("operated", trained("Tags", 0, "Value"), ("tags", "cost center")),
    "tags": ("operated", trained("Tags"), ("tags",)),
    "retry": ("operated", ("Steps", 1, "RetryPolicies", 0, "IntervalSeconds"), ("train", "retry")),
    "caching": ("operated", ("Steps", 0, "CacheConfig", "ExpireAfter"), ("caching",)),
    "condition": (
        "gates",
        ("Steps", 5, "Arguments", "Conditions", 1, "LeftValue", "Std:JsonGet", "Path"),
        ("gate", "macro_f1"),
    ),
    "in a branch": (
        "pipeline",
        ("Steps", 5, "Arguments", "IfSteps", 2, "Arguments", "EndpointName"),
        ("deploy", "endpoint"),
    ),
    "in the other branch": (
        "pipeline",
        ("Steps", 5, "Arguments", "ElseSteps", 0, "Arguments", "ErrorMessage", "Std:Join", "Values", 0),
        ("gate",),
    ),
    "role": ("least", ("Steps", 2, "Arguments", "ExecutionRoleArn"), ("role",)),
    "a step": ("least", ("Steps", 1), ("train",)),
    "the name of a step": ("least", ("Steps", 1, "Name"), ("train",)),
    "nothing of the config": ("least", ("Version",), ()),
    "the whole": ("least", (), ()),
    "past the end": ("least", ("Steps", 99, "Name"), ()),
}


@pytest.mark.parametrize(("name", "path", "key"), CASES.values(), ids=CASES.keys())
def test_where_it_comes_from(name: str, path: Path, key: Path) -> None:
    assert origin(document(name), path) == key


def test_a_definition_of_somebody_else_comes_from_nowhere() -> None:
    other = {"Parameters": [{"Name": "X"}], "Steps": [{"Name": "A", "Type": "Fail", "Arguments": {"B": 1}}]}
    assert origin(other, ("Parameters", 0)) == ()
    assert origin(other, ("Steps", 0, "Arguments", "B")) == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_leads_to_a_key_that_the_config_has(name: str) -> None:
    whole = document(name)
    without = []
    for path in leaves(whole):
        key = origin(whole, path)
        kind_at(key)  # raises where there is no such key
        if not key:
            without.append(path)
    assert without == [("Version",)]


def test_every_parameter_is_that_of_a_key() -> None:
    for path in KEYS.values():
        kind_at(path)
