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


def pending(config_name: str, capacities: Capacities, now: float) -> Record:
    """The PendingDeploymentSummary of a deployment that begins."""
    return {
        "EndpointConfigName": config_name,
        "StartTime": now,
        "ProductionVariants": _variants(
            capacities, None, "Creating", lambda _, all_of_them: f"Launching {all_of_them} instance(s).", now
        ),
    }


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

    def shrink(self, shift: Shift) -> None:
        """Old instances have ended, as many as new ones take traffic (in a rolling deployment)."""

        def smaller(variant: Record) -> Record:
            if "CurrentInstanceCount" not in variant:
                return variant
            wanted = variant["DesiredInstanceCount"]
            return {**variant, "CurrentInstanceCount": wanted - shift.active(wanted)}

        self._records.amend(
            "Endpoint",
            self._name,
            lambda record: {
                **record,
                "ProductionVariants": [smaller(variant) for variant in record["ProductionVariants"]],
            },
        )

    def _show(self, shift: Shift, status: str, message: Message) -> None:
        now = self._clock()
        variants = _variants(self._capacities, shift, status, message, now)

        def edit(record: Record) -> Record:
            deployment = {**record["PendingDeploymentSummary"], "ProductionVariants": variants}
            return {**record, "PendingDeploymentSummary": deployment, "LastModifiedTime": now}

        self._records.amend("Endpoint", self._name, edit)


def _capacity(shift: Shift, active: int) -> str:
    return f"{shift.capacity} capacity of {active} instance(s)"


def _variants(
    capacities: Capacities, shift: Shift | None, status: str, message: Message, now: float
) -> list[Record]:
    shown = []
    for name, capacity in capacities.items():
        active = shift.active(capacity.instances) if shift else 0
        state = {"Status": status, "StatusMessage": message(active, capacity.instances), "StartTime": now}
        shown.append({**summary(name, capacity, active), "VariantStatus": [state]})
    return shown
