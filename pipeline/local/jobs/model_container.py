"""What a model is made of: an image, an artifact and variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import Finding, ImgpipeError
from pipeline.local import arns
from pipeline.local.errors import NotSupportedLocally
from pipeline.local.jobs.archive import BadArchive, unpack
from pipeline.local.jobs.requirements import INSTALLER, Installer
from pipeline.local.jobs.serving.source import CODE, SUBMIT_DIRECTORY, comes_from_s3
from pipeline.local.objects import NoObjects, NoSuchBucket, NoSuchKey, Objects, parse_uri
from pipeline.local.records import Record, Records


class BadModel(ImgpipeError):
    """A model cannot be served.

    Attributes:
        reason: Why, in AWS's words where AWS has some.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(Finding("L421", "bad-model", reason))
        self.reason = reason


@dataclass(frozen=True)
class ModelContainer:
    """One container of a model.

    Attributes:
        image: Its image's URI.
        data: URI of its model.tar.gz, or of what all its objects start with, if it has one.
        environment: Its variables.
        is_archive: Whether `data` is an archive, and not the model's own files.
        isolated: Whether the model has no network.
    """

    image: str
    data: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    is_archive: bool = True
    isolated: bool = False


def only_container(model: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The container definition of a model (or of a CreateModel request), or None if it is not known yet.

    Raises:
        NotSupportedLocally: It has several, or one that serves many models.
    """
    several = model.get("Containers") or []
    if len(several) > 1:
        raise NotSupportedLocally(
            f"the model has {len(several)} containers, which the local SageMaker does not chain",
            "it starts one server for a model",
        )
    container: Mapping[str, Any] | None = model.get("PrimaryContainer") or (several[0] if several else None)
    if container and container.get("Mode") == "MultiModel":
        raise NotSupportedLocally(
            "the model has a container of mode MultiModel, which the local SageMaker does not serve",
            "it starts one server for a model",
        )
    return container


def find_container(records: Records, model_name: str) -> ModelContainer:
    """The container of a recorded model; one given by its model package is looked up.

    Raises:
        BadModel: There is no such model or package.
        NotSupportedLocally: It has several containers.
    """
    model = records.get("Model", model_name)
    if model is None:
        raise BadModel(f'Could not find model "{arns.arn("Model", model_name)}".')
    container = only_container(model)
    if container is None:
        raise BadModel(f"Model {model_name} has no container.")
    if package := container.get("ModelPackageName"):
        container = {**_of_package(records, package), **container}
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    return ModelContainer(
        container["Image"],
        container.get("ModelDataUrl") or source.get("S3Uri"),
        container.get("Environment", {}),
        is_archive=bool(container.get("ModelDataUrl")) or source.get("CompressionType") != "None",
        isolated=model.get("EnableNetworkIsolation", False),
    )


def lay_out_model(container: ModelContainer, objects: Objects, ml: Path, installer: Installer) -> None:
    """Download a model's artifact into the folder `model`, and the source of its script into `code`.

    Args:
        container: Its container.
        objects: S3.
        ml: The folder that stands for /opt/ml; it is made.
        installer: What installs what its script requires.

    Raises:
        BadModel: One of both is not there, or is not a tar.gz archive that may be unpacked.
        OSError: A file cannot be written.
    """
    (ml / "model").mkdir(parents=True)
    _lay_out_artifact(container, objects, ml)
    source = container.environment.get(SUBMIT_DIRECTORY, "")
    if comes_from_s3(source):
        _lay_out_source(source, objects, ml)
    if source or (ml / "model" / CODE).is_dir():
        installer.write(ml.parent / INSTALLER)


def _lay_out_artifact(container: ModelContainer, objects: Objects, ml: Path) -> None:
    folder, archive = ml / "model", ml / "model.tar.gz"
    if container.data is None:
        return
    try:
        if not container.is_archive:
            objects.download_prefix(container.data, folder)
            return
        objects.download(*parse_uri(container.data), archive)
        unpack(archive, folder)
    except (NoObjects, NoSuchBucket, NoSuchKey) as error:
        raise BadModel(f"Could not find model data at {container.data}.") from error
    except BadArchive as error:
        raise BadModel(
            f'Failed to extract model data archive from URL "{container.data}". Please ensure that the '
            f"object located at the URL is a valid tar.gz archive: {error.reason}."
        ) from error
    finally:
        archive.unlink(missing_ok=True)


def _lay_out_source(uri: str, objects: Objects, ml: Path) -> None:
    archive = ml / "source.tar.gz"
    (ml / CODE).mkdir()
    try:
        objects.download(*parse_uri(uri), archive)
        unpack(archive, ml / CODE)
    except (NoObjects, NoSuchBucket, NoSuchKey) as error:
        raise BadModel(f"Could not find the source of the model's script at {uri}.") from error
    except BadArchive as error:
        raise BadModel(
            f"Failed to extract the source of the model's script from {uri}: {error.reason}."
        ) from error
    finally:
        archive.unlink(missing_ok=True)


def _of_package(records: Records, name_or_arn: str) -> Record:
    package = records.get("ModelPackage", arns.name_of("ModelPackage", name_or_arn))
    containers = (package or {}).get("InferenceSpecification", {}).get("Containers", [])
    if not containers:
        raise BadModel(f"Could not find the containers of model package {name_or_arn}.")
    found: Record = containers[0]
    return found
