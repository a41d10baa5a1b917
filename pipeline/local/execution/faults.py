"""What went wrong with a step, as retry policies name it.

Source: "Retry Policy for Pipeline Steps" in the SageMaker guide. A program that fails (AlgorithmError) and a
request that is wrong (ClientError) are none of these: they would fail again.
"""

from __future__ import annotations

from pipeline.local.errors import ApiError

SERVICE_FAULT = "Step.SERVICE_FAULT"
THROTTLING = "Step.THROTTLING"
JOB_INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"

_OF_CODES = {
    "Throttling": THROTTLING,
    "ThrottlingException": THROTTLING,
    "TooManyRequestsException": THROTTLING,
    "ResourceLimitExceeded": RESOURCE_LIMIT,
    "InsufficientCapacity": CAPACITY_ERROR,
}
"""By the code of the error that a request is answered with."""

_OF_REASONS = {
    "InternalServerError": JOB_INTERNAL_ERROR,
    "CapacityError": CAPACITY_ERROR,
    "InsufficientCapacityError": CAPACITY_ERROR,
    "ResourceLimitExceeded": RESOURCE_LIMIT,
}
"""By the word before the colon in a job's FailureReason."""

_SERVER_ERROR = 500

MEANINGS = {
    SERVICE_FAULT: "a request of a step is answered with a status of 500 or more",
    THROTTLING: "a request of a step is answered with ThrottlingException",
    JOB_INTERNAL_ERROR: "a job's FailureReason begins with InternalServerError: the job runner failed, or "
    "the server was ended and the job with it",
    CAPACITY_ERROR: "a job's FailureReason begins with CapacityError: no job here ever does",
    RESOURCE_LIMIT: "a request is answered with ResourceLimitExceeded: no request here ever is",
}
"""What each type means on the local SageMaker."""


def of_error(error: ApiError) -> str | None:
    """The type of a request's error; None if it would be refused again."""
    return _OF_CODES.get(error.code) or (SERVICE_FAULT if error.status >= _SERVER_ERROR else None)


def of_reason(reason: str | None) -> str | None:
    """The type of a job's failure, from its FailureReason; None if the job would fail again."""
    return _OF_REASONS.get((reason or "").partition(":")[0])
