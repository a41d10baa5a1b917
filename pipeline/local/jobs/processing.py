"""Processing jobs: a script between inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.local.jobs.folder import OutsideFolder, lay_out_processing
from pipeline.local.jobs.inputs import find_inputs
from pipeline.local.jobs.job import Cause, Job, Program
from pipeline.local.jobs.reasons import (
    SHUT_DOWN,
    download_error,
    processing_error,
    read_reason,
    text_of,
    upload_error,
)
from pipeline.local.objects import ObjectsError
from pipeline.local.records import Record

OVERTIME = "the job ran longer than its MaxRuntimeInSeconds of {seconds}"


def run(job: Job) -> None:
    """Run a processing job from its record to its end."""
    now = job.tools.clock()
    record = job.amend(lambda record: {"ProcessingStartTime": now, **record, "LastModifiedTime": now})
    try:
        if not job.is_left:
            lay_out_processing(job.folder, record)
            _download(job, record)
    except (ObjectsError, OutsideFolder, OSError) as error:
        job.finish("Failed", download_error(text_of(error)))
        return
    code = 0 if job.control.cause and not job.is_left else job.run(_program(job, record))
    status, reason = _ending(job, record, code)
    message = read_reason(job.folder.ml / "output" / "message")
    try:
        _upload(job, record, status)
    except (ObjectsError, OSError) as error:
        status, reason = "Failed", reason or upload_error(text_of(error))
    job.finish(status, reason, **({"ExitMessage": message} if message else {}))


def _download(job: Job, record: Record) -> None:
    for entry in record.get("ProcessingInputs", []):
        source = entry["S3Input"]
        if not entry.get("AppManaged"):
            items = find_inputs(job.tools.objects, source, record["RoleArn"])
            job.tools.objects.download_all(items, job.folder.path(source["LocalPath"]))


def _program(job: Job, record: Record) -> Program:
    app = record["AppSpecification"]
    return Program(
        arguments=[*app["ContainerEntrypoint"], *app.get("ContainerArguments", [])],
        contract={
            "PROCESSING_JOB_NAME": job.name,
            "PROCESSING_JOB_ARN": record["ProcessingJobArn"],
            "AWS_REGION": job.tools.objects.region,
        },
        requested=record.get("Environment", {}),
        max_runtime=_max_runtime(record),
    )


def _max_runtime(record: Mapping[str, Any]) -> float | None:
    return record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")


def _ending(job: Job, record: Record, code: int) -> tuple[str, str | None]:
    if job.control.cause is Cause.SHUT_DOWN:
        return "Failed", SHUT_DOWN
    if job.control.cause is Cause.OVERTIME:
        return "Stopped", OVERTIME.format(seconds=_max_runtime(record))
    if job.control.cause is Cause.STOPPED:
        return "Stopped", None
    if code == 0:
        return "Completed", None
    return "Failed", processing_error(read_reason(job.folder.ml / "output" / "message"), code)


def _upload(job: Job, record: Record, status: str) -> None:
    """Upload what the job leaves: all of it after success, else only what is uploaded continuously."""
    if job.control.cause is Cause.SHUT_DOWN:
        return
    for output in record.get("ProcessingOutputConfig", {}).get("Outputs", []):
        target = output.get("S3Output", {})
        wanted = status == "Completed" or target.get("S3UploadMode") == "Continuous"
        if wanted and target.get("LocalPath") and not output.get("AppManaged"):
            job.tools.objects.upload_folder(job.folder.path(target["LocalPath"]), target["S3Uri"])
