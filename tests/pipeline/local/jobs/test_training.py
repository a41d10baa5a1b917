from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from pipeline.local.jobs.job import Waits

from .place import Place

Training = Callable[..., str]

TRAIN = """
    import json, os
    from pathlib import Path
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    parameters = json.loads((base / "input/config/hyperparameters.json").read_text())
    assert os.environ["TRAINING_JOB_NAME"].startswith("training-")
    print(sorted(str(p.relative_to(base / "input/data")) for p in (base / "input/data").rglob("*.*")))
    for epoch in range(int(parameters["epochs"])):
        print(f"Epoch[{epoch}] Train-accuracy=0.{epoch + 5}")
        print(f"Epoch[{epoch}] Validation-accuracy=0.{epoch + 4}")
    (base / "model/model.bin").write_bytes(b"weights")
    (base / "output/data/notes.txt").write_text("notes")
"""


def channel(name: str, uri: str, **more: Any) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
        **more,
    }


def members(archive: bytes) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            if (content := tar.extractfile(member)) is not None:
                found[member.name] = content.read()
    return found


def test_a_job_goes_from_channels_to_a_model(place: Place, training: Training) -> None:
    place.write("train/cat/1.jpg", b"cat")
    place.write("lst/train.lst", b"0\t0\tcat/1.jpg\n")
    name = training(
        HyperParameters={"epochs": "2"},
        InputDataConfig=[
            channel("train", place.uri("train/"), ContentType="application/x-image"),
            channel("train_lst", place.uri("lst/train.lst")),
        ],
    )
    seen: list[str] = []
    place.records.subscribe(lambda change: seen.append((change.after or {})["SecondaryStatus"]))
    place.runner(train=TRAIN).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert record["TrainingJobStatus"] == record["SecondaryStatus"] == "Completed"
    uri = place.uri(f"out/{name}/output/model.tar.gz")
    assert record["ModelArtifacts"] == {"S3ModelArtifacts": uri}
    assert members(place.read(f"out/{name}/output/model.tar.gz")) == {"model.bin": b"weights"}
    assert members(place.read(f"out/{name}/output/output.tar.gz")) == {"notes.txt": b"notes"}
    assert [(each["MetricName"], each["Value"]) for each in record["FinalMetricDataList"]] == [
        ("train:accuracy", 0.6),
        ("validation:accuracy", 0.5),
    ]
    assert seen == ["Downloading", "Training", "Uploading", "Completed"]
    assert place.log("TrainingJob", name)[0] == "['train/cat/1.jpg', 'train_lst/train.lst']"


def test_the_phases_are_recorded_as_aws_does(place: Place, training: Training) -> None:
    name = training(HyperParameters={"epochs": "0"})
    place.runner(train=TRAIN).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    transitions = record["SecondaryStatusTransitions"]
    assert [(each["Status"], each["StatusMessage"]) for each in transitions] == [
        ("Starting", "Preparing the instances for training"),
        ("Downloading", "Downloading input data"),
        ("Training", "Training image download completed. Training in progress."),
        ("Uploading", "Uploading generated training model"),
        ("Completed", "Training job completed"),
    ]
    for before, after in pairwise(transitions):
        assert before["StartTime"] <= before["EndTime"] == after["StartTime"]
    assert record["TrainingStartTime"] == transitions[1]["StartTime"]
    assert record["TrainingEndTime"] == transitions[-1]["StartTime"] == transitions[-1]["EndTime"]
    took = round(record["TrainingEndTime"] - record["TrainingStartTime"])
    assert record["TrainingTimeInSeconds"] == record["BillableTimeInSeconds"] == took
    assert "FinalMetricDataList" not in record


