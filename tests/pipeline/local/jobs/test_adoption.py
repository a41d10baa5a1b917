"""Jobs that a server before this one has left."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.local.job_logs import GROUPS
from pipeline.local.jobs.folder import JobFolder, lay_out_processing, lay_out_training
from pipeline.local.jobs.job import Waits
from pipeline.local.jobs.status import moved
from pipeline.local.jobs.supervised import Place as ProgramPlace
from pipeline.local.records import RecordsClosed

from .place import Place, wait_for_threads
from .test_supervised import left, wait_for_running

LAY_OUT = {"ProcessingJob": lay_out_processing, "TrainingJob": lay_out_training}
Leave = Callable[[str, str, str, list[str]], None]


@pytest.fixture
def leave(place: Place) -> Iterator[Leave]:
    """Leaves the running program of a recorded job, with the lines of its log that are kept already."""
    started: list[subprocess.Popen[bytes]] = []

    def start(kind: str, name: str, source: str, kept: list[str]) -> None:
        folder = JobFolder(place.home / "local" / "jobs" / kind / name)
        folder.make()
        record = place.records.get(kind, name)
        assert record is not None
        LAY_OUT[kind](folder, record)
        log = place.logs.open(GROUPS[kind], f"{name}/algo-1-1")
        log.write(kept)
        folder.stream.write_text(log.stream)
        started.append(left(folder.root, source.format(ml=folder.ml)))
        wait_for_running(folder.root)

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_training_job_goes_on(place: Place, training: Callable[..., str], leave: Leave) -> None:
    """Its log goes on where it was kept, but its metrics are those of all lines; its times stay."""
    name = training()
    place.records.update("TrainingJob", name, SecondaryStatus="Training", TrainingStartTime=2.0)
    source = """
        import pathlib, time
        print("Train-accuracy=0.5\\nValidation-accuracy=0.4", flush=True)
        time.sleep(0.2)
        pathlib.Path("{ml}/model/model.bin").write_bytes(b"weights")
        print("Train-accuracy=0.6")
    """
    leave("TrainingJob", name, source, ["Train-accuracy=0.5"])
    assert place.runner().adopt() == {("TrainingJob", name)}
    record = place.finish("TrainingJob", name)
    assert (record["TrainingJobStatus"], record["TrainingStartTime"]) == ("Completed", 2.0)
    assert place.log("TrainingJob", name) == [
        "Train-accuracy=0.5",
        "Validation-accuracy=0.4",
        "Train-accuracy=0.6",
    ]
    metrics = {each["MetricName"]: each["Value"] for each in record["FinalMetricDataList"]}
    assert metrics == {"train:accuracy": 0.6, "validation:accuracy": 0.4}
    assert place.keys() == [f"out/{name}/output/model.tar.gz"]


def test_a_processing_job_goes_on(place: Place, processing: Callable[..., str], leave: Leave) -> None:
    output = {"S3Uri": place.uri("out"), "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}
    outputs = {"Outputs": [{"OutputName": "o", "S3Output": output}]}
    name = processing("raise SystemExit('not again')", ProcessingOutputConfig=outputs)
    place.records.update("ProcessingJob", name, ProcessingStartTime=2.0)
    source = "open('{ml}/processing/out/x', 'w').write('made')"
    leave("ProcessingJob", name, source, [])
    assert place.runner().adopt() == {("ProcessingJob", name)}
    record = place.finish("ProcessingJob", name)
    assert (record["ProcessingJobStatus"], record["ProcessingStartTime"]) == ("Completed", 2.0)
    assert place.read("out/x") == b"made"


def test_one_that_failed_meanwhile_has_failed(
    place: Place, processing: Callable[..., str], leave: Leave
) -> None:
    name = processing("pass")
    leave("ProcessingJob", name, "raise SystemExit(7)", [])
    place.runner().adopt()
    record = place.finish("ProcessingJob", name)
    assert record["FailureReason"] == "AlgorithmError: See job logs for more information, exit code: 7"


def test_one_that_was_being_stopped_is_stopped(
    place: Place, processing: Callable[..., str], leave: Leave
) -> None:
    name = processing("pass")
    place.records.update("ProcessingJob", name, ProcessingJobStatus="Stopping")
    leave("ProcessingJob", name, "import time; time.sleep(60)", [])
    place.runner(Waits(grace=60)).adopt()
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Stopped"


def test_the_time_without_a_server_counts(place: Place, processing: Callable[..., str], leave: Leave) -> None:
    name = processing("pass", StoppingCondition={"MaxRuntimeInSeconds": 3600})
    leave("ProcessingJob", name, "import time; time.sleep(60)", [])
    running = place.home / "local" / "jobs" / "ProcessingJob" / name / "running"
    os.utime(running, (time.time() - 3601, time.time() - 3601))
    place.runner().adopt()
    record = place.finish("ProcessingJob", name)
    assert record["ProcessingJobStatus"] == "Stopped"
    assert record["FailureReason"] == "the job ran longer than its MaxRuntimeInSeconds of 3600"


def test_the_time_after_its_end_does_not_count(
    place: Place, processing: Callable[..., str], leave: Leave
) -> None:
    name = processing("pass", StoppingCondition={"MaxRuntimeInSeconds": 3600})
    leave("ProcessingJob", name, "pass", [])
    root = place.home / "local" / "jobs" / "ProcessingJob" / name
    ProgramPlace(root).wait()
    os.utime(root / "running", (time.time() - 3601, time.time() - 3601))
    place.runner().adopt()
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Completed"


def test_one_whose_program_had_not_started_begins_anew(place: Place, training: Callable[..., str]) -> None:
    """A part of its inputs was there."""
    place.write("data/whole", b"whole")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": place.uri("data/")}}
    name = training(InputDataConfig=[{"ChannelName": "train", "DataSource": source}])
    now = place.records.amend("TrainingJob", name, lambda record: moved(record, "Downloading", 2.0))
    folder = JobFolder(place.home / "local" / "jobs" / "TrainingJob" / name)
    folder.make()
    folder.stream.write_text(place.logs.open(GROUPS["TrainingJob"], f"{name}/algo-1-1").stream)
    (folder.ml / "input" / "data" / "train").mkdir(parents=True)
    (folder.ml / "input" / "data" / "train" / "half").write_bytes(b"ha")
    program = """
        import os, pathlib
        data = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "input/data/train")
        print(sorted((path.name, path.read_text()) for path in data.iterdir()))
    """
    assert place.runner(train=program).adopt() == {("TrainingJob", name)}
    record = place.finish("TrainingJob", name)
    assert record["TrainingJobStatus"] == "Completed"
    assert place.log("TrainingJob", name) == ["[('whole', 'whole')]"]
    transitions = [each["Status"] for each in record["SecondaryStatusTransitions"]]
    assert transitions == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert record["SecondaryStatusTransitions"][:1] == now["SecondaryStatusTransitions"][:1]


def test_outputs_that_were_being_uploaded_are_uploaded(
    place: Place, training: Callable[..., str], leave: Leave
) -> None:
    """The first server is gone when it has uploaded the model, and not the rest."""
    name = training()
    place.records.amend("TrainingJob", name, lambda record: moved(record, "Training", 2.0))
    source = """
        import pathlib
        pathlib.Path("{ml}/model/model.bin").write_bytes(b"weights")
        pathlib.Path("{ml}/output/data/more").write_bytes(b"more")
    """
    leave("TrainingJob", name, source, [])
    write = place.objects.write

    def killed(bucket: str, key: str, data: bytes | Path) -> None:
        write(bucket, key, data)
        raise RecordsClosed("killed")

    place.objects.write = killed  # type: ignore[method-assign]
    first = place.runner()
    first.adopt()
    wait_for_threads(name)
    place.objects.write = write  # type: ignore[method-assign]
    assert place.keys() == [f"out/{name}/output/model.tar.gz"]
    assert place.runner().adopt() == {("TrainingJob", name)}
    record = place.finish("TrainingJob", name)
    assert record["TrainingJobStatus"] == "Completed"
    assert place.keys() == [f"out/{name}/output/model.tar.gz", f"out/{name}/output/output.tar.gz"]
    transitions = [each["Status"] for each in record["SecondaryStatusTransitions"]]
    assert transitions == ["Starting", "Training", "Uploading", "Completed"]


def test_one_whose_program_was_killed_is_lost(
    place: Place, processing: Callable[..., str], leave: Leave
) -> None:
    name, ended = processing("pass"), processing("pass")
    leave("ProcessingJob", ended, "pass", [])
    place.records.update("ProcessingJob", ended, ProcessingJobStatus="Completed")
    leave("ProcessingJob", name, "import time; time.sleep(60)", [])
    ProgramPlace(place.home / "local" / "jobs" / "ProcessingJob" / name).kill()
    assert place.runner().adopt() == set()
    record = place.records.get("ProcessingJob", name)
    assert record is not None
    assert record["ProcessingJobStatus"] == "InProgress"


def test_one_that_waited_for_its_turn_begins(
    place: Place, processing: Callable[..., str], training: Callable[..., str]
) -> None:
    name, stopped = processing("print('now')"), training()
    place.records.update("TrainingJob", stopped, TrainingJobStatus="Stopping")
    assert place.runner(most=1).adopt() == {("ProcessingJob", name), ("TrainingJob", stopped)}
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Completed"
    assert place.log("ProcessingJob", name) == ["now"]
    assert place.finish("TrainingJob", stopped)["TrainingJobStatus"] == "Stopped"
