"""Amazon Resource Names of the local SageMaker, and what they name."""

from __future__ import annotations

ACCOUNT = "123456789012"
"""The account of the local SageMaker: moto's own default, which AWS's documentation uses too."""

REGION = "us-east-1"
PARTITION = "aws"

_RESOURCES = {
    "TrainingJob": "training-job",
    "ProcessingJob": "processing-job",
    "TransformJob": "transform-job",
    "Model": "model",
    "EndpointConfig": "endpoint-config",
    "Endpoint": "endpoint",
    "ModelPackageGroup": "model-package-group",
    "ModelPackage": "model-package",
    "Pipeline": "pipeline",
}


def arn(kind: str, name: str) -> str:
    """The ARN of a record; an execution's name is `<pipeline>/<execution id>`."""
    if kind == "PipelineExecution":
        pipeline, execution = name.split("/")
        name, kind = f"{pipeline}/execution/{execution}", "Pipeline"
    return f"arn:{PARTITION}:sagemaker:{REGION}:{ACCOUNT}:{_RESOURCES[kind]}/{name}"


def parse(text: str) -> tuple[str, str] | None:
    """Kind and name of the record that an ARN of this account and region names, or None."""
    prefix = f"arn:{PARTITION}:sagemaker:{REGION}:{ACCOUNT}:"
    resource, slash, name = text.removeprefix(prefix).partition("/")
    kinds = {value: key for key, value in _RESOURCES.items()}
    if not text.startswith(prefix) or not slash or resource not in kinds:
        return None
    pipeline, middle, execution = name.partition("/execution/")
    if resource == "pipeline" and middle:
        return "PipelineExecution", f"{pipeline}/{execution}"
    return kinds[resource], name


def name_of(kind: str, name_or_arn: str) -> str:
    """The name of a record given by its name or by its ARN.

    An ARN of another kind, account or region is returned as it is: it names nothing here.
    """
    found = parse(name_or_arn)
    return found[1] if found and found[0] == kind else name_or_arn
