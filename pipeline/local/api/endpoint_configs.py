"""Endpoint configurations: which models an endpoint serves, and how."""

from __future__ import annotations

from pipeline.local import arns
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.models import missing_model
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.errors import ApiError
from pipeline.local.records import Record

_LISTING = Listing("EndpointConfigs", "EndpointConfigName")


def create_endpoint_config(service: Service, request: Request) -> Record:
    """CreateEndpointConfig."""
    name = request["EndpointConfigName"]
    arn = arns.arn("EndpointConfig", name)
    taken = ApiError("ValidationException", f'Cannot create already existing endpoint configuration "{arn}".')
    for variant in request["ProductionVariants"]:
        model = variant.get("ModelName")
        if model is None:
            raise ApiError(
                "ValidationException",
                f"Production variant '{variant['VariantName']}' has no ModelName; the local SageMaker does "
                "not serve inference components.",
            )
        service.find("Model", model, missing_model(model))
    record = {**without(request, "Tags"), "EndpointConfigArn": arn, "CreationTime": service.clock()}
    service.create("EndpointConfig", name, record, taken)
    service.set_tags(arn, list(request.get("Tags") or []))
    return {"EndpointConfigArn": arn}


def missing_config(name: str) -> ApiError:
    """The error for an endpoint configuration that does not exist."""
    arn = arns.arn("EndpointConfig", name)
    return ApiError("ValidationException", f'Could not find endpoint configuration "{arn}".')


def describe_endpoint_config(service: Service, request: Request) -> Record:
    """DescribeEndpointConfig."""
    name = request["EndpointConfigName"]
    return service.find("EndpointConfig", name, missing_config(name))


def list_endpoint_configs(service: Service, request: Request) -> Record:
    """ListEndpointConfigs."""
    return page(_LISTING, service.records.list("EndpointConfig"), request)


def delete_endpoint_config(service: Service, request: Request) -> Record:
    """DeleteEndpointConfig."""
    name = request["EndpointConfigName"]
    service.remove("EndpointConfig", name, missing_config(name))
    return {}


HANDLERS: dict[str, Handler] = {
    "CreateEndpointConfig": create_endpoint_config,
    "DescribeEndpointConfig": describe_endpoint_config,
    "ListEndpointConfigs": list_endpoint_configs,
    "DeleteEndpointConfig": delete_endpoint_config,
}
