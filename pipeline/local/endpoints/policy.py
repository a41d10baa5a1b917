"""How an endpoint moves to a new configuration: a DeploymentConfig read as a series of shifts of traffic.

The rules are those of the API's pages on BlueGreenUpdatePolicy, TrafficRoutingConfig, RollingUpdatePolicy and
of "Deployment guardrails" in the SageMaker guide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from types import MappingProxyType

from pipeline.local.endpoints.capacity import Capacities
from pipeline.local.errors import ApiError
from pipeline.local.records import Record

_INTERVAL = "WaitIntervalInSeconds"
_TERMINATION = "TerminationWaitInSeconds"
_TIMEOUT = "MaximumExecutionTimeoutInSeconds"


@dataclass(frozen=True)
class Shift:
    """One step: so much of the traffic goes to the new servers, which are then watched for a while.

    Attributes:
        share: Of all requests, in (0, 1].
        wait: Seconds to watch.
        setting: The member that the wait comes from.
        capacity: What the new servers that take traffic are called in AWS's messages.
    """

    share: Fraction
    wait: int
    setting: str
    capacity: str

    def active(self, instances: int) -> int:
        """How many of so many instances take traffic."""
        return ceil(self.share * instances)


@dataclass(frozen=True)
class Policy:
    """How one deployment goes.

    Attributes:
        shifts: Its steps; the last one gives all traffic to the new servers.
        timeout: Seconds that the whole may take; None for no limit.
        alarms: Names of the CloudWatch alarms that end it.
        rolling: Whether old instances end with each step rather than after the last.
        back: The part of all instances that takes traffic again at once when it is rolled back.
    """

    shifts: tuple[Shift, ...]
    timeout: int | None = None
    alarms: tuple[str, ...] = ()
    rolling: bool = False
    back: Fraction = Fraction(1)

    def returns(self, shift: Shift) -> tuple[Shift, ...]:
        """The steps on which the traffic goes back; the last one leaves nothing to the new servers.

        Args:
            shift: The step that was reached.
        """
        shares = [shift.share - self.back * number for number in range(1, ceil(shift.share / self.back))]
        return tuple(replace(shift, share=share) for share in (*shares, Fraction(0)))


# Member that says how large a step is → smallest and largest percentage of a variant's instances.
_LIMITS = MappingProxyType(
    {
        "CanarySize": (0, 50),
        "LinearStepSize": (10, 50),
        "MaximumBatchSize": (5, 50),
        "RollbackMaximumBatchSize": (0, 100),
    }
)
_SIZES = MappingProxyType({"CANARY": "CanarySize", "LINEAR": "LinearStepSize"})


def read_policy(config: Record | None, capacities: Capacities) -> Policy:
    """Read a DeploymentConfig.

    Args:
        config: None is a deployment all at once.
        capacities: Of the variants of the new configuration.

    Raises:
        ApiError: ValidationException: its members do not go together.
    """
    config = config or {}
    if "RollingUpdatePolicy" in config and "BlueGreenUpdatePolicy" in config:
        raise _invalid("DeploymentConfig takes BlueGreenUpdatePolicy or RollingUpdatePolicy, not both.")
    alarms = tuple(
        alarm["AlarmName"]
        for alarm in config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
        if "AlarmName" in alarm
    )
    if (rolling := config.get("RollingUpdatePolicy")) is not None:
        shifts, timeout = _rolling(rolling, capacities), rolling.get(_TIMEOUT)
        back = _back(rolling, capacities)
    else:
        blue_green = config.get("BlueGreenUpdatePolicy", {})
        shifts, timeout = _blue_green(blue_green, capacities), blue_green.get(_TIMEOUT)
        back = Fraction(1)
    waits = sum(shift.wait for shift in shifts)
    if timeout is not None and timeout <= waits:
        raise _invalid(
            f"{_TIMEOUT} must be larger than the {waits} seconds of all the waits; it is {timeout}."
        )
    return Policy(shifts, timeout, alarms, rolling is not None, back)


def _rolling(policy: Record, capacities: Capacities) -> tuple[Shift, ...]:
    step = _step("MaximumBatchSize", policy["MaximumBatchSize"], capacities)
    return tuple(
        Shift(share, policy[_INTERVAL], _INTERVAL, "batch" if share < 1 else "full")
        for share in _shares(step)
    )


def _back(policy: Record, capacities: Capacities) -> Fraction:
    member = "RollbackMaximumBatchSize"
    return _step(member, policy[member], capacities) if policy.get(member) else Fraction(1)


def _blue_green(policy: Record, capacities: Capacities) -> tuple[Shift, ...]:
    last = Shift(Fraction(1), policy.get(_TERMINATION, 0), _TERMINATION, "full")
    routing = policy.get("TrafficRoutingConfiguration", {})
    kind = routing.get("Type", "ALL_AT_ONCE")
    if kind not in _SIZES:
        return (last,)
    member = _SIZES[kind]
    if member not in routing:
        raise _invalid(f"{member} is required for traffic routing of type {kind}.")
    step = _step(member, routing[member], capacities)
    shares = [step] if kind == "CANARY" else _shares(step)[:-1]
    name = "canary" if kind == "CANARY" else "step"
    return (*(Shift(share, routing[_INTERVAL], _INTERVAL, name) for share in shares), last)


def _shares(step: Fraction) -> list[Fraction]:
    return [min(step * number, Fraction(1)) for number in range(1, ceil(1 / step) + 1)]


def _step(member: str, size: Record, capacities: Capacities) -> Fraction:
    """A CapacitySize as a part of all instances."""
    least, most = _LIMITS[member]
    counts = [capacity.instances for capacity in capacities.values()]
    by_count = size["Type"] == "INSTANCE_COUNT"
    for name, capacity in capacities.items():
        percent = Fraction(100 * size["Value"], capacity.instances) if by_count else Fraction(size["Value"])
        if not least <= percent <= most:
            bounds = f"between {least}% and {most}%" if least else f"at most {most}%"
            raise _invalid(
                f"{member} must be {bounds} of the {capacity.instances} instance(s) of variant {name}; it is "
                f"{float(percent):g}%."
            )
    if by_count:
        return Fraction(size["Value"] * len(counts), sum(counts))
    return Fraction(size["Value"], 100)


def _invalid(text: str) -> ApiError:
    return ApiError("ValidationException", text)
