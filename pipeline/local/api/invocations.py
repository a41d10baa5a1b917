"""InvokeEndpoint of sagemaker-runtime."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import MappingProxyType

from pipeline.local import arns
from pipeline.local.api.service import Service
from pipeline.local.errors import ApiError
from pipeline.local.job_logs import endpoint_group
from pipeline.local.runtime import Invocation

Headers = Callable[[str], str | None]
"""Gives a header of the request by its name."""

_PREFIX = "X-Amzn-SageMaker-"

REFUSED = MappingProxyType(
    {
        "Target-Model": "no endpoint here serves many models",
        "Target-Container-Hostname": "an endpoint has one container",
        "Inference-Component": "the local SageMaker serves no inference components",
        "Enable-Explanations": "it needs the AWS-owned Clarify container",
        "Session-Id": "the local SageMaker keeps no sessions with models",
    }
)
"""Headers (after X-Amzn-SageMaker-) of arguments that are refused, and why."""


def invoke(service: Service, name: str, body: bytes, header: Headers) -> tuple[dict[str, str], bytes]:
    """Send a request to an endpoint's model.

    Returns:
        Headers and body of the model's answer.

    Raises:
        ApiError: ValidationError: the endpoint cannot be asked; ModelError: the model answered with an error.
    """
    for argument, why in REFUSED.items():
        if header(_PREFIX + argument):
            raise ApiError(
                "ValidationError", f"{_PREFIX}{argument} is not supported by the local SageMaker: {why}"
            )
    if service.records.get("Endpoint", name) is None:
        raise ApiError("ValidationError", f"Endpoint {name} of account {arns.ACCOUNT} not found.")
    invocation = Invocation(
        endpoint=name,
        body=body,
        content_type=header("Content-Type") or "application/octet-stream",
        accept=header("Accept") or "*/*",
        target_variant=header(_PREFIX + "Target-Variant"),
        inference_id=header(_PREFIX + "Inference-Id"),
        custom_attributes=header(_PREFIX + "Custom-Attributes"),
    )
    status, headers, answer = service.endpoints.invoke(invocation)
    if 200 <= status < 300:
        return headers, answer
    raise _model_error(name, status, answer)


def _model_error(name: str, status: int, answer: bytes) -> ApiError:
    text = answer.decode("utf-8", "replace")
    side = "client" if 400 <= status < 500 else "server"
    group = endpoint_group(name)
    return ApiError(
        "ModelError",
        f"Received {side} error ({status}) from primary with message {json.dumps(text)}. "
        f"See log group {group} in account {arns.ACCOUNT} for more information.",
        status=424,
        OriginalStatusCode=status,
        OriginalMessage=text,
        LogStreamArn=f"arn:{arns.PARTITION}:logs:{arns.REGION}:{arns.ACCOUNT}:log-group:{group}",
    )
