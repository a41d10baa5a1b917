from __future__ import annotations

import pytest

from pipeline.checks.limits import EXCEPTIONS
from pipeline.local.errors import ApiError
from pipeline.local.execution import faults
from pipeline.local.execution.execution import INTERRUPTED
from pipeline.local.jobs.reasons import SHUT_DOWN, algorithm_error, bug, download_error


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        (bug(ZeroDivisionError("by zero")), "SageMaker.JOB_INTERNAL_ERROR"),
        (SHUT_DOWN, "SageMaker.JOB_INTERNAL_ERROR"),
        (INTERRUPTED, "SageMaker.JOB_INTERNAL_ERROR"),
        ("CapacityError: Unable to provision requested ML compute capacity.", "SageMaker.CAPACITY_ERROR"),
        ("ResourceLimitExceeded: ml.g5.xlarge", "SageMaker.RESOURCE_LIMIT"),
        (algorithm_error("InternalServerError: of the program", 1), None),
        (download_error("no such prefix"), None),
        ("a text of its own", None),
        (None, None),
    ],
)
def test_of_reason(reason: str | None, fault: str | None) -> None:
    assert faults.of_reason(reason) == fault


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ApiError("ThrottlingException", "Rate exceeded"), "Step.THROTTLING"),
        (ApiError("InternalFailure", "oh", 500), "Step.SERVICE_FAULT"),
        (ApiError("ServiceUnavailable", "oh", 503), "Step.SERVICE_FAULT"),
        (ApiError("ResourceLimitExceeded", "too many"), "SageMaker.RESOURCE_LIMIT"),
        (ApiError("ValidationException", "bad"), None),
    ],
)
def test_of_error(error: ApiError, fault: str | None) -> None:
    assert faults.of_error(error) == fault


def test_there_are_no_others() -> None:
    assert set(faults.MEANINGS) == set(EXCEPTIONS)
