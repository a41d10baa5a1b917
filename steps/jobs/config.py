"""Keys that the sections of several rooms share: environment variables and retries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from steps.config import AtMost, Duration, OneOrMore, Problem, Section, seconds

Environment = dict[str, str]

_MOST_VARIABLES = 100
_VARIABLE = r"[a-zA-Z_][a-zA-Z0-9_]*"
_RESERVED = {
    "IMGPIPE_": "the pipeline's own variables begin with it",
    "SAGEMAKER_BASE_DIR": "the pipeline's programs find their files by it",
    "SM_": "SageMaker describes the job in these",
    "TRAINING_JOB_": "SageMaker names the job in these",
    "PROCESSING_JOB_": "SageMaker names the job in these",
    "AWS_CONTAINER_": "SageMaker hands the role's credentials over in these",
}
"""Beginnings of names that are taken, and by whom."""

_SECRET = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|APIKEY|(API|ACCESS|PRIVATE)_KEY)(_|$)", re.IGNORECASE
)


def environment_problems(given: Mapping[str, str], longest: int, what: str) -> Iterator[Problem]:
    """What is wrong with a section's key `environment`.

    Args:
        given: The variables.
        longest: Characters that the API allows for a name and for a value.
        what: The API's noun for what they are given to.
    """
    if len(given) > _MOST_VARIABLES:
        message = f"{len(given)} environment variables, and {_MOST_VARIABLES} are the most for {what}"
        yield Problem("C232", ("environment",), message, f"remove {len(given) - _MOST_VARIABLES} of them")
    for name, value in given.items():
        yield from _variable(name, value, longest, what)


def _variable(name: str, value: str, longest: int, what: str) -> Iterator[Problem]:
    path = ("environment", name)
    taken = next(
        (reason for beginning, reason in _RESERVED.items() if name.upper().startswith(beginning)), None
    )
    if not re.fullmatch(_VARIABLE, name):
        hint = "use letters, digits and _, and begin with no digit"
        yield Problem("C232", path, f"'{name}' cannot be the name of an environment variable", hint)
    elif taken:
        yield Problem("C233", path, f"{name} is reserved", "choose another name", taken)
    for part, text in (("name", name), ("value", value)):
        if len(text) > longest:
            message = (
                f"the {part} of {name[:40]} has {len(text)} characters, and {longest} are the most for {what}"
            )
            yield Problem("C232", path, message, f"shorten it by {len(text) - longest} or more")
    if _SECRET.search(name):
        yield Problem(
            "C281",
            path,
            f"{name} seems to be a secret, and everybody who may describe the job can read it",
            "keep it in AWS Secrets Manager and let the program ask for it",
            "the definition, the Describe… APIs and the console show environment variables as they are",
            "warning",
        )


Attempts = Annotated[int, Field(ge=1, le=20)]
"""Most retries of a policy (docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html)."""

Interval = Annotated[str, Duration, AfterValidator(AtMost("12h"))]
"""43,200 seconds are the most between two attempts."""

RetryTime = Annotated[str, Duration, AfterValidator(AtMost("10d"))]
"""14,400 minutes are the longest that a policy goes on."""

_MINUTE = 60

StepFailure = Literal["service_fault", "throttling"]
JobFailure = Literal["capacity", "resource_limit", "internal_error", "service_fault", "throttling"]


def _listed(value: Any) -> Any:
    """A tuple of a list, as the models are strict; everything else is left to the field's own error."""
    return tuple(value) if isinstance(value, list) else value


class _Retry(Section):
    """When and how often a step is tried again."""

    when: Annotated[tuple[str, ...], OneOrMore(most=5)]
    interval: Interval = Field("1m", description="Time before the first retry.")
    backoff: Annotated[float, Field(ge=1.0, le=10.0)] = Field(
        2.0, description="What multiplies the interval after each retry."
    )
    attempts: Attempts | None = Field(
        None, description="Most retries; either this or expire, and 5 where both are absent."
    )
    expire: RetryTime | None = Field(None, description="Retry until this time is over.")


class StepRetry(_Retry):
    """When a step that makes something, but runs no job, is tried again."""

    when: Annotated[tuple[StepFailure, ...], OneOrMore(most=2)] = Field(
        description="Failures that it retries: service_fault, throttling."
    )


class JobRetry(_Retry):
    """When a step with a job is tried again."""

    when: Annotated[tuple[JobFailure, ...], OneOrMore(most=5)] = Field(
        description="Failures that it retries: capacity (AWS has no such machine free), resource_limit (the "
        "account runs its most), internal_error, service_fault, throttling."
    )


StepRetries = Annotated[tuple[StepRetry, ...], BeforeValidator(_listed)]
JobRetries = Annotated[tuple[JobRetry, ...], BeforeValidator(_listed)]


def retry_problems(given: tuple[JobRetry, ...] | tuple[StepRetry, ...]) -> Iterator[Problem]:
    """What is wrong with a section's key `retry`."""
    seen: dict[str, int] = {}
    for index, one in enumerate(given):
        path = ("retry", index)
        if one.expire is not None and seconds(one.expire) < _MINUTE:
            message = f"expire is {one.expire}, and a minute is the least"
            yield Problem("C234", (*path, "expire"), message, "write 1m or more")
        if one.attempts is not None and one.expire is not None:
            yield Problem(
                "C234",
                (*path, "expire"),
                "attempts and expire both end the retries, and a policy takes one of them",
                "remove attempts or expire",
                reads=((*path, "attempts"),),
            )
        for failure in one.when:
            if failure in seen:
                yield Problem(
                    "C234",
                    (*path, "when"),
                    f"{failure} has a policy already: item {seen[failure] + 1} of retry",
                    "name each failure once",
                    reads=(("retry", seen[failure], "when"),),
                )
            seen.setdefault(failure, index)


WHEN_CAPACITY_IS_SHORT = (JobRetry(when=("capacity",), interval="30m", backoff=1.5, expire="24h"),)
"""How TrainModel is retried where the config says nothing. GPU machines are the ones that AWS runs short of;
they come back after hours, not seconds, and a job that did not start costs nothing. Half an hour between
attempts, then longer, over a day, outlasts a busy working day. The other jobs' machines are there."""
