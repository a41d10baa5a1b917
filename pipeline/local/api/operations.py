"""The operations of the SageMaker API: which are answered, by what, and how a call goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.aws_model import service_model
from pipeline.errors import ImgpipeError
from pipeline.local.api import (
    endpoint_configs,
    endpoints,
    executions,
    jobs,
    model_packages,
    models,
    pipelines,
    refused,
    search,
    shapes,
    tags,
    versions,
)
from pipeline.local.api.service import Handler, Service
from pipeline.local.errors import ApiError
from pipeline.local.records import Record

OPERATIONS: dict[str, Handler] = {
    **pipelines.HANDLERS,
    **versions.HANDLERS,
    **executions.HANDLERS,
    **jobs.HANDLERS,
    **models.HANDLERS,
    **endpoint_configs.HANDLERS,
    **endpoints.HANDLERS,
    **model_packages.HANDLERS,
    **tags.HANDLERS,
    **search.HANDLERS,
}


class Api:
    """Answers the operations.

    Args:
        service: What the operations work on.
    """

    def __init__(self, service: Service) -> None:
        self.service = service

    def call(self, operation: str, request: Mapping[str, Any]) -> Record:
        """Answer one request: checked against the input shape, cut to the output shape.

        Args:
            operation: Such as CreateTrainingJob.
            request: The JSON body.

        Raises:
            ApiError: The request is refused.
        """
        handler = OPERATIONS.get(operation)
        if handler is None:
            raise _unknown(operation)
        model = service_model.operation(operation)
        shapes.check(model.input_shape, request)
        refused.check(operation, request)
        try:
            response = handler(self.service, request)
        except ImgpipeError as error:
            raise ApiError("ValidationException", str(error)) from error
        if model.output_shape is None:
            return {}
        shown: Record = shapes.shown(model.output_shape, response)
        return shown


def _unknown(operation: str) -> ApiError:
    if operation not in service_model.service("sagemaker").operation_names:
        return ApiError("UnknownOperationException", f"SageMaker has no operation {operation}.")
    return ApiError(
        "UnknownOperationException",
        f"The local SageMaker does not answer {operation}. Run it on SageMaker; docs/parity.md lists the "
        "operations that are answered locally.",
    )
