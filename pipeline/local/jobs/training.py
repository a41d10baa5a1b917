"""Training jobs: from channels and hyperparameters to model.tar.gz."""

from __future__ import annotations

from typing import Any

from pipeline.local.jobs.archive import pack
from pipeline.local.jobs.catalog import image_for
from pipeline.local.jobs.folder import OutsideFolder, lay_out_training
from pipeline.local.jobs.inputs import find_inputs
from pipeline.local.jobs.job import Cause, Job, Program
from pipeline.local.jobs.metrics import MetricDefinition, MetricWatch
from pipeline.local.jobs.reasons import (
    SHUT_DOWN,
    algorithm_error,
    download_error,
    read_reason,
    text_of,
    upload_error,
)
from pipeline.local.jobs.status import moved
from pipeline.local.objects import ObjectsError, parse_uri
from pipeline.local.records import Record

CHECKPOINTS = "/opt/ml/checkpoints"
"""LocalPath of CheckpointConfig where the request has none (CheckpointConfig of the API)."""


def run(job: Job) -> None:
    """Run a training job from its record to its end."""
    record = job.record()
    if not job.is_left:
        now = job.tools.clock()
        record = job.amend(lambda record: moved(record, "Downloading", now, TrainingStartTime=now))
        try:
            lay_out_training(job.folder, record)
            _download(job, record)
        except (ObjectsError, OutsideFolder, OSError) as error:
            job.finish("Failed", download_error(text_of(error)))
            return
        _move(job, "Training")
    watch = _watch(job, record)
    code = 0 if job.control.cause and not job.is_left else job.run(_program(job, record, watch))
    _move(job, "Uploading")
    status, secondary, reason = _ending(job, code)
    fields: dict[str, Any] = {"FinalMetricDataList": watch.final()} if watch.final() else {}
    try:
        fields |= _upload(job, record, status)
    except (ObjectsError, OSError) as error:
        status, secondary, reason = "Failed", None, reason or upload_error(text_of(error))
    job.finish(status, reason, secondary, **fields)


def _move(job: Job, phase: str) -> None:
    now = job.tools.clock()
    job.amend(lambda record: moved(record, phase, now))


def _download(job: Job, record: Record) -> None:
    objects, role = job.tools.objects, record["RoleArn"]
    for channel in record.get("InputDataConfig", []):
        items = find_inputs(objects, channel["DataSource"]["S3DataSource"], role)
        objects.download_all(items, job.folder.ml / "input" / "data" / channel["ChannelName"])
    if checkpoints := record.get("CheckpointConfig"):
        folder = job.folder.path(checkpoints.get("LocalPath", CHECKPOINTS))
        folder.mkdir(parents=True, exist_ok=True)
        if objects.list_keys(*parse_uri(checkpoints["S3Uri"])):
            objects.download_prefix(checkpoints["S3Uri"], folder, role)


def _watch(job: Job, record: Record) -> MetricWatch:
    algorithm = record["AlgorithmSpecification"]
    own = [MetricDefinition(each["Name"], each["Regex"]) for each in algorithm.get("MetricDefinitions", [])]
    image = image_for(job.tools.images, "training", algorithm["TrainingImage"])
    return MetricWatch([*image.metrics, *own], job.tools.clock)


def _program(job: Job, record: Record, watch: MetricWatch) -> Program:
    image = image_for(job.tools.images, "training", record["AlgorithmSpecification"]["TrainingImage"])
    assert image.train is not None
    return Program(
        arguments=image.train,
        contract={
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": record["TrainingJobArn"],
            "AWS_REGION": job.tools.objects.region,
        },
        requested=record.get("Environment", {}),
        max_runtime=record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds"),
        readers=[watch.read],
    )


def _ending(job: Job, code: int) -> tuple[str, str | None, str | None]:
    """Status, SecondaryStatus if it is another, and FailureReason."""
    if job.control.cause is Cause.SHUT_DOWN:
        return "Failed", None, SHUT_DOWN
    if job.control.cause is Cause.OVERTIME:
        return "Stopped", "MaxRuntimeExceeded", None
    if job.control.cause is Cause.STOPPED:
        return "Stopped", None, None
    if code == 0:
        return "Completed", None, None
    return "Failed", None, algorithm_error(read_reason(job.folder.ml / "output" / "failure"), code)


def _upload(job: Job, record: Record, status: str) -> Record:
    """Upload the model, unless the job failed, and whatever else it leaves.

    A stopped job's model is kept as well: SageMaker gives the program time to save it (StopTrainingJob).

    Returns:
        Members of the record.
    """
    if job.control.cause is Cause.SHUT_DOWN:
        return {}
    fields = {}
    target = f"{record['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output"
    has_model = any((job.folder.ml / "model").iterdir())
    if status == "Completed" or (status == "Stopped" and has_model):
        uri = f"{target}/model.tar.gz"
        _upload_archive(job, "model", uri)
        fields["ModelArtifacts"] = {"S3ModelArtifacts": uri}
    _upload_archive(job, "output/data", f"{target}/output.tar.gz", even_empty=False)
    if checkpoints := record.get("CheckpointConfig"):
        folder = job.folder.path(checkpoints.get("LocalPath", CHECKPOINTS))
        job.tools.objects.upload_folder(folder, checkpoints["S3Uri"])
    return fields


def _upload_archive(job: Job, name: str, uri: str, *, even_empty: bool = True) -> None:
    archive = job.folder.temporary / "archive.tar.gz"
    try:
        if pack(job.folder.ml / name, archive) or even_empty:
            job.tools.objects.write(*parse_uri(uri), archive)
    finally:
        archive.unlink(missing_ok=True)
