"""Requests that steps make of our own API, as SageMaker Pipelines makes them of SageMaker's."""

from __future__ import annotations

from pipeline.errors import ImgpipeError
from pipeline.local.errors import ApiError
from pipeline.local.execution import faults
from pipeline.local.execution.run import Run
from pipeline.local.execution.steps.executor import StepFailed
from pipeline.local.records import Record

# Names of jobs, models and endpoint configurations: CreateTrainingJob and others.
_LONGEST = 63
_TOKEN = 10


def send(run: Run, operation: str, request: Record) -> Record:
    """The response of an operation.

    Raises:
        StepFailed: It was refused; in the words of SageMaker Pipelines.
    """
    try:
        return run.call(operation, request)
    except (ApiError, ImgpipeError) as error:
        text = error.message if isinstance(error, ApiError) else str(error)
        fault = faults.of_error(error) if isinstance(error, ApiError) else None
        raise StepFailed(
            f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {text}", fault
        ) from error


def tagged(run: Run, step: str, request: Record) -> Record:
    """The request with the tags that say where its resource comes from."""
    own = [
        {"Key": "sagemaker:pipeline-execution-arn", "Value": run.arn},
        {"Key": "sagemaker:pipeline-step-name", "Value": step},
    ]
    return {**request, "Tags": [*(request.get("Tags") or []), *own]}


def generated_name(run: Run, step: str) -> str:
    """A name such as pipelines-0tyzh6c1a9bm-TrainModel-4xqp0hu2cm.

    The step's name is cut where the whole would be too long.
    """
    start, end = f"pipelines-{run.id}-", f"-{run.new_id(_TOKEN)}"
    return start + _cut(step, _LONGEST - len(start) - len(end)) + end


def unique_name(run: Run, base: object) -> str:
    """A name that the definition gives, made unique by the execution's id, unless it has that already."""
    end = f"-{run.id}"
    if str(base).endswith(end):
        return str(base)
    return _cut(str(base), _LONGEST - len(end)) + end


def _cut(name: str, length: int) -> str:
    # Names take letters, digits and single hyphens in between; step names take underscores too.
    return name.replace("_", "-")[:length].strip("-")