FAIL = """
    import os
    from pathlib import Path
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    print("Epoch[0] Train-accuracy=0.5")
    (base / "model/half.bin").write_bytes(b"half")
    (base / "output/data/notes.txt").write_text("notes")
    {failure}
    raise SystemExit(1)
"""


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        pytest.param(
            '(base / "output/failure").write_text("class \'cat\' has 1 image\\n")',
            "AlgorithmError: class 'cat' has 1 image, exit code: 1",
            id="failure-file",
        ),
        pytest.param("", "AlgorithmError: , exit code: 1", id="no-failure-file"),
        pytest.param(
            '(base / "output/failure").write_bytes(b"caf\\xe9")',
            "AlgorithmError: caf\ufffd, exit code: 1",
            id="not-utf-8",
        ),
        pytest.param("os.kill(os.getpid(), 9)", "AlgorithmError: , exit code: 137", id="killed"),
    ],
)
def test_a_failed_job_says_why(place: Place, training: Training, failure: str, reason: str) -> None:
    name = training()
    place.runner(train=FAIL.format(failure=failure)).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert record["TrainingJobStatus"] == record["SecondaryStatus"] == "Failed"
    assert record["FailureReason"] == reason
    assert "ModelArtifacts" not in record
    assert place.keys("out/") == [f"out/{name}/output/output.tar.gz"]
    assert record["FinalMetricDataList"][0]["Value"] == 0.5
    assert record["SecondaryStatusTransitions"][-1]["StatusMessage"] == "Training job failed"


def test_channels_that_cannot_be_had_are_named(place: Place, training: Training) -> None:
    name = training(InputDataConfig=[channel("train", place.uri("none/"))])
    place.runner(train=TRAIN).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert record["FailureReason"].startswith(
        "ClientError: Data download failed: No S3 objects found under S3 URL "
    )
    assert [each["Status"] for each in record["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Failed",
    ]


def test_a_model_that_cannot_be_stored_is_named(place: Place, training: Training) -> None:
    name = training(
        HyperParameters={"epochs": "0"}, OutputDataConfig={"S3OutputPath": "s3://no-such-bucket-anywhere/x"}
    )
    place.runner(train=TRAIN).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert record["FailureReason"] == (
        "ClientError: Artifact upload failed: "
        "NoSuchBucket: The specified bucket does not exist: no-such-bucket-anywhere"
    )
    assert "ModelArtifacts" not in record


# Saves its model when it is asked to end, as SageMaker's own algorithms do.
POLITE = """
    import os, signal, sys, time
    from pathlib import Path
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])

    def save(*_):
        (base / "model/model.bin").write_bytes(b"best so far")
        sys.exit(0)

    signal.signal(signal.SIGTERM, save)
    print("Epoch[0] Validation-accuracy=0.5")
    time.sleep(60)
"""


def test_a_job_that_runs_too_long_is_stopped_with_its_model(place: Place, training: Training) -> None:
    name = training(StoppingCondition={"MaxRuntimeInSeconds": 0.5})
    place.runner(Waits(grace=30), train=POLITE).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert (record["TrainingJobStatus"], record["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert "FailureReason" not in record
    assert members(place.read(f"out/{name}/output/model.tar.gz")) == {"model.bin": b"best so far"}


def test_checkpoints_come_and_go(place: Place, training: Training) -> None:
    place.write("checkpoints/1.params", b"one")
    source = """
        import os
        from pathlib import Path
        folder = Path(os.environ["SAGEMAKER_BASE_DIR"]) / "checkpoints"
        (folder / "2.params").write_bytes((folder / "1.params").read_bytes() + b" two")
        raise SystemExit(1)
    """
    name = training(CheckpointConfig={"S3Uri": place.uri("checkpoints")})
    place.runner(train=source).start("TrainingJob", name)
    assert place.finish("TrainingJob", name)["TrainingJobStatus"] == "Failed"
    assert place.read("checkpoints/2.params") == b"one two"


def test_a_request_can_define_metrics(place: Place, training: Training) -> None:
    name = training(
        AlgorithmSpecification={
            "TrainingImage": "train",
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
        }
    )
    place.runner(train="print('loss=0.25'); print('Validation-accuracy=1')").start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert [(each["MetricName"], each["Value"]) for each in record["FinalMetricDataList"]] == [
        ("loss", 0.25),
        ("validation:accuracy", 1.0),
    ]
