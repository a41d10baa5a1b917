"""Processing jobs: a script between inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.local.jobs.cluster import cluster_of
from pipeline.local.jobs.folder import OutsideFolder, lay_out_processing
from pipeline.local.jobs.hosts import Ended, Host
from pipeline.local.jobs.job import Cause, Job, Program, copy_input, lay_out
from pipeline.local.jobs.reasons import (
    SHUT_DOWN,
    download_error,
    processing_error,
    read_reason,
    text_of,
    upload_error,
)
from pipeline.local.jobs.uploads import Upload, uploading
from pipeline.local.objects import ObjectsError
from pipeline.local.records import Record

OVERTIME = "the job ran longer than its MaxRuntimeInSeconds of {seconds}"


def run(job: Job) -> None:
    """Run a processing job from its record to its end."""
    now = job.tools.clock()
    record = job.amend(lambda record: {"ProcessingStartTime": now, **record, "LastModifiedTime": now})
    cluster = cluster_of(job.kind, record)
    hosts = job.hosts(cluster.hosts)
    try:
        if not job.is_left:
            for host in hosts:
                lay_out(host.folder, cluster)
                lay_out_processing(host.folder, record, host.name)
            _download(job, record, hosts)
    except (ObjectsError, OutsideFolder, OSError) as error:
        job.finish("Failed", download_error(text_of(error)))
        return
    uploads = _uploads(record, hosts)
    ended = Ended(0, hosts[0])
    if job.is_left or not job.control.cause:
        continuous = [upload for upload, is_continuous in uploads if is_continuous]
        with uploading(job.tools.objects, continuous, job.tools.waits.upload):
            ended = job.run(hosts, lambda host: _program(job, record, host))
    status, reason = _ending(job, record, ended)
    message = _message(ended.host)
    try:
        _upload(job, uploads, status)
    except (ObjectsError, OSError) as error:
        status, reason = "Failed", reason or upload_error(text_of(error))
    job.finish(status, reason, **({"ExitMessage": message} if message else {}))


def _download(job: Job, record: Record, hosts: Sequence[Host]) -> None:
    for entry in record.get("ProcessingInputs", []):
        source = entry["S3Input"]
        if not entry.get("AppManaged"):
            copy_input(job, source, record["RoleArn"], hosts, source["LocalPath"])


def _program(job: Job, record: Record, host: Host) -> Program:
    app = record["AppSpecification"]
    isolated = record.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
    return Program(
        arguments=[*app["ContainerEntrypoint"], *app.get("ContainerArguments", [])],
        contract={
            "PROCESSING_JOB_NAME": job.name,
            "PROCESSING_JOB_ARN": record["ProcessingJobArn"],
            **job.tools.aws(isolated=isolated),
        },
        requested=record.get("Environment", {}),
        max_runtime=_max_runtime(record),
        layer=host.folder.python,
    )


def _max_runtime(record: Mapping[str, Any]) -> float | None:
    return record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")


def _ending(job: Job, record: Record, ended: Ended) -> tuple[str, str | None]:
    if job.control.cause is Cause.SHUT_DOWN:
        return "Failed", SHUT_DOWN
    if job.control.cause is Cause.OVERTIME:
        return "Stopped", OVERTIME.format(seconds=_max_runtime(record))
    if job.control.cause is Cause.STOPPED:
        return "Stopped", None
    if ended.code == 0:
        return "Completed", None
    return "Failed", processing_error(_message(ended.host), ended.code)


def _message(host: Host) -> str:
    return read_reason(host.folder.ml / "output" / "message", host.folder.shown)


def _uploads(record: Record, hosts: Sequence[Host]) -> list[tuple[Upload, bool]]:
    """The outputs of all instances, and whether each is uploaded continuously."""
    found = []
    for output in record.get("ProcessingOutputConfig", {}).get("Outputs", []):
        target = output.get("S3Output", {})
        if target.get("LocalPath") and not output.get("AppManaged"):
            is_continuous = target.get("S3UploadMode") == "Continuous"
            folders = [host.folder.path(target["LocalPath"]) for host in hosts]
            found += [(Upload(folder, target["S3Uri"]), is_continuous) for folder in folders]
    return found


def _upload(job: Job, uploads: Sequence[tuple[Upload, bool]], status: str) -> None:
    """Upload what the job leaves: all of it after success, else only what is uploaded continuously."""
    if job.control.cause is Cause.SHUT_DOWN:
        return
    for upload, is_continuous in uploads:
        if status == "Completed" or is_continuous:
            upload.run(job.tools.objects)
