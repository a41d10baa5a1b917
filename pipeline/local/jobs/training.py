"""Training jobs: from channels and hyperparameters to model.tar.gz."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.local.jobs.archive import BadArchive, pack_all
from pipeline.local.jobs.catalog import image_for
from pipeline.local.jobs.cluster import cluster_of
from pipeline.local.jobs.folder import OutsideFolder, lay_out_training
from pipeline.local.jobs.hosts import Ended, Host
from pipeline.local.jobs.job import Cause, Job, Program, copy_input, lay_out
from pipeline.local.jobs.metrics import MetricDefinition, MetricWatch
from pipeline.local.jobs.reasons import (
    SHUT_DOWN,
    algorithm_error,
    download_error,
    read_reason,
    text_of,
    upload_error,
)
from pipeline.local.jobs.script_job import NoScript, lay_out_script, script_variables, toolkit_command
from pipeline.local.jobs.status import moved
from pipeline.local.jobs.uploads import Upload, uploading
from pipeline.local.objects import ObjectsError, parse_uri
from pipeline.local.records import Record

CHANNELS = "/opt/ml/input/data"

CHECKPOINTS = "/opt/ml/checkpoints"
"""LocalPath of CheckpointConfig where the request has none (CheckpointConfig of the API)."""


def run(job: Job) -> None:
    """Run a training job from its record to its end."""
    record = job.record()
    cluster = cluster_of(job.kind, record)
    hosts = job.hosts(cluster.hosts)
    if not job.is_left:
        now = job.tools.clock()
        record = job.amend(lambda record: moved(record, "Downloading", now, TrainingStartTime=now))
        try:
            _lay_out(job, record, hosts)
        except NoScript as error:
            job.finish("Failed", algorithm_error(str(error), 1))
            return
        except (BadArchive, ObjectsError, OutsideFolder, OSError) as error:
            job.finish("Failed", download_error(text_of(error)))
            return
        _move(job, "Training")
    watch = _watch(job, record)
    checkpoints = _checkpoints(record, hosts)
    ended = Ended(0, hosts[0])
    if job.is_left or not job.control.cause:
        with uploading(job.tools.objects, checkpoints, job.tools.waits.upload):
            ended = job.run(hosts, lambda host: _program(job, record, host, watch))
    _move(job, "Uploading")
    status, secondary, reason = _ending(job, ended)
    fields: dict[str, Any] = {"FinalMetricDataList": watch.final()} if watch.final() else {}
    try:
        fields |= _upload(job, record, status, hosts, checkpoints)
    except (ObjectsError, OSError) as error:
        status, secondary, reason = "Failed", None, reason or upload_error(text_of(error))
    job.finish(status, reason, secondary, **fields)


def _move(job: Job, phase: str) -> None:
    now = job.tools.clock()
    job.amend(lambda record: moved(record, phase, now))


def _lay_out(job: Job, record: Record, hosts: Sequence[Host]) -> None:
    objects, role = job.tools.objects, record["RoleArn"]
    for host in hosts:
        lay_out(host.folder, cluster_of(job.kind, record))
        lay_out_training(host.folder, record, host.name)
    for channel in record.get("InputDataConfig", []):
        source = channel["DataSource"]["S3DataSource"]
        copy_input(job, source, role, hosts, f"{CHANNELS}/{channel['ChannelName']}")
    checkpoints = record.get("CheckpointConfig")
    if checkpoints and objects.list_keys(*parse_uri(checkpoints["S3Uri"])):
        for upload in _checkpoints(record, hosts):
            upload.folder.mkdir(parents=True, exist_ok=True)
            objects.download_prefix(upload.uri, upload.folder, role)
    if _runs_script(job, record):
        for host in hosts:
            lay_out_script(job, record, host)


def _checkpoints(record: Record, hosts: Sequence[Host]) -> list[Upload]:
    if not (config := record.get("CheckpointConfig")):
        return []
    path = config.get("LocalPath", CHECKPOINTS)
    return [Upload(host.folder.path(path), config["S3Uri"]) for host in hosts]


def _runs_script(job: Job, record: Record) -> bool:
    """Whether the image's toolkit runs a script, and not the request's own entrypoint."""
    algorithm = record["AlgorithmSpecification"]
    image = image_for(job.tools.images, "training", algorithm["TrainingImage"])
    return image.framework is not None and not algorithm.get("ContainerEntrypoint")


def _watch(job: Job, record: Record) -> MetricWatch:
    algorithm = record["AlgorithmSpecification"]
    own = [MetricDefinition(each["Name"], each["Regex"]) for each in algorithm.get("MetricDefinitions", [])]
    image = image_for(job.tools.images, "training", algorithm["TrainingImage"])
    return MetricWatch([*image.metrics, *own], job.tools.clock)


def _program(job: Job, record: Record, host: Host, watch: MetricWatch) -> Program:
    algorithm = record["AlgorithmSpecification"]
    image = image_for(job.tools.images, "training", algorithm["TrainingImage"])
    contract = {
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": record["TrainingJobArn"],
        **job.tools.aws(isolated=record.get("EnableNetworkIsolation", False)),
    }
    if image.train is not None:
        arguments = image.train
    elif _runs_script(job, record):
        arguments = toolkit_command(host.folder)
        contract |= script_variables(job, record, host, image)
    else:
        arguments = (*algorithm["ContainerEntrypoint"], *algorithm.get("ContainerArguments", []))
    return Program(
        arguments=arguments,
        contract=contract,
        requested=record.get("Environment", {}),
        max_runtime=record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds"),
        readers=[watch.read],
        layer=None if image.train else host.folder.python,
    )


def _ending(job: Job, ended: Ended) -> tuple[str, str | None, str | None]:
    """Status, SecondaryStatus if it is another, and FailureReason."""
    if job.control.cause is Cause.SHUT_DOWN:
        return "Failed", None, SHUT_DOWN
    if job.control.cause is Cause.OVERTIME:
        return "Stopped", "MaxRuntimeExceeded", None
    if job.control.cause is Cause.STOPPED:
        return "Stopped", None, None
    if ended.code == 0:
        return "Completed", None, None
    folder = ended.host.folder
    text = read_reason(folder.ml / "output" / "failure", folder.shown)
    return "Failed", None, algorithm_error(text, ended.code)


def _upload(
    job: Job, record: Record, status: str, hosts: Sequence[Host], checkpoints: Sequence[Upload]
) -> Record:
    """Upload the model, unless the job failed, and whatever else it leaves.

    A stopped job's model is kept as well: SageMaker gives the program time to save it (StopTrainingJob). What
    several instances leave becomes one archive ("How Amazon SageMaker AI Processes Training Output").

    Returns:
        Members of the record.
    """
    if job.control.cause is Cause.SHUT_DOWN:
        return {}
    fields = {}
    output = record["OutputDataConfig"]
    store = _store_files if output.get("CompressionType") == "NONE" else _store_archive
    target = f"{output['S3OutputPath'].rstrip('/')}/{job.name}/output"
    models = [host.folder.ml / "model" for host in hosts]
    has_model = any(any(model.iterdir()) for model in models)
    if status == "Completed" or (status == "Stopped" and has_model):
        fields["ModelArtifacts"] = {"S3ModelArtifacts": store(job, models, target, "model", "model")}
    data = [host.folder.ml / "output" / "data" for host in hosts]
    if any(path.is_file() for folder in data for path in folder.rglob("*")):
        store(job, data, target, "output", "data")
    for upload in checkpoints:
        upload.run(job.tools.objects)
    return fields


def _store_archive(job: Job, folders: Sequence[Path], target: str, archive: str, _: str) -> str:
    uri = f"{target}/{archive}.tar.gz"
    path = job.folder.temporary / "archive.tar.gz"
    try:
        pack_all(folders, path)
        job.tools.objects.write(*parse_uri(uri), path)
    finally:
        path.unlink(missing_ok=True)
    return uri


def _store_files(job: Job, folders: Sequence[Path], target: str, _: str, prefix: str) -> str:
    """What has the same name in two folders is stored as it is in the first of them, as in an archive."""
    uri = f"{target}/{prefix}/"
    for folder in reversed(folders):
        job.tools.objects.upload_folder(folder, uri)
    return uri
