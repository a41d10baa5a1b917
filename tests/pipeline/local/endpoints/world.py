"""An endpoint whose deployments a test moves by hand."""

from __future__ import annotations

import json
from typing import Any

from moto.backends import get_backend

from pipeline.local.endpoints.alarms import Alarms
from pipeline.local.endpoints.board import pending
from pipeline.local.endpoints.capacity import configured
from pipeline.local.endpoints.runner import EndpointRunner
from pipeline.local.records import Record
from pipeline.local.runtime import Invocation
from tests.pipeline.local.endpoints.hands import Hands
from tests.pipeline.local.jobs.place import ACCOUNT, REGION, SECONDS, Place

WAIT = "WaitIntervalInSeconds"
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            WAIT: 600,
        },
        "TerminationWaitInSeconds": 300,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
}
LINEAR = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "LINEAR",
            "LinearStepSize": {"Type": "INSTANCE_COUNT", "Value": 2},
            WAIT: 60,
        }
    }
}
ROLLING = {
    "RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 2},
        WAIT: 60,
        "MaximumExecutionTimeoutInSeconds": 600,
    }
}


class World:
    """An endpoint `e` that serves configuration `one`, four instances of it; `two` is there too."""

    def __init__(self, place: Place, **more: Any) -> None:
        self.place = place
        self.hands = Hands()
        self.point = 0.0
        for name in ("one", "two"):
            place.model(name, name.encode())
            self.config(name, name)
        self.runner = self.serve(**more)
        place.records.create(
            "Endpoint",
            "e",
            {"EndpointName": "e", "EndpointConfigName": "one", "EndpointStatus": "Creating"},
        )
        self.runner.create("e")
        self.until(EndpointStatus="InService")

    def serve(self, **more: Any) -> EndpointRunner:
        alarms = Alarms(ACCOUNT, REGION)
        return self.place.endpoints(alarms=alarms, clockwork=self.hands, point=lambda: self.point, **more)

    def config(self, name: str, model: str, **more: Any) -> None:
        variant = {"VariantName": "v", "ModelName": model, "InitialInstanceCount": 4}
        record = {"EndpointConfigName": name, "ProductionVariants": [variant], **more}
        self.place.records.create("EndpointConfig", name, record)

    def record(self) -> Record:
        record = self.place.records.get("Endpoint", "e")
        assert record is not None
        return record

    def until(self, **fields: object) -> Record:
        return self.place.records.wait(
            "Endpoint", "e", lambda record: all(record.get(key) == fields[key] for key in fields), SECONDS
        )

    def begin(self, policy: Record | None, config_name: str = "two") -> None:
        """UpdateEndpoint, as the API does it."""
        config = self.place.records.get("EndpointConfig", config_name)
        assert config is not None
        self.place.records.update(
            "Endpoint",
            "e",
            EndpointStatus="Updating",
            FailureReason=None,
            PendingDeploymentSummary=pending(config, configured(config), 2.0),
            PendingDeploymentConfig=policy,
        )
        self.runner.update("e")

    def until_baking(self, message: str) -> Record:
        def baking(record: Record) -> bool:
            (variant,) = record.get("PendingDeploymentSummary", {}).get("ProductionVariants", [{}])
            return bool(variant) and variant["VariantStatus"][0]["StatusMessage"] == message

        return self.place.records.wait("Endpoint", "e", baking, SECONDS)

    def answers(self, point: float, target: str | None = None) -> str:
        """The text of the model that a request falls on."""
        self.point = point
        _, _, body = self.runner.invoke(Invocation("e", b"x", target_variant=target))
        return str(json.loads(body)[0])

    def alarm(self, state: str) -> None:
        get_backend("cloudwatch")[ACCOUNT][REGION].set_alarm_state("errors", "a test", "{}", state)


CANARY_BAKES = f"Baking for 600 seconds ({WAIT}) with traffic enabled on canary capacity of 1 instance(s)."
ALL_BAKES = (
    "Baking for 300 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of "
    "4 instance(s)."
)
