"""The step TrainModel: SageMaker's built-in Image Classification algorithm, on the images and their lists."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker.mlops.workflow.steps import TrainingStep

from steps.jobs.security import Machine
from steps.jobs.step import cache, job_retries
from steps.step import Request, Site, Variable, job
from steps.train import contract
from steps.train.config import TrainConfig

NAME = "TrainModel"

_CHECKPOINTS = "/opt/ml/checkpoints"
"""Where built-in algorithms keep them (docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html)."""


def train_model(
    site: Site,
    config: TrainConfig,
    given: Mapping[str, Variable],
    machine: Machine,
    channels: Mapping[str, Variable],
    hyperparameters: Mapping[str, Variable],
) -> TrainingStep:
    """The step.

    Args:
        site: Where the pipeline lives.
        config: The section `train`.
        given: Keys of it that can be changed when the pipeline is started.
        machine: What the step runs on.
        channels: S3 URI of each of `contract.CHANNELS`.
        hyperparameters: All of them, as texts.
    """
    inputs = [_channel(config, name, channels[name]) for name in contract.CHANNELS]
    if config.initial_model is not None:
        inputs.append(_model_channel(given["initial_model"]))
    request: Request = {
        "AlgorithmSpecification": {
            "TrainingImage": site.algorithm_image,
            "TrainingInputMode": config.input_mode,
        },
        "HyperParameters": dict(hyperparameters),
        "InputDataConfig": inputs,
        "OutputDataConfig": {"S3OutputPath": site.results(NAME), **site.security.results()},
        "ResourceConfig": {
            "InstanceCount": given["instance_count"],
            "InstanceType": machine.instance_type,
            "VolumeSizeInGB": given["volume_gb"],
            **machine.volume(),
        },
        "RoleArn": site.role,
        **_stopping(site, config, given),
        **site.security.training_network(),
    }
    if environment := _environment(config):
        request["Environment"] = environment
    return TrainingStep(
        NAME,
        job(site, "train", request),
        cache_config=cache(site.caching),
        retry_policies=job_retries(config.retry),
    )


def _channel(config: TrainConfig, name: str, uri: Variable) -> Request:
    source = {"S3DataDistributionType": "FullyReplicated", "S3DataType": "S3Prefix", "S3Uri": uri}
    return {
        "ChannelName": name,
        "ContentType": contract.IMAGE_TYPE,
        "DataSource": {"S3DataSource": source},
        "InputMode": config.input_mode,
    }


def _model_channel(uri: Variable) -> Request:
    """The channel of an earlier model, which is always copied (CreateTrainingJob, Channel, InputMode)."""
    source = {"S3DataDistributionType": "FullyReplicated", "S3DataType": "S3Prefix", "S3Uri": uri}
    return {
        "ChannelName": contract.MODEL_CHANNEL,
        "ContentType": contract.MODEL_TYPE,
        "DataSource": {"S3DataSource": source},
        "InputMode": "File",
    }


def _stopping(site: Site, config: TrainConfig, given: Mapping[str, Variable]) -> Request:
    """How long the job may take, and what spot machines need."""
    limits = {"MaxRuntimeInSeconds": given["max_runtime"]}
    if config.spot is None:
        return {"StoppingCondition": limits}
    members: Request = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {**limits, "MaxWaitTimeInSeconds": given["spot.max_wait"]},
    }
    if config.spot.checkpoints:
        # In a place of each execution: another execution must not go on from these.
        members["CheckpointConfig"] = {
            "LocalPath": _CHECKPOINTS,
            "S3Uri": site.results(NAME, "checkpoints"),
        }
    return members


def _environment(config: TrainConfig) -> dict[str, str]:
    """The team's variables, and what the local SageMaker's trainer reads.

    The algorithm's own image brings weights, and reads none of the latter.
    """
    environment = dict(config.environment)
    if config.pretrained.weights:
        environment["IMGPIPE_PRETRAINED_WEIGHTS"] = config.pretrained.weights
    if config.pretrained.when_missing == "scratch":
        environment["IMGPIPE_WITHOUT_PRETRAINED"] = "scratch"
    return environment
