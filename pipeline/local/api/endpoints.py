"""Endpoints, and the requests that they answer."""

from __future__ import annotations

import json

from pipeline.local import arns
from pipeline.local.api.endpoint_configs import missing_config
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.errors import ApiError
from pipeline.local.records import Record

_LISTING = Listing("Endpoints", "EndpointName", "EndpointStatus")
_CHANGING = ("Creating", "Updating", "RollingBack", "Deleting")


def create_endpoint(service: Service, request: Request) -> Record:
    """CreateEndpoint."""
    name = request["EndpointName"]
    arn = arns.arn("Endpoint", name)
    taken = ApiError("ValidationException", f'Cannot create already existing endpoint "{arn}".')
    config = _config(service, request)
    now = service.clock()
    record = {
        **without(request, "Tags"),
        "EndpointArn": arn,
        "EndpointStatus": "Creating",
        "ProductionVariants": _variants(config),
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    service.create("Endpoint", name, record, taken)
    service.set_tags(arn, list(request.get("Tags") or []))
    service.endpoints.create(name)
    return {"EndpointArn": arn}


def update_endpoint(service: Service, request: Request) -> Record:
    """UpdateEndpoint."""
    name = request["EndpointName"]
    record = service.find("Endpoint", name, _missing(name))
    _config(service, request)
    _refuse_changing(record)
    service.records.update(
        "Endpoint", name, EndpointStatus="Updating", FailureReason=None, LastModifiedTime=service.clock()
    )
    service.endpoints.update(name, request["EndpointConfigName"])
    return {"EndpointArn": record["EndpointArn"]}


def describe_endpoint(service: Service, request: Request) -> Record:
    """DescribeEndpoint."""
    return service.find("Endpoint", request["EndpointName"], _missing(request["EndpointName"]))


def list_endpoints(service: Service, request: Request) -> Record:
    """ListEndpoints."""
    return page(_LISTING, service.records.list("Endpoint"), request)


def delete_endpoint(service: Service, request: Request) -> Record:
    """DeleteEndpoint: like on AWS it stays until its model has stopped; here that is at once."""
    name = request["EndpointName"]
    _refuse_changing(service.find("Endpoint", name, _missing(name)))
    service.endpoints.delete(name)
    service.remove("Endpoint", name, _missing(name))
    return {}


def invoke(
    service: Service, name: str, body: bytes, content_type: str, accept: str, variant: str | None
) -> tuple[dict[str, str], bytes]:
    """InvokeEndpoint of sagemaker-runtime.

    Returns:
        Headers and body of the model's answer.

    Raises:
        ApiError: ValidationError: the endpoint cannot be asked; ModelError: the model answered with an error.
    """
    if service.records.get("Endpoint", name) is None:
        raise ApiError("ValidationError", f"Endpoint {name} of account {arns.ACCOUNT} not found.")
    status, headers, answer = service.endpoints.invoke(name, body, content_type, accept, variant)
    if 200 <= status < 300:
        return headers, answer
    text = answer.decode("utf-8", "replace")
    side = "client" if 400 <= status < 500 else "server"
    group = f"/aws/sagemaker/Endpoints/{name}"
    raise ApiError(
        "ModelError",
        f"Received {side} error ({status}) from primary with message {json.dumps(text)}. "
        f"See log group {group} in account {arns.ACCOUNT} for more information.",
        status=424,
        OriginalStatusCode=status,
        OriginalMessage=text,
        LogStreamArn=f"arn:{arns.PARTITION}:logs:{arns.REGION}:{arns.ACCOUNT}:log-group:{group}",
    )


def _missing(name: str) -> ApiError:
    return ApiError("ValidationException", f'Could not find endpoint "{arns.arn("Endpoint", name)}".')


def _config(service: Service, request: Request) -> Record:
    name = request["EndpointConfigName"]
    return service.find("EndpointConfig", name, missing_config(name))


def _refuse_changing(record: Record) -> None:
    if record["EndpointStatus"] in _CHANGING:
        raise ApiError(
            "ValidationException", f'Cannot update in-progress endpoint "{record["EndpointArn"]}".'
        )


def _variants(config: Record) -> list[Record]:
    return [
        {
            "VariantName": variant["VariantName"],
            "CurrentWeight": variant.get("InitialVariantWeight", 1.0),
            "DesiredWeight": variant.get("InitialVariantWeight", 1.0),
            "CurrentInstanceCount": variant.get("InitialInstanceCount", 1),
            "DesiredInstanceCount": variant.get("InitialInstanceCount", 1),
        }
        for variant in config["ProductionVariants"]
    ]


HANDLERS: dict[str, Handler] = {
    "CreateEndpoint": create_endpoint,
    "UpdateEndpoint": update_endpoint,
    "DescribeEndpoint": describe_endpoint,
    "ListEndpoints": list_endpoints,
    "DeleteEndpoint": delete_endpoint,
}
