"""Arguments of answered operations that the local SageMaker refuses, and why."""

from __future__ import annotations

from pipeline.local.api.service import Request
from pipeline.local.errors import ApiError

ARGUMENTS: dict[str, dict[str, str]] = {
    "StartPipelineExecution": {
        "MlflowExperimentName": "there is no MLflow here",
    },
    "CreateEndpointConfig": {
        "AsyncInferenceConfig": "endpoints answer at once",
        "ExplainerConfig": "it needs the AWS-owned Clarify container",
        "ShadowProductionVariants": "requests are not sent to a second model",
    },
    "CreateModelPackage": {"ModelPackageName": "packages are versions in a group"},
    "UpdateModelPackage": {
        "AdditionalInferenceSpecificationsToAdd": "a package has one inference specification",
        "ModelPackageRegistrationType": "a package keeps its own",
    },
}
"""Operation → argument → reason. A false or empty value passes: it asks for nothing."""


def check(operation: str, request: Request) -> None:
    """Refuse a request that asks for what is not done here.

    Raises:
        ApiError: ValidationException, naming every such argument.
    """
    found = [
        f"{argument} is not supported by the local SageMaker: {why}"
        for argument, why in ARGUMENTS.get(operation, {}).items()
        if request.get(argument)
    ]
    if found:
        raise ApiError("ValidationException", "; ".join(found))
