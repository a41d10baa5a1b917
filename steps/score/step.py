"""The steps CreateModel and ScoreValidation: the trained model answers every validation image."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.steps import TransformStep

from steps.jobs.security import Machine
from steps.jobs.step import cache, job_retries, step_retries
from steps.score.config import ScoreConfig
from steps.step import Request, Site, Variable, job, model

MODEL = "CreateModel"
NAME = "ScoreValidation"

_LARGEST_IMAGE_MB = 6
"""An endpoint takes no larger request (InvokeEndpoint), so a larger image is of no use to anybody."""


def container(site: Site, config: ScoreConfig, artifact: Variable, classes: Variable) -> Request:
    """How the model is served.

    Args:
        site: Where the pipeline lives.
        config: The section `score`.
        artifact: S3 URI of model.tar.gz.
        classes: S3 URI of classes.json. The algorithm's artifact holds no label names: whoever asks the model
            finds them by this.
    """
    return {
        "Environment": {**config.environment, "IMGPIPE_CLASSES_URI": classes},
        "Image": site.algorithm_image,
        "ModelDataUrl": artifact,
    }


def create_model(site: Site, config: ScoreConfig, served: Request) -> ModelStep:
    """The step CreateModel, for a model that is `served` like this."""
    request = {
        **site.security.model_network(),
        "ExecutionRoleArn": site.role,
        "PrimaryContainer": served,
    }
    return ModelStep(MODEL, model(site, request), retry_policies=step_retries(config.retry))


def score_validation(
    site: Site,
    config: ScoreConfig,
    given: Mapping[str, Variable],
    machine: Machine,
    created: ModelStep,
    manifest: Variable,
) -> TransformStep:
    """The step ScoreValidation.

    Args:
        site: Where the pipeline lives.
        config: The section `score`.
        given: Keys of it that can be changed when the pipeline is started.
        machine: What the step runs on.
        created: The step CreateModel.
        manifest: S3 URI of the manifest of the images.
    """
    request = {
        "BatchStrategy": "SingleRecord",
        "MaxPayloadInMB": _LARGEST_IMAGE_MB,
        "ModelName": created.properties.ModelName,
        "TransformInput": {
            "ContentType": "application/x-image",
            "DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": manifest}},
            "SplitType": "None",
        },
        "TransformOutput": {
            "Accept": "application/json",
            "AssembleWith": "None",
            "S3OutputPath": site.results(NAME),
            **site.security.results(),
        },
        "TransformResources": {
            "InstanceCount": given["instance_count"],
            "InstanceType": machine.instance_type,
            **machine.volume(),
        },
    }
    return TransformStep(
        NAME,
        job(site, "transform", request),
        cache_config=cache(site.caching),
        retry_policies=job_retries(config.retry),
    )
