from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.local.endpoints.capacity import Capacity
from pipeline.local.endpoints.policy import Policy, Shift, read_policy
from pipeline.local.errors import ApiError

WAIT, TERMINATION = "WaitIntervalInSeconds", "TerminationWaitInSeconds"
BACK = "RollbackMaximumBatchSize"


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def count(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def blue_green(routing: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    routed = {"TrafficRoutingConfiguration": routing} if routing else {}
    return {"BlueGreenUpdatePolicy": {**routed, **more}}


def canary(size: dict[str, Any], wait: int = 600, **more: Any) -> dict[str, Any]:
    return blue_green({"Type": "CANARY", "CanarySize": size, WAIT: wait}, **more)


def linear(size: dict[str, Any], wait: int = 60) -> dict[str, Any]:
    return blue_green({"Type": "LINEAR", "LinearStepSize": size, WAIT: wait})


def rolling(size: dict[str, Any], wait: int = 60, **more: Any) -> dict[str, Any]:
    return {"RollingUpdatePolicy": {"MaximumBatchSize": size, WAIT: wait, **more}}


def read(config: dict[str, Any] | None, *instances: int) -> Policy:
    counts = instances or (1,)
    return read_policy(config, {f"v{number}": Capacity(1.0, each) for number, each in enumerate(counts)})


ALL = Shift(Fraction(1), 0, TERMINATION, "full")


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(None, id="none"),
        pytest.param({}, id="empty"),
        pytest.param(blue_green(), id="no-routing"),
        pytest.param(blue_green({"Type": "ALL_AT_ONCE", WAIT: 600}), id="all-at-once-has-no-interval"),
    ],
)
def test_all_at_once(config: dict[str, Any] | None) -> None:
    assert read(config) == Policy((ALL,))


def test_a_canary_comes_before_the_rest() -> None:
    config = canary(percent(30), TerminationWaitInSeconds=120, MaximumExecutionTimeoutInSeconds=1800)
    config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}
    assert read(config) == Policy(
        (Shift(Fraction(3, 10), 600, WAIT, "canary"), Shift(Fraction(1), 120, TERMINATION, "full")),
        timeout=1800,
        alarms=("a", "b"),
    )


@pytest.mark.parametrize(
    ("config", "instances", "shares"),
    [
        pytest.param(linear(percent(25)), [4], ["1/4", "1/2", "3/4", "1"], id="linear"),
        pytest.param(linear(percent(40)), [1], ["2/5", "4/5", "1"], id="linear-with-a-rest"),
        pytest.param(linear(count(1)), [3], ["1/3", "2/3", "1"], id="linear-by-count"),
        pytest.param(canary(count(1)), [2, 4], ["1/3", "1"], id="canary-by-count-of-two-variants"),
        pytest.param(rolling(percent(50)), [2], ["1/2", "1"], id="rolling"),
        pytest.param(rolling(count(2)), [5], ["2/5", "4/5", "1"], id="rolling-by-count"),
    ],
)
def test_steps(config: dict[str, Any], instances: list[int], shares: list[str]) -> None:
    assert [str(shift.share) for shift in read(config, *instances).shifts] == shares


def test_each_batch_of_a_rolling_deployment_is_watched() -> None:
    assert read(rolling(percent(50), 45), 2) == Policy(
        (Shift(Fraction(1, 2), 45, WAIT, "batch"), Shift(Fraction(1), 45, WAIT, "full")), rolling=True
    )


@pytest.mark.parametrize(
    ("back", "reached", "shares"),
    [
        pytest.param({}, 1, ["0"], id="at once"),
        pytest.param(percent(20), 1, ["3/10", "1/10", "0"], id="a part"),
        pytest.param(count(1), 2, ["3/4", "1/2", "1/4", "0"], id="instances"),
        pytest.param(percent(100), 2, ["0"], id="the whole"),
    ],
)
def test_the_way_back_has_batches_of_its_own(back: dict[str, Any], reached: int, shares: list[str]) -> None:
    config = rolling(percent(50), 45)
    if back:
        config["RollingUpdatePolicy"][BACK] = back
    policy = read(config, 4)
    returns = policy.returns(policy.shifts[reached - 1])
    assert ([str(shift.share) for shift in returns], returns[0].wait) == (shares, 45)


@pytest.mark.parametrize(
    ("config", "instances", "text"),
    [
        pytest.param(
            {"RollingUpdatePolicy": {**rolling(percent(50))["RollingUpdatePolicy"], BACK: count(3)}},
            [2],
            "RollbackMaximumBatchSize must be at most 100% of the 2 instance(s) of variant v0; it is 150%.",
            id="more than all go back",
        ),
        pytest.param(
            {**blue_green(), **rolling(percent(50))},
            [2],
            "DeploymentConfig takes BlueGreenUpdatePolicy or RollingUpdatePolicy, not both.",
            id="two-policies",
        ),
        pytest.param(
            blue_green({"Type": "CANARY", WAIT: 1}),
            [2],
            "CanarySize is required for traffic routing of type CANARY.",
            id="no-canary-size",
        ),
        pytest.param(
            blue_green({"Type": "LINEAR", WAIT: 1}),
            [2],
            "LinearStepSize is required for traffic routing of type LINEAR.",
            id="no-step-size",
        ),
        pytest.param(
            canary(percent(51)),
            [2],
            "CanarySize must be at most 50% of the 2 instance(s) of variant v0; it is 51%.",
            id="large-canary",
        ),
        pytest.param(
            canary(count(1)),
            [2, 1],
            "CanarySize must be at most 50% of the 1 instance(s) of variant v1; it is 100%.",
            id="canary-of-the-only-instance",
        ),
        pytest.param(
            linear(percent(9)),
            [2],
            "LinearStepSize must be between 10% and 50% of the 2 instance(s) of variant v0; it is 9%.",
            id="small-step",
        ),
        pytest.param(
            rolling(count(1)),
            [40],
            "MaximumBatchSize must be between 5% and 50% of the 40 instance(s) of variant v0; it is 2.5%.",
            id="small-batch",
        ),
        pytest.param(
            canary(percent(50), TerminationWaitInSeconds=60, MaximumExecutionTimeoutInSeconds=660),
            [2],
            "MaximumExecutionTimeoutInSeconds must be larger than the 660 seconds of all the waits; "
            "it is 660.",
            id="short-timeout",
        ),
    ],
)
def test_what_does_not_go_together(config: dict[str, Any], instances: list[int], text: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(config, *instances)
    assert (caught.value.code, caught.value.message) == ("ValidationException", text)


@settings(deadline=None)
@given(st.integers(10, 50), st.lists(st.integers(1, 20), min_size=1, max_size=4))
def test_shares_grow_to_the_whole(size: int, instances: list[int]) -> None:
    shares = [shift.share for shift in read(linear(percent(size)), *instances).shifts]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1
    assert all(
        0 < shift.active(each) <= each for shift in read(linear(percent(size))).shifts for each in instances
    )
