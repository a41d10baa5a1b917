"""What a request asks for that the local SageMaker does not do: refused by name before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.local.errors import ApiError, NotSupportedLocally
from pipeline.local.jobs.catalog import Image, Images, image_for, repository
from pipeline.local.jobs.cluster import LARGEST
from pipeline.local.jobs.folder import OutsideFolder, below_root
from pipeline.local.jobs.model_container import only_container
from pipeline.local.jobs.script_mode import PROGRAM, SUBMIT_DIRECTORY
from pipeline.local.jobs.serving.source import PROGRAM as SCRIPT
from pipeline.local.jobs.serving.source import SUBMIT_DIRECTORY as SOURCE

Request = Mapping[str, Any]


@dataclass(frozen=True)
class Refused:
    """Values of a member that are refused.

    Attributes:
        where: What has the member.
        member: Its name.
        values: What it may not be.
        why: Why.
    """

    where: str
    member: str
    values: tuple[str, ...]
    why: str


_ONE_GROUP = "all instances of a job are processes of this machine"
_ONLY_FILES = "inputs are copied to files, not streamed"
_ONLY_PIPE = "it is of Pipe mode, and inputs are copied to files as they are"
_WHOLE = "each object is sent whole, as it is"

REFUSED = (
    Refused("a processing job's input", "S3InputMode", ("Pipe",), _ONLY_FILES),
    Refused("a processing job's input", "S3CompressionType", ("Gzip",), _ONLY_PIPE),
    Refused("an algorithm", "TrainingInputMode", ("Pipe",), _ONLY_FILES),
    Refused("a channel", "InputMode", ("Pipe",), _ONLY_FILES),
    Refused("a channel", "CompressionType", ("Gzip",), _ONLY_PIPE),
    Refused("a channel", "RecordWrapperType", ("RecordIO",), _ONLY_PIPE),
    Refused("a data source", "S3DataType", ("AugmentedManifestFile", "Converse"), _ONLY_FILES),
    Refused("a transform job's input", "SplitType", ("Line", "RecordIO", "TFRecord"), _WHOLE),
    Refused("a transform job's input", "CompressionType", ("Gzip",), _WHOLE),
    Refused(
        "a transform job's data processing",
        "JoinSource",
        ("Input",),
        "the output is the model's answer alone",
    ),
)
"""Values of members of jobs that are refused by name."""


def check_processing(request: Request, images: Images) -> None:
    """Refuse a processing job that cannot run here.

    Raises:
        NotSupportedLocally: It would run on SageMaker.
        ApiError: It would not.
    """
    app = request.get("AppSpecification", {})
    if uri := app.get("ImageUri"):
        image_for(images, "processing", uri)
    if "ImageUri" in app and not app.get("ContainerEntrypoint"):
        _refuse("a job without a ContainerEntrypoint", "the image's own program is not here")
    _refuse_cluster(request.get("ProcessingResources", {}).get("ClusterConfig", {}), LARGEST)
    for entry in request.get("ProcessingInputs", []):
        _check_input(entry)
    for output in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "FeatureStoreOutput" in output:
            _refuse(f"the FeatureStoreOutput of {output.get('OutputName')!r}", "there is no Feature Store")
        _check_path(output.get("S3Output", {}).get("LocalPath"))


def check_training(request: Request, images: Images) -> None:
    """Refuse a training job that cannot run here.

    Raises:
        NotSupportedLocally: It would run on SageMaker.
        ApiError: It would not.
    """
    algorithm = request.get("AlgorithmSpecification", {})
    if "AlgorithmName" in algorithm:
        _refuse(f"the algorithm {algorithm['AlgorithmName']!r}", "only images are known here, by repository")
    if uri := algorithm.get("TrainingImage"):
        if algorithm.get("ContainerArguments") and not algorithm.get("ContainerEntrypoint"):
            _refuse("ContainerArguments without a ContainerEntrypoint", "the image's own program is not here")
        # Before the image: what its scripts need does not matter to who gives none.
        _check_script(uri, request, images)
        _check_algorithm(image_for(images, "training", uri), uri, request)
    _refuse_values("an algorithm", algorithm)
    _refuse_cluster(request.get("ResourceConfig", {}), LARGEST)
    for channel in request.get("InputDataConfig", []):
        _check_channel(channel)
    _check_spot(request)
    _check_path(request.get("CheckpointConfig", {}).get("LocalPath"))


def _check_algorithm(image: Image, uri: str, request: Request) -> None:
    """Refuse what an image's own training program, or the toolkit that runs scripts, cannot do here."""
    if image.framework is not None:
        return
    algorithm = request.get("AlgorithmSpecification", {})
    own = f"image {repository(uri)} is trained by a program of this project"
    if algorithm.get("ContainerEntrypoint"):
        _refuse("ContainerEntrypoint", own)
    _refuse_cluster(request.get("ResourceConfig", {}), 1, f"{own}, which uses one machine")
    for channel in request.get("InputDataConfig", []):
        name = channel.get("ChannelName")
        if image.only_channels is not None and isinstance(name, str) and name not in image.only_channels:
            _refuse(f"the channel {name!r}", f"{own}, which reads {', '.join(image.only_channels)}")


