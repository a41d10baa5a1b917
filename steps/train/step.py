"""The step TrainModel: SageMaker's built-in Image Classification algorithm, on the images and their lists."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker.mlops.workflow.steps import TrainingStep

from steps.config import seconds
from steps.step import Request, Site, Variable, job
from steps.train import contract
from steps.train.config import TrainConfig

NAME = "TrainModel"


def train_model(
    site: Site,
    config: TrainConfig,
    instance_type: Variable,
    channels: Mapping[str, Variable],
    given: Mapping[str, Variable],
) -> TrainingStep:
    """The step.

    Args:
        site: Where the pipeline lives.
        config: The section `train`.
        instance_type: Machine of the step.
        channels: S3 URI of each of `contract.CHANNELS`.
        given: Hyperparameters that are known, or can be changed, only when the pipeline runs. They are texts.
    """
    resources = {
        "InstanceCount": config.instance_count,
        "InstanceType": instance_type,
        "VolumeSizeInGB": config.volume_gb,
    }
    request: Request = {
        "AlgorithmSpecification": {"TrainingImage": site.algorithm_image, "TrainingInputMode": "File"},
        "HyperParameters": {**config.hyperparameters.texts(), **given},
        "InputDataConfig": [_channel(name, channels[name]) for name in contract.CHANNELS],
        "OutputDataConfig": {"S3OutputPath": site.results(NAME)},
        "ResourceConfig": resources,
        "RoleArn": site.role,
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds(config.max_runtime)},
    }
    if environment := _environment(config):
        request["Environment"] = environment
    return TrainingStep(NAME, job(site, "train", request))


def _channel(name: str, uri: Variable) -> Request:
    source = {"S3DataDistributionType": "FullyReplicated", "S3DataType": "S3Prefix", "S3Uri": uri}
    return {
        "ChannelName": name,
        "ContentType": contract.IMAGE_TYPE,
        "DataSource": {"S3DataSource": source},
        "InputMode": "File",
    }


def _environment(config: TrainConfig) -> dict[str, str]:
    """What the local SageMaker's trainer reads. The algorithm's own image brings weights, and reads none."""
    environment = {}
    if config.pretrained.weights:
        environment["IMGPIPE_PRETRAINED_WEIGHTS"] = config.pretrained.weights
    if config.pretrained.when_missing == "scratch":
        environment["IMGPIPE_WITHOUT_PRETRAINED"] = "scratch"
    return environment
