from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.jobs.folder import JobFolder, OutsideFolder, lay_out_processing, lay_out_training


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = JobFolder(tmp_path / "jobs" / "ProcessingJob" / "j")
    folder.make()
    return folder


def test_a_folder_starts_empty_and_private(folder: JobFolder) -> None:
    (folder.ml / "old").write_text("x")
    folder.make()
    assert sorted(path.name for path in folder.root.iterdir()) == ["home", "ml", "tmp", "work"]
    assert list(folder.ml.iterdir()) == []
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700
    folder.remove()
    folder.remove()
    assert not folder.root.exists()


@pytest.mark.parametrize(
    ("path", "below"),
    [
        ("/opt/ml/processing/input/code", "processing/input/code"),
        ("/opt/ml/model/", "model"),
        ("/opt/ml/./x", "x"),
    ],
)
def test_a_path_of_the_container_lies_in_the_folder(folder: JobFolder, path: str, below: str) -> None:
    assert folder.path(path) == folder.ml / below


@pytest.mark.parametrize(
    "path", ["/opt/ml", "/opt/ml/", "/opt/mlx/a", "/etc", "opt/ml/x", "/opt/ml/../../etc", "/opt/ml/a\0b", ""]
)
def test_another_path_is_refused(folder: JobFolder, path: str) -> None:
    with pytest.raises(OutsideFolder) as caught:
        folder.path(path)
    assert caught.value.reason == f"the path {path!r} is not below /opt/ml"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("/opt/ml", ""),
        ("/opt/ml/model", "/model"),
        ("/opt/ml/processing/input/code/validate.pyz", "/processing/input/code/validate.pyz"),
    ],
)
def test_paths_are_rewritten(folder: JobFolder, text: str, after: str) -> None:
    assert folder.rewritten(text) == f"{folder.ml}{after}"


@pytest.mark.parametrize("text", ["/opt/mlflow", "see /opt/ml/model", "--x=/opt/ml", "", "s3://b/opt/ml"])
def test_other_texts_stay(folder: JobFolder, text: str) -> None:
    assert folder.rewritten(text) == text


def read(path: Path) -> Any:
    return json.loads(path.read_text())


RESOURCES = {
    "current_host": "algo-1",
    "current_instance_type": "ml.m5.large",
    "current_group_name": "homogeneousCluster",
    "hosts": ["algo-1"],
    "instance_groups": [
        {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1"]}
    ],
    "network_interface_name": "lo",
}


def test_a_processing_job_finds_its_configuration(folder: JobFolder) -> None:
    inputs = [
        {"InputName": "train", "S3Input": {"S3Uri": "s3://b/train", "LocalPath": "/opt/ml/processing/in"}}
    ]
    outputs = [
        {
            "OutputName": "report",
            "S3Output": {"S3Uri": "s3://b/out", "LocalPath": "/opt/ml/processing/output/r"},
        }
    ]
    record = {
        "ProcessingJobName": "j",
        "ProcessingJobStatus": "InProgress",
        "CreationTime": 1.0,
        "LastModifiedTime": 1.0,
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": outputs},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
    }
    lay_out_processing(folder, record)
    config = read(folder.ml / "config" / "processingjobconfig.json")
    assert config["ProcessingInputs"] == inputs
    assert sorted(config) == [
        "ProcessingInputs",
        "ProcessingJobName",
        "ProcessingOutputConfig",
        "ProcessingResources",
    ]
    assert read(folder.ml / "config" / "resourceconfig.json") == RESOURCES
    assert (folder.ml / "processing" / "output" / "r").is_dir()
    assert (folder.ml / "output").is_dir()


def test_a_training_job_finds_its_configuration(folder: JobFolder) -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/train"}}
    record = {
        "HyperParameters": {"epochs": "2"},
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "InputDataConfig": [
            {"ChannelName": "train", "ContentType": "application/x-image", "DataSource": source},
            {"ChannelName": "extra", "InputMode": "FastFile", "DataSource": source},
        ],
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    lay_out_training(folder, record)
    config = folder.ml / "input" / "config"
    assert read(config / "hyperparameters.json") == {"epochs": "2"}
    assert read(config / "inputdataconfig.json") == {
        "train": {
            "ContentType": "application/x-image",
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        },
        "extra": {
            "TrainingInputMode": "FastFile",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        },
    }
    assert read(config / "resourceconfig.json") == RESOURCES
    for name in ("input/data", "model", "output/data", "checkpoints"):
        assert (folder.ml / name).is_dir()
