"""Training steps that run the built-in algorithm, and changes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pipeline.checks import algorithm
from pipeline.language.definition import read
from pipeline.language.parameters import overridden

Json = dict[str, Any]
Change = Callable[[Json], object]

IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
STEP = "step 'Step': "


def channel(name: str, content_type: str | None = "application/x-image", **members: Any) -> Json:
    """A channel; without a content type if it is None."""
    source = {
        "S3DataDistributionType": "FullyReplicated",
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://b/{name}/",
    }
    kind = {} if content_type is None else {"ContentType": content_type}
    return {"ChannelName": name, **kind, "DataSource": {"S3DataSource": source}, **members}


def training() -> Json:
    """Arguments of a Training step that the algorithm takes."""
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {
            "num_classes": "3",
            "num_training_samples": "300",
            "num_layers": "50",
            "use_pretrained_model": "1",
            "resize": "256",
        },
        "InputDataConfig": [channel(name) for name in ("train", "validation", "train_lst", "validation_lst")],
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.g4dn.xlarge", "VolumeSizeInGB": 50},
    }


def tuning() -> Json:
    request = training()
    request["StaticHyperParameters"] = request.pop("HyperParameters")
    ranges = {
        "ContinuousParameterRanges": [{"Name": "learning_rate", "MinValue": "0.001", "MaxValue": "0.1"}],
        "CategoricalParameterRanges": [{"Name": "optimizer", "Values": ["sgd", "adam"]}],
    }
    return {
        "HyperParameterTuningJobConfig": {"ParameterRanges": ranges},
        "TrainingJobDefinition": request,
    }


def found(kind: str, arguments: Json, parameters: list[Json] | None = None, *before: Json) -> list[str]:
    """What the check says of a step, each with where it stands in the step's Arguments."""
    step = {"Name": "Step", "Type": kind, "Arguments": arguments}
    document = {"Version": "2020-12-01", "Parameters": parameters or [], "Steps": [*before, step]}
    definition = read(json.dumps(document)).definition
    assert definition is not None
    values, _ = overridden(definition.parameters, {})
    told = []
    for one in algorithm.problems(definition, values):
        assert one.path[:3] == ("Steps", len(before), "Arguments")
        place = ".".join(map(str, one.path[3:]))
        key = " (key)" if one.at_key else ""
        assert one.message.startswith(STEP)
        told.append(f"{one.severity} {one.code} {place}{key}: {one.message.removeprefix(STEP)}")
    return told


def changed(change: Change, parameters: list[Json] | None = None) -> list[str]:
    """What the check says of a Training step after a change to its Arguments."""
    arguments = training()
    change(arguments)
    return found("Training", arguments, parameters)


def setting(**hyperparameters: object) -> Change:
    """Changes hyperparameters; None takes one away."""

    def change(arguments: Json) -> None:
        for name, value in hyperparameters.items():
            arguments["HyperParameters"].pop(name, None)
            if value is not None:
                arguments["HyperParameters"][name] = value

    return change


def in_channel(index: int, **members: object) -> Change:
    """Changes members of a channel."""
    return lambda arguments: arguments["InputDataConfig"][index].update(members)


def machine(**members: object) -> Change:
    """Changes members of ResourceConfig."""
    return lambda arguments: arguments["ResourceConfig"].update(members)


def other_image(arguments: Json) -> None:
    arguments["AlgorithmSpecification"]["TrainingImage"] = "1.dkr.ecr.eu-west-1.amazonaws.com/mine:1"
    arguments["HyperParameters"] = {"anything": "goes"}


def record_io(arguments: Json) -> None:
    channels = [channel(name, "application/x-recordio") for name in ("train", "validation")]
    arguments["InputDataConfig"] = channels
    arguments["AlgorithmSpecification"]["TrainingInputMode"] = "Pipe"
    del arguments["HyperParameters"]["resize"]


def manifest(arguments: Json) -> None:
    record_io(arguments)
    for one in arguments["InputDataConfig"]:
        source = one["DataSource"]["S3DataSource"]
        source |= {"S3DataType": "AugmentedManifestFile", "AttributeNames": ["source-ref", "class"]}
        one |= {
            "RecordWrapperType": "RecordIO",
            "ContentType": "application/x-recordio; label-format=class-id",
        }
    arguments["HyperParameters"]["multi_label"] = "1"


def without_attributes(arguments: Json) -> None:
    manifest(arguments)
    del arguments["InputDataConfig"][1]["DataSource"]["S3DataSource"]["AttributeNames"]


def with_one_attribute(arguments: Json) -> None:
    manifest(arguments)
    arguments["InputDataConfig"][1]["DataSource"]["S3DataSource"]["AttributeNames"] = ["source-ref"]


def without_wrapper(arguments: Json) -> None:
    manifest(arguments)
    del arguments["InputDataConfig"][0]["RecordWrapperType"]


def earlier_model(**members: Any) -> Change:
    def change(arguments: Json) -> None:
        arguments["InputDataConfig"].append(channel("model", **{"content_type": None, **members}))
        arguments["HyperParameters"]["use_pretrained_model"] = "0"

    return change


def sharded(arguments: Json) -> None:
    arguments["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"


def groups(arguments: Json) -> None:
    arguments["ResourceConfig"] = {
        "InstanceGroups": [
            {"InstanceCount": 1, "InstanceType": "ml.g5.xlarge", "InstanceGroupName": "a"},
            {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "InstanceGroupName": "b"},
        ]
    }
    arguments["HyperParameters"]["kv_store"] = "dist_sync"


EPOCHS = {"Name": "Epochs", "Type": "Integer", "DefaultValue": 0}
TYPES = {
    "Name": "Machine",
    "Type": "String",
    "DefaultValue": "ml.g5.xlarge",
    "EnumValues": ["ml.g5.xlarge", "ml.m5.xlarge", "ml.p2.xlarge"],
}
