"""What the steps of all rooms do the same way: running a program, being tried again, and being spared."""

from __future__ import annotations

from collections.abc import Sequence

from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.retry import (
    RetryPolicy,
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep

from steps.config import iso_duration, seconds
from steps.jobs.config import JobRetry, StepRetry
from steps.step import Program, Site, job

_JOB = {
    "capacity": SageMakerJobExceptionTypeEnum.CAPACITY_ERROR,
    "resource_limit": SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT,
    "internal_error": SageMakerJobExceptionTypeEnum.INTERNAL_ERROR,
}
_STEP = {
    "service_fault": StepExceptionTypeEnum.SERVICE_FAULT,
    "throttling": StepExceptionTypeEnum.THROTTLING,
}
_ATTEMPTS = 5
"""Retries where the config says neither how many nor how long; the service's own default."""


def job_retries(given: Sequence[JobRetry]) -> list[RetryPolicy]:
    """The retry policies of a step that runs a job. The SDK keeps failures of steps and of jobs apart."""
    policies = []
    for one in given:
        if failures := [_JOB[name] for name in one.when if name in _JOB]:
            policies.append(SageMakerJobStepRetryPolicy(exception_types=failures, **_timing(one)))
        policies += step_retries([one])
    return policies


def step_retries(given: Sequence[JobRetry | StepRetry]) -> list[RetryPolicy]:
    """The retry policies of a step that runs no job, which can be for failures of the step only."""
    policies = []
    for one in given:
        if failures := [_STEP[name] for name in one.when if name in _STEP]:
            policies.append(StepRetryPolicy(exception_types=failures, **_timing(one)))
    return policies


def _timing(given: JobRetry | StepRetry) -> dict[str, float | int | None]:
    expire = None if given.expire is None else -(-seconds(given.expire) // 60)
    attempts = _ATTEMPTS if expire is None else None
    return {
        "backoff_rate": given.backoff,
        "interval_seconds": seconds(given.interval),
        "max_attempts": given.attempts or attempts,
        "expire_after_mins": expire,
    }


def processing_step(
    site: Site,
    name: str,
    program: Program,
    file: PropertyFile,
    retries: Sequence[JobRetry],
    caching: str | None,
) -> ProcessingStep:
    """The step that runs a room's program, and has one property file among what it writes.

    Args:
        site: Where the pipeline lives.
        name: Its name.
        program: What it runs.
        file: The property file.
        retries: When it is tried again.
        caching: As `Site.caching`, or None for a step that must see what has changed in S3.
    """
    return ProcessingStep(
        name,
        job(site, "run", program.request(site)),
        property_files=[file],
        cache_config=cache(caching),
        retry_policies=job_retries(retries),
    )


def cache(duration: str | None) -> CacheConfig | None:
    """That a step is spared if it ran with the same arguments within this time; None for never."""
    return None if duration is None else CacheConfig(enable_caching=True, expire_after=iso_duration(duration))
