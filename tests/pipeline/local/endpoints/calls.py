"""What the API asks of the endpoints, without the API."""

from __future__ import annotations

import json
from typing import Any

from pipeline.local.endpoints.board import pending
from pipeline.local.endpoints.capacity import configured
from pipeline.local.records import Record
from pipeline.local.runtime import Endpoints, Invocation
from tests.pipeline.local.jobs.place import SECONDS, Place

NO_PING = (
    "The primary container for production variant {} did not pass the ping health check. Please check "
    "CloudWatch logs for this endpoint."
)
ENDED = f"{NO_PING} It ended with: serving broken\ncannot load the model"


def variant(name: str, model: str, weight: float = 1.0, **more: Any) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InitialVariantWeight": weight,
        "InitialInstanceCount": 1,
        **more,
    }


def config(place: Place, name: str, *variants: dict[str, Any]) -> None:
    """Record a config; without variants, one that serves the model of its own name."""
    if not variants:
        place.model(name, name.encode())
        variants = (variant("AllTraffic", name),)
    place.records.create(
        "EndpointConfig", name, {"EndpointConfigName": name, "ProductionVariants": list(variants)}
    )


def endpoint(place: Place, config_name: str, status: str = "Creating", name: str = "e") -> None:
    place.records.create(
        "Endpoint",
        name,
        {
            "EndpointName": name,
            "EndpointConfigName": config_name,
            "EndpointStatus": status,
            "CreationTime": 1.0,
            "LastModifiedTime": 1.0,
        },
    )


def settled(place: Place, name: str = "e") -> Record:
    changing = ("Creating", "Updating", "RollingBack")
    return place.records.wait(
        "Endpoint", name, lambda record: record["EndpointStatus"] not in changing, SECONDS
    )


def begin_update(place: Place, runner: Endpoints, config_name: str, policy: Record | None = None) -> None:
    """UpdateEndpoint, as the API does it."""
    gone = {"EndpointConfigName": config_name, "ProductionVariants": []}
    record = place.records.get("EndpointConfig", config_name) or gone
    place.records.update(
        "Endpoint",
        "e",
        EndpointStatus="Updating",
        FailureReason=None,
        PendingDeploymentSummary=pending(record, configured(record), 2.0),
        PendingDeploymentConfig=policy,
    )
    runner.update("e")


def update(place: Place, runner: Endpoints, config_name: str) -> Record:
    """UpdateEndpoint, to its end."""
    begin_update(place, runner, config_name)
    return settled(place)


def created(place: Place, runner: Endpoints, config_name: str) -> Record:
    endpoint(place, config_name)
    runner.create("e")
    return settled(place)


def ask(runner: Endpoints, body: bytes = b"image", target: str | None = None, name: str = "e") -> Any:
    invocation = Invocation(name, body, "image/jpeg", "application/json", target)
    status, _, answer = runner.invoke(invocation)
    assert status == 200
    return json.loads(answer)


def pid(runner: Endpoints, target: str | None = None) -> int:
    return int(ask(runner, target=target)[4])
