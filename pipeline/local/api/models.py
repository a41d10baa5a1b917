"""Models: a container image with a model artifact."""

from __future__ import annotations

from pipeline.local import arns
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.errors import ApiError
from pipeline.local.records import Record

_LISTING = Listing("Models", "ModelName")


def create_model(service: Service, request: Request) -> Record:
    """CreateModel."""
    name = request["ModelName"]
    arn = arns.arn("Model", name)
    taken = ApiError("ValidationException", f'Cannot create already existing model "{arn}".')
    containers = [request.get("PrimaryContainer"), *(request.get("Containers") or [])]
    if not any(containers):
        raise ApiError("ValidationException", "A model must have a PrimaryContainer or Containers.")
    service.jobs.check("Model", request)
    record = {**without(request, "Tags"), "ModelArn": arn, "CreationTime": service.clock()}
    service.create("Model", name, record, taken, request.get("Tags"))
    return {"ModelArn": arn}


def missing_model(name: str) -> ApiError:
    """The error for a model that does not exist."""
    return ApiError("ValidationException", f'Could not find model "{arns.arn("Model", name)}".')


def describe_model(service: Service, request: Request) -> Record:
    """DescribeModel."""
    return service.find("Model", request["ModelName"], missing_model(request["ModelName"]))


def list_models(service: Service, request: Request) -> Record:
    """ListModels."""
    return page(_LISTING, service.records.list("Model"), request)


def delete_model(service: Service, request: Request) -> Record:
    """DeleteModel."""
    service.remove("Model", request["ModelName"], missing_model(request["ModelName"]))
    return {}


HANDLERS: dict[str, Handler] = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
    "DeleteModel": delete_model,
}
