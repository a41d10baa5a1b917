"""Endpoints: created, updated, deleted."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.local import arns
from pipeline.local.api.endpoint_configs import missing_config
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.endpoints.board import pending
from pipeline.local.endpoints.capacity import Capacities, configured, desired, retained, summary
from pipeline.local.endpoints.policy import read_policy
from pipeline.local.errors import ApiError
from pipeline.local.records import Record, RecordMissing

_LISTING = Listing("Endpoints", "EndpointName", "EndpointStatus", from_limit=True)
_CHANGING = ("Creating", "Updating", "RollingBack", "Deleting")


def create_endpoint(service: Service, request: Request) -> Record:
    """CreateEndpoint."""
    name = request["EndpointName"]
    arn = arns.arn("Endpoint", name)
    taken = ApiError("ValidationException", f'Cannot create already existing endpoint "{arn}".')
    config = _config(service, request)
    capacities = configured(config)
    deployment = request.get("DeploymentConfig")
    _check_deployment(service, deployment, capacities)
    now = service.clock()
    record = {
        **without(request, "Tags", "DeploymentConfig"),
        **({"LastDeploymentConfig": deployment} if deployment else {}),
        "EndpointArn": arn,
        "EndpointStatus": "Creating",
        "PendingDeploymentSummary": pending(config, capacities, now),
        "ProductionVariants": [summary(variant, capacity) for variant, capacity in capacities.items()],
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    service.create("Endpoint", name, record, taken, request.get("Tags"))
    service.endpoints.create(name)
    return {"EndpointArn": arn}


def update_endpoint(service: Service, request: Request) -> Record:
    """UpdateEndpoint."""
    name = request["EndpointName"]
    service.find("Endpoint", name, _missing(name))
    config = _config(service, request)
    capacities = configured(config)

    def edit(record: Record) -> Record:
        deployment = request.get("DeploymentConfig")
        if deployment is None and request.get("RetainDeploymentConfig"):
            deployment = record.get("LastDeploymentConfig")
        wanted: Capacities = capacities
        if request.get("RetainAllVariantProperties"):
            excluded = request.get("ExcludeRetainedVariantProperties") or []
            kinds = {each["VariantPropertyType"] for each in excluded}
            wanted = retained(capacities, desired(record["ProductionVariants"]), kinds)
        _check_deployment(service, deployment, wanted)
        begun = {
            "PendingDeploymentSummary": pending(config, wanted, service.clock()),
            "PendingDeploymentConfig": deployment,
            "LastDeploymentConfig": deployment or record.get("LastDeploymentConfig"),
        }
        return {**record, **begun}

    return _updating(service, name, edit)


def update_weights(service: Service, request: Request) -> Record:
    """UpdateEndpointWeightsAndCapacities."""
    name = request["EndpointName"]
    wanted = {each["VariantName"]: each for each in request["DesiredWeightsAndCapacities"]}

    def edit(record: Record) -> Record:
        known = [variant["VariantName"] for variant in record["ProductionVariants"]]
        if unknown := [variant for variant in wanted if variant not in known]:
            raise ApiError(
                "ValidationException",
                f'Could not find variant(s) {", ".join(unknown)} of endpoint "{record["EndpointArn"]}"; '
                f"it has {', '.join(known)}.",
            )
        variants = [
            _rescaled(variant, wanted.get(variant["VariantName"], {}))
            for variant in record["ProductionVariants"]
        ]
        return {**record, "ProductionVariants": variants}

    return _updating(service, name, edit)


def _rescaled(variant: Record, wanted: Request) -> Record:
    name = variant["VariantName"]
    if wanted.get("ServerlessUpdateConfig"):
        raise ApiError(
            "ValidationException",
            "ServerlessUpdateConfig is not supported by the local SageMaker: a serverless variant has no "
            "limit of concurrency",
        )
    count = wanted.get("DesiredInstanceCount")
    if count is not None and "DesiredInstanceCount" not in variant:
        raise ApiError("ValidationException", f"Variant {name} is serverless: it has no instances.")
    if count == 0:
        raise ApiError("ValidationException", f"DesiredInstanceCount of variant {name} must be at least 1.")
    members = ("DesiredWeight", "DesiredInstanceCount")
    given = {member: wanted[member] for member in members if wanted.get(member) is not None}
    return {**variant, **given}


def _updating(service: Service, name: str, edit: Callable[[Record], Record]) -> Record:
    """Bring an endpoint that rests into state Updating, changed by `edit`, and let it be done."""

    def begin(record: Record) -> Record:
        _refuse_changing(record)
        edited = {**edit(record), "EndpointStatus": "Updating", "LastModifiedTime": service.clock()}
        return {key: value for key, value in edited.items() if value is not None and key != "FailureReason"}

    try:
        record = service.records.amend("Endpoint", name, begin)
    except RecordMissing as error:
        raise _missing(name) from error
    service.endpoints.update(name)
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
    _refuse_busy(service.find("Endpoint", name, _missing(name)))
    # The record first: servers that are only being restored look for it when they are there.
    service.remove("Endpoint", name, _missing(name))
    service.endpoints.delete(name)
    return {}


def _missing(name: str) -> ApiError:
    return ApiError("ValidationException", f'Could not find endpoint "{arns.arn("Endpoint", name)}".')


def _config(service: Service, request: Request) -> Record:
    name = request["EndpointConfigName"]
    return service.find("EndpointConfig", name, missing_config(name))


def _refuse_busy(record: Record) -> None:
    if record["EndpointStatus"] in _CHANGING:
        raise ApiError(
            "ValidationException", f'Cannot update in-progress endpoint "{record["EndpointArn"]}".'
        )


def _refuse_changing(record: Record) -> None:
    _refuse_busy(record)
    if record["EndpointStatus"] == "Failed":
        raise ApiError(
            "ValidationException",
            f'Cannot update endpoint "{record["EndpointArn"]}" in status Failed; DeleteEndpoint is the only '
            "operation that can be performed on a failed endpoint.",
        )


def _check_deployment(service: Service, deployment: Record | None, capacities: Capacities) -> None:
    if deployment and any(capacity.serverless for capacity in capacities.values()):
        raise ApiError("ValidationException", "DeploymentConfig is not supported for serverless variants.")
    service.endpoints.check_alarms(read_policy(deployment, capacities).alarms)


HANDLERS: dict[str, Handler] = {
    "CreateEndpoint": create_endpoint,
    "UpdateEndpoint": update_endpoint,
    "UpdateEndpointWeightsAndCapacities": update_weights,
    "DescribeEndpoint": describe_endpoint,
    "ListEndpoints": list_endpoints,
    "DeleteEndpoint": delete_endpoint,
}
