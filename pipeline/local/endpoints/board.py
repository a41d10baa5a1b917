"""What DescribeEndpoint shows of a deployment under way (PendingDeploymentSummary).

The messages are those of "Endpoint deployment state change" in the SageMaker guide.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.local.endpoints.capacity import Capacities, summary
from pipeline.local.endpoints.policy import Shift
from pipeline.local.records import Record, Records

Message = Callable[[int, int], str]
"""A variant's message, given how many of its instances take traffic and how many it has."""


def pending(config: Record, capacities: Capacities, now: float) -> Record:
    """The PendingDeploymentSummary of a deployment that begins.

    Args:
        config: The configuration that is to be served.
        capacities: Of its variants.
        now: Seconds since the epoch.
    """
    types = {each["VariantName"]: each.get("InstanceType") for each in config["ProductionVariants"]}
    states = _states(capacities, None, "Creating", _launching, now)
    return {
        "EndpointConfigName": config["EndpointConfigName"],
        "StartTime": now,
        "ProductionVariants": [
            {"VariantName": name, **({"InstanceType": types[name]} if types[name] else {}), **state}
            for name, state in states.items()
        ],
    }


def has_begun(deployment: Record) -> bool:
    """Whether a PendingDeploymentSummary shows that its new servers were there."""
    states = [state for variant in deployment["ProductionVariants"] for state in variant["VariantStatus"]]
    return any(state["Status"] != "Creating" for state in states)


class Board:
    """Shows how far the deployment of one endpoint is.

    Args:
        records: The endpoint's record is there.
        name: The endpoint's name.
        capacities: Of the new variants.
        clock: Seconds since the epoch.
        scale: By how much waits are shorter here than they are asked for.
    """

    def __init__(
        self,
        records: Records,
        name: str,
        capacities: Capacities,
        clock: Callable[[], float],
        scale: float = 1.0,
    ) -> None:
        self._records = records
        self._name = name
        self._capacities = capacities
        self._clock = clock
        self._scale = scale

    def relaunching(self) -> None:
        """The new servers are started, once more after a deployment that ended with the server."""
        self._show(None, "Creating", _launching)
        self.shrink(None)

    def activating(self, shift: Shift) -> None:
        """A part of the traffic goes to the new servers."""
        self._show(
            shift, "ActivatingTraffic", lambda active, _: f"Activating traffic on {_capacity(shift, active)}."
        )

    def baking(self, shift: Shift) -> None:
        """The new servers are watched."""
        here = "" if self._scale == 1 else f" Here it takes {shift.wait * self._scale:g} seconds."
        self._show(
            shift,
            "Baking",
            lambda active, _: (
                f"Baking for {shift.wait} seconds ({shift.setting}) with traffic enabled on "
                f"{_capacity(shift, active)}.{here}"
            ),
        )

    def returning(self, shift: Shift) -> None:
        """Traffic goes back, until the new servers have what the shift leaves to them."""
        self._show(shift, "Deleting", lambda active, _: f"Rolling back: {active} instance(s) take traffic.")
        self.shrink(shift)

    def shrink(self, shift: Shift | None) -> None:
        """Old instances have ended, as many as new ones take traffic (in a rolling deployment)."""

        def smaller(variant: Record) -> Record:
            if "CurrentInstanceCount" not in variant:
                return variant
            wanted = variant["DesiredInstanceCount"]
            active = shift.active(wanted) if shift else 0
            return {**variant, "CurrentInstanceCount": wanted - active}

        self._records.amend(
            "Endpoint",
            self._name,
            lambda record: {
                **record,
                "ProductionVariants": [smaller(variant) for variant in record["ProductionVariants"]],
            },
        )

    def _show(self, shift: Shift | None, status: str, message: Message) -> None:
        now = self._clock()
        states = _states(self._capacities, shift, status, message, now)

        def edit(record: Record) -> Record:
            deployment = record["PendingDeploymentSummary"]
            variants = [
                {**variant, **states[variant["VariantName"]]} for variant in deployment["ProductionVariants"]
            ]
            changed = {**deployment, "ProductionVariants": variants}
            return {**record, "PendingDeploymentSummary": changed, "LastModifiedTime": now}

        self._records.amend("Endpoint", self._name, edit)


def _launching(_: int, instances: int) -> str:
    return f"Launching {instances} instance(s)."


def _capacity(shift: Shift, active: int) -> str:
    return f"{shift.capacity} capacity of {active} instance(s)"


def _states(
    capacities: Capacities, shift: Shift | None, status: str, message: Message, now: float
) -> dict[str, Record]:
    """What is shown of each variant at a moment."""
    states = {}
    for name, capacity in capacities.items():
        active = shift.active(capacity.instances) if shift else 0
        state = {"Status": status, "StatusMessage": message(active, capacity.instances), "StartTime": now}
        states[name] = {**summary(name, capacity, active), "VariantStatus": [state]}
    return states
