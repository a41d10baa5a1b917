"""A job's folder: what its program sees as /opt/ml, and what it needs besides."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import Finding, ImgpipeError
from pipeline.local.jobs.cluster import FIRST, GROUP, Cluster, cluster_of

CONTAINER_ROOT = "/opt/ml"
"""The root of SageMaker's container contract."""

# Members of the record that a container is not told of in processingjobconfig.json.
_NOT_IN_CONFIG = ("ProcessingJobStatus", "CreationTime", "LastModifiedTime", "Tags")


class OutsideFolder(ImgpipeError):
    """A path of a request does not lie below /opt/ml."""

    def __init__(self, path: str) -> None:
        self.reason = f"the path {path!r} is not below {CONTAINER_ROOT}"
        super().__init__(Finding("L411", "path-outside-of-container", self.reason))


def below_root(path: str) -> str:
    """The part of a container's path below /opt/ml.

    Raises:
        OutsideFolder: It does not lie there.
    """
    parts = PurePosixPath(path).parts
    if parts[:3] != ("/", "opt", "ml") or len(parts) == 3 or ".." in parts or "\0" in path:
        raise OutsideFolder(path)
    return "/".join(parts[3:])


@dataclass(frozen=True)
class JobFolder:
    """The folders of one job or of one model server.

    Attributes:
        root: Holds all the others.
        mounted: Whether programs see `ml` as /opt/ml itself.
    """

    root: Path
    mounted: bool = False

    @property
    def ml(self) -> Path:
        """What stands for /opt/ml."""
        return self.root / "ml"

    @property
    def seen(self) -> str:
        """The path under which programs see what stands for /opt/ml."""
        return CONTAINER_ROOT if self.mounted else str(self.ml)

    @property
    def hosts(self) -> Path:
        """What a program that has mounts of its own sees as /etc/hosts."""
        return self.root / "hosts"

    @property
    def python(self) -> Path:
        """The Python environment for what the job's programs install."""
        return self.root / "python"

    @property
    def work(self) -> Path:
        """The working folder: empty, as Python may import what lies there."""
        return self.root / "work"

    @property
    def home(self) -> Path:
        """The program's home."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """The program's temporary files."""
        return self.root / "tmp"

    @property
    def stream(self) -> Path:
        """The file that names the job's log stream."""
        return self.root / "stream"

    def of(self, host: str) -> JobFolder:
        """The folder of another instance of the job."""
        return JobFolder(self.root / host, self.mounted)

    def make(self) -> None:
        """Make it, empty; what a job of the same name left is removed."""
        self.remove()
        self.clear()

    def clear(self) -> None:
        """Empty what its programs see, and keep the files that say how far the job is."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.ml, self.work, self.home, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.root, ignore_errors=True)

    def path(self, container_path: str) -> Path:
        """Where a path of the container lies on this machine.

        Raises:
            OutsideFolder: It does not lie below /opt/ml.
        """
        return self.ml / below_root(container_path)

    def shown(self, text: str) -> str:
        """What a program says, with paths of its container in place of those of this machine."""
        for path in (self.ml, self.root):
            text = text.replace(str(path.resolve()), CONTAINER_ROOT).replace(str(path), CONTAINER_ROOT)
        return text

    def rewritten(self, text: str) -> str:
        """An argument or a variable: a path below /opt/ml becomes one that programs see."""
        if self.mounted:
            return text
        if text != CONTAINER_ROOT and not text.startswith(CONTAINER_ROOT + "/"):
            return text
        return str(self.ml) + text.removeprefix(CONTAINER_ROOT)


def lay_out_processing(folder: JobFolder, record: Mapping[str, Any], host: str = FIRST) -> None:
    """Write the configuration of a processing job and make the folders of its outputs.

    Source: "How Amazon SageMaker Processing Configures Your Processing Container" in the SageMaker guide.
    """
    config = folder.ml / "config"
    cluster = cluster_of("ProcessingJob", record)
    told = {key: value for key, value in record.items() if key not in _NOT_IN_CONFIG}
    _write_json(config / "processingjobconfig.json", told)
    _write_json(config / "resourceconfig.json", _resources(cluster, host))
    (folder.ml / "output").mkdir()
    for output in record.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if path := output.get("S3Output", {}).get("LocalPath"):
            folder.path(path).mkdir(parents=True, exist_ok=True)


def lay_out_training(folder: JobFolder, record: Mapping[str, Any], host: str = FIRST) -> None:
    """Write the configuration of a training job and make the folders that it writes to.

    Source: "How Amazon SageMaker Provides Training Information" in the SageMaker guide.
    """
    config = folder.ml / "input" / "config"
    cluster = cluster_of("TrainingJob", record)
    _write_json(config / "hyperparameters.json", record.get("HyperParameters", {}))
    _write_json(config / "inputdataconfig.json", _channels(record))
    _write_json(config / "resourceconfig.json", _resources(cluster, host))
    for name in ("input/data", "model", "output/data", "checkpoints"):
        (folder.ml / name).mkdir(parents=True, exist_ok=True)


def _channels(record: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    mode = record["AlgorithmSpecification"].get("TrainingInputMode", "File")
    channels = {}
    for channel in record.get("InputDataConfig", []):
        source = channel["DataSource"]["S3DataSource"]
        told = {
            "TrainingInputMode": channel.get("InputMode", mode),
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        if "ContentType" in channel:
            told["ContentType"] = channel["ContentType"]
        channels[channel["ChannelName"]] = told
    return channels


def _resources(cluster: Cluster, host: str) -> dict[str, Any]:
    hosts = list(cluster.hosts)
    group = {"instance_group_name": GROUP, "instance_type": cluster.instance_type, "hosts": hosts}
    return {
        "current_host": host,
        "current_instance_type": cluster.instance_type,
        "current_group_name": GROUP,
        "hosts": hosts,
        "instance_groups": [group],
        "network_interface_name": "lo",
    }


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
