"""Retry policies: whether and when a step that failed is tried again.

Source: "Retry Policy for Pipeline Steps" in the SageMaker guide. Of the policies of a step the first that
names the type of its failure counts, and each counts its own retries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.language.definition import Step
from pipeline.local.execution.faults import SERVICE_FAULT, THROTTLING

RETRYABLE = ("Processing", "Training", "Transform", "Model", "RegisterModel", "EndpointConfig")
"""Step types that are executed here and whose RetryPolicies count: the guide and the SDK's step classes."""

_LONGEST_WAIT_S = 28 * 86_400.0
"""An execution of SageMaker is long over by then, and a thread cannot wait for any number of seconds."""


@dataclass(frozen=True)
class RetryPolicy:
    """One policy.

    Attributes:
        faults: The types of failure that it answers.
        interval: Seconds before the first retry.
        rate: What each further wait is multiplied by.
        most: How many retries there may be; None: any number.
        minutes: How long after its start a step may be tried again; None: for ever.
    """

    faults: tuple[str, ...]
    interval: float = 1
    rate: float = 2.0
    most: int | None = None
    minutes: float | None = None

    def wait(self, retries: int, elapsed: float) -> float | None:
        """Seconds before the next attempt; None if there is to be none.

        Args:
            retries: How many retries this policy has caused.
            elapsed: Seconds since the step started.
        """
        if self.most is not None and retries >= self.most:
            return None
        if self.minutes is not None and elapsed >= self.minutes * 60:
            return None
        wait = self.interval
        for _ in range(retries):
            wait = min(wait * self.rate, _LONGEST_WAIT_S)
        return wait


_MOST = 5
"""MaxAttempts of a policy that has none, nor ExpireAfterMin (the guide)."""

DEFAULT = RetryPolicy((SERVICE_FAULT, THROTTLING), most=_MOST)
"""What answers these types on every step where no policy does.

The guide tells that they are retried automatically, but not how often; these are the values that it gives for
a policy without any.
"""


def policies_of(step: Step) -> tuple[RetryPolicy, ...]:
    """The policies of a step in order, the default at last."""
    written = step.raw.get("RetryPolicies")
    if step.type not in RETRYABLE or not isinstance(written, list):
        return (DEFAULT,)
    return (*(_policy(each) for each in written), DEFAULT)


def _policy(written: Mapping[str, object]) -> RetryPolicy:
    """A policy whose form has been checked when the pipeline was created."""
    faults = written["ExceptionType"]
    most, minutes = written.get("MaxAttempts"), written.get("ExpireAfterMin")
    return RetryPolicy(
        faults=(faults,) if isinstance(faults, str) else tuple(_list(faults)),
        interval=_number(written.get("IntervalSeconds"), DEFAULT.interval),
        rate=_number(written.get("BackoffRate"), DEFAULT.rate),
        most=int(_number(most, _MOST)) if most is not None or minutes is None else None,
        minutes=None if minutes is None else _number(minutes, 0),
    )


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def _list(value: object) -> list[str]:
    return value if isinstance(value, list) else []


@dataclass(frozen=True)
class Retry:
    """A decision to try again.

    Attributes:
        wait: Seconds before that.
        counts: Retries by the place of their policy, with this one; what the next decision is made from.
    """

    wait: float
    counts: Mapping[str, int]


def next_retry(
    policies: tuple[RetryPolicy, ...], fault: str | None, counts: Mapping[str, int], elapsed: float
) -> Retry | None:
    """Whether a step that has failed is tried again.

    Args:
        policies: From `policies_of`.
        fault: The type of its failure, if it has one.
        counts: Retries so far by the place of their policy.
        elapsed: Seconds since the step started.
    """
    for place, policy in enumerate(policies):
        if fault in policy.faults:
            key = str(place)
            wait = policy.wait(counts.get(key, 0), elapsed)
            return None if wait is None else Retry(wait, {**counts, key: counts.get(key, 0) + 1})
    return None
