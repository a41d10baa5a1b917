from __future__ import annotations

from typing import Any

import pytest

from pipeline.checks.refused import RETRIED
from pipeline.language.definition import Step, parse
from pipeline.local.execution.faults import JOB_INTERNAL_ERROR, SERVICE_FAULT, THROTTLING
from pipeline.local.execution.retrying import (
    DEFAULT,
    RETRYABLE,
    RetryPolicy,
    next_retry,
    policies_of,
)
from pipeline.local.execution.steps.registry import EXECUTORS
from tests.pipeline.local.definitions import definition, fail, train


def step_with(*policies: dict[str, Any]) -> Step:
    return parse(definition(train("T", RetryPolicies=list(policies)))).steps["T"]


@pytest.mark.parametrize(
    ("written", "policy"),
    [
        pytest.param(
            {"ExceptionType": ["SageMaker.CAPACITY_ERROR"]},
            RetryPolicy(("SageMaker.CAPACITY_ERROR",), 1, 2, 5, None),
            id="all by default",
        ),
        pytest.param(
            {
                "ExceptionType": ["Step.THROTTLING", "Step.SERVICE_FAULT"],
                "IntervalSeconds": 30,
                "BackoffRate": 1.5,
                "MaxAttempts": 7,
            },
            RetryPolicy(("Step.THROTTLING", "Step.SERVICE_FAULT"), 30, 1.5, 7, None),
            id="all written",
        ),
        pytest.param(
            {"ExceptionType": ["Step.THROTTLING"], "IntervalSeconds": 0, "ExpireAfterMin": 90},
            RetryPolicy(("Step.THROTTLING",), 0, 2, None, 90),
            id="as often as there is time",
        ),
        pytest.param(
            {"ExceptionType": "Step.THROTTLING", "BackoffRate": 1.0},
            RetryPolicy(("Step.THROTTLING",), 1, 1, 5, None),
            id="one type as AWS's schema has it",
        ),
    ],
)
def test_what_is_written(written: dict[str, Any], policy: RetryPolicy) -> None:
    assert policies_of(step_with(written)) == (policy, DEFAULT)


def test_a_step_that_takes_no_policies_has_the_default() -> None:
    own = fail("F", "no", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"]}])
    assert policies_of(parse(definition(own)).steps["F"]) == (DEFAULT,)


@pytest.mark.parametrize(
    ("policy", "waits"),
    [
        pytest.param(RetryPolicy((), 1, 2, 5), [1, 2, 4, 8, 16, None], id="the default"),
        pytest.param(RetryPolicy((), 10, 1, 2), [10, 10, None], id="always as long"),
        pytest.param(RetryPolicy((), 8, 0.5, 3), [8, 4, 2, None], id="shorter and shorter"),
        pytest.param(RetryPolicy((), 43_200, 1e308, 20), [43_200, *[2_419_200] * 19, None], id="enormous"),
        pytest.param(RetryPolicy((), 0, 2, 2), [0, 0, None], id="at once"),
    ],
)
def test_waits(policy: RetryPolicy, waits: list[float | None]) -> None:
    assert [policy.wait(retries, 0) for retries in range(len(waits))] == waits


@pytest.mark.parametrize(("elapsed", "wait"), [(0, 1), (119.9, 1), (120, None)])
def test_a_policy_ends(elapsed: float, wait: float | None) -> None:
    assert RetryPolicy((), 1, 1, None, 2).wait(100, elapsed) == (wait and 1)


def test_each_policy_counts_its_own() -> None:
    policies = (RetryPolicy((THROTTLING,), 5, 2, 1), RetryPolicy((JOB_INTERNAL_ERROR, THROTTLING), 3, 2, 1))
    first = next_retry(policies, JOB_INTERNAL_ERROR, {}, 0)
    assert first is not None
    assert (first.wait, first.counts) == (3, {"1": 1})
    second = next_retry(policies, THROTTLING, first.counts, 0)
    assert second is not None
    assert (second.wait, second.counts) == (5, {"1": 1, "0": 1})
    # The first policy that names the type counts, though the second has some left.
    assert next_retry(policies, THROTTLING, {"0": 1}, 0) is None
    assert next_retry(policies, JOB_INTERNAL_ERROR, second.counts, 0) is None


@pytest.mark.parametrize(
    ("fault", "is_retried"),
    [(SERVICE_FAULT, True), (THROTTLING, True), (JOB_INTERNAL_ERROR, False), (None, False)],
)
def test_what_is_retried_by_default(fault: str | None, is_retried: bool) -> None:
    assert (next_retry((DEFAULT,), fault, {}, 0) is not None) is is_retried


def test_the_types_that_are_retried() -> None:
    assert set(RETRYABLE) == set(EXECUTORS) & set(RETRIED)
