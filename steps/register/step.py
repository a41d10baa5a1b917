"""The step RegisterModel: enters a model that passed the gate into the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sagemaker.mlops.workflow.model_step import ModelStep

from steps.jobs.step import step_retries
from steps.register.config import RegisterConfig
from steps.step import Site, Variable, model_package

NAME = "RegisterModel"
_IMAGES = ("application/x-image", "image/jpeg", "image/png")
_ANSWERS = ("application/json", "application/jsonlines")


def register_model(
    site: Site,
    config: RegisterConfig,
    group: str,
    approval_status: Variable,
    container: Mapping[str, Variable],
    evaluation: Variable,
    instance_types: Mapping[str, Sequence[str]],
    properties: Mapping[str, Variable],
) -> ModelStep:
    """The step.

    Args:
        site: Where the pipeline lives.
        config: The section `register`.
        group: The model package group.
        approval_status: Approved or PendingManualApproval.
        container: How the model is served: its image, artifact and environment.
        evaluation: S3 URI of evaluation.json.
        instance_types: Types that the model runs on, for `endpoint` and for `transform`.
        properties: What else is worth knowing about the model, as texts.
    """
    request = {
        "CustomerMetadataProperties": dict(properties),
        "InferenceSpecification": {
            "Containers": [dict(container)],
            "SupportedContentTypes": list(_IMAGES),
            "SupportedRealtimeInferenceInstanceTypes": list(instance_types["endpoint"]),
            "SupportedResponseMIMETypes": list(_ANSWERS),
            "SupportedTransformInstanceTypes": list(instance_types["transform"]),
        },
        "ModelApprovalStatus": approval_status,
        "ModelMetrics": {
            "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": evaluation}}
        },
        "ModelPackageGroupName": group,
    }
    return ModelStep(NAME, model_package(site, request), retry_policies=step_retries(config.retry))
