"""Endpoint configurations: which models an endpoint serves, and how."""

from __future__ import annotations

from pipeline.local import arns
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.models import missing_model
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.errors import ApiError
from pipeline.local.records import Record

_LISTING = Listing("EndpointConfigs", "EndpointConfigName", from_limit=True)


def create_endpoint_config(service: Service, request: Request) -> Record:
    """CreateEndpointConfig."""
    name = request["EndpointConfigName"]
    arn = arns.arn("EndpointConfig", name)
    taken = ApiError("ValidationException", f'Cannot create already existing endpoint configuration "{arn}".')
    _check_variants(request)
    _check_capture(request.get("DataCaptureConfig"))
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
    service.create("EndpointConfig", name, record, taken, request.get("Tags"))
    return {"EndpointConfigArn": arn}


def _check_variants(request: Request) -> None:
    variants = request["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ApiError(
            "ValidationException", f"Variant names must be unique; used twice: {', '.join(twice)}."
        )
    for variant in variants:
        if not variant.get("ServerlessConfig"):
            continue
        where = f"Serverless variant {variant['VariantName']}"
        both = [member for member in ("InstanceType", "InitialInstanceCount") if variant.get(member)]
        if both:
            raise ApiError("ValidationException", f"{where} cannot have {' or '.join(both)}.")
        if len(variants) > 1:
            raise ApiError("ValidationException", f"{where} must be the only variant of its endpoint.")
        if request.get("DataCaptureConfig"):
            raise ApiError("ValidationException", f"{where} does not support DataCaptureConfig.")


def _check_capture(capture: Request | None) -> None:
    if capture is None:
        return
    uri = capture["DestinationS3Uri"]
    if not uri.startswith("s3://"):
        raise ApiError(
            "ValidationException",
            f"DataCaptureConfig.DestinationS3Uri must be an s3:// URI for the local SageMaker; it is {uri}",
        )


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