def _check_script(uri: str, request: Request, images: Images) -> None:
    image = images.get(repository(uri))
    if image is None or image.framework is None:
        return
    if request.get("AlgorithmSpecification", {}).get("ContainerEntrypoint"):
        return
    named = {**request.get("HyperParameters", {}), **request.get("Environment", {})}
    if not {PROGRAM, PROGRAM.upper(), SUBMIT_DIRECTORY, SUBMIT_DIRECTORY.upper()} & set(named):
        _refuse(
            f"a training job of image {repository(uri)} without a script",
            f"the image's own algorithm is not here; the hyperparameters {PROGRAM} and {SUBMIT_DIRECTORY} "
            "name a script",
        )


def check_transform(request: Request, images: Images) -> None:
    """Refuse a transform job that cannot run here; `images` is unused, as the model has the image.

    Raises:
        NotSupportedLocally: It would run on SageMaker.
    """
    del images
    given = request.get("TransformInput", {})
    _refuse_values("a transform job's input", given)
    _check_source(given.get("DataSource", {}).get("S3DataSource", {}))
    if "DataCaptureConfig" in request:
        _refuse("DataCaptureConfig", "a transform job's input and output are in S3 anyway")
    processing = request.get("DataProcessing", {})
    _refuse_values("a transform job's data processing", processing)
    for name in ("InputFilter", "OutputFilter"):
        if processing.get(name, "$") != "$":
            _refuse(f"{name} {processing[name]!r}", "the output is the model's answer alone")


def check_model(request: Request, images: Images) -> None:
    """Refuse a model that cannot be served here.

    Raises:
        NotSupportedLocally: It would be on SageMaker.
    """
    container = only_container(request)
    if container and (uri := container.get("Image")):
        _check_model_script(uri, container, images)
        image_for(images, "serving", uri)


def _check_model_script(uri: str, container: Request, images: Images) -> None:
    image = images.get(repository(uri))
    named = container.get("Environment", {})
    if image is not None and image.has_algorithm and not (named.get(SCRIPT) or named.get(SOURCE)):
        _refuse(
            f"a model of image {repository(uri)} without a script",
            f"the image's own algorithm is not here; {SCRIPT} and {SOURCE} in the container's Environment "
            "name a script",
        )


def _check_input(entry: Request) -> None:
    if "DatasetDefinition" in entry:
        _refuse(f"the DatasetDefinition of {entry.get('InputName')!r}", "only S3 inputs are read here")
    source = entry.get("S3Input", {})
    _refuse_values("a processing job's input", source)
    _check_source(source)
    _check_path(source.get("LocalPath"))


def _check_channel(channel: Request) -> None:
    source = channel.get("DataSource", {})
    if "FileSystemDataSource" in source:
        _refuse(f"the file system of channel {channel.get('ChannelName')!r}", "only S3 inputs are read here")
    _refuse_values("a channel", channel)
    _check_source(source.get("S3DataSource", {}))


def _check_spot(request: Request) -> None:
    stopping = request.get("StoppingCondition", {})
    wait, run = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds")
    if request.get("EnableManagedSpotTraining") is True and None not in (wait, run) and wait < run:
        raise ApiError(
            "ValidationException",
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds",
        )


def _check_source(source: Request) -> None:
    _refuse_values("a data source", source)


def _refuse_cluster(cluster: Request, most: int, why: str = f"{_ONE_GROUP}, {LARGEST} at most") -> None:
    count = cluster.get("InstanceCount", 1)
    if isinstance(count, int) and count > most:
        _refuse(f"InstanceCount {count}", why)
    if cluster.get("InstanceGroups"):
        _refuse("InstanceGroups", _ONE_GROUP)


def _refuse_values(where: str, given: Request) -> None:
    for refused in REFUSED:
        if refused.where == where and given.get(refused.member) in refused.values:
            _refuse(f"{refused.member} {given[refused.member]!r}", refused.why)


def _refuse(what: str, why: str) -> None:
    raise NotSupportedLocally(f"{what} is asked for, which the local SageMaker does not do", why)


def _check_path(path: str | None) -> None:
    try:
        if isinstance(path, str):
            below_root(path)
    except OutsideFolder as error:
        raise ApiError("ValidationException", f"LocalPath is not valid: {error.reason}.") from error


Check = Callable[[Request, Images], None]

CHECKS: Mapping[str, Check] = {
    "ProcessingJob": check_processing,
    "TrainingJob": check_training,
    "TransformJob": check_transform,
    "Model": check_model,
}
