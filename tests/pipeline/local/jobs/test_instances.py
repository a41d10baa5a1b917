"""Jobs with several instances, and what is uploaded while a job runs."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.job_logs import GROUPS
from pipeline.local.jobs.job import Waits
from pipeline.local.jobs.process import NotStarted
from pipeline.local.jobs.supervised import Place as ProgramPlace

from .place import SECONDS, Place
from .test_processing import s3_input, s3_output
from .test_supervised import left, wait_for_running

Processing = Callable[..., str]
TWO = {"ClusterConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large"}}

COPY = """
    import json, os
    from pathlib import Path
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    host = json.loads((base / "config" / "resourceconfig.json").read_text())["current_host"]
    for path in (base / "processing/input/data").iterdir():
        (base / "processing/output/copy" / path.name).write_text(host)
    (base / "processing/output/copy" / "last").write_text(host)
"""


def test_instances_of_a_processing_job_share_the_work(place: Place, processing: Processing) -> None:
    for key in "abc":
        place.write(f"data/{key}", b"")
    data = s3_input("data", place.uri("data"))
    data["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
    name = processing(
        COPY,
        ProcessingResources=TWO,
        ProcessingInputs=[data],
        ProcessingOutputConfig={"Outputs": [s3_output("copy", place.uri("out"))]},
    )
    place.runner().start("ProcessingJob", name)
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Completed"
    assert {key: place.read(key) for key in place.keys("out/")} == {
        "out/a": b"algo-1",
        "out/b": b"algo-2",
        "out/c": b"algo-1",
        "out/last": b"algo-2",
    }


def test_the_reason_is_that_of_the_instance_that_failed_first(place: Place, processing: Processing) -> None:
    source = """
        import json, os, time
        from pathlib import Path
        base = Path(os.environ["SAGEMAKER_BASE_DIR"])
        host = json.loads((base / "config" / "resourceconfig.json").read_text())["current_host"]
        if host == "algo-1":
            time.sleep(60)
        (base / "output" / "message").write_text(f"{host} is out of luck")
        raise SystemExit(3)
    """
    name = processing(source, ProcessingResources=TWO)
    place.runner(Waits(grace=30)).start("ProcessingJob", name)
    record = place.finish("ProcessingJob", name)
    assert record["FailureReason"] == "AlgorithmError: algo-2 is out of luck, exit code: 3"
    assert record["ExitMessage"] == "algo-2 is out of luck"


def test_all_instances_are_stopped(place: Place, processing: Processing) -> None:
    name = processing("import time; print('runs', flush=True); time.sleep(60)", ProcessingResources=TWO)
    runner = place.runner(Waits(grace=30))
    runner.start("ProcessingJob", name)
    assert place.wait_for_log("ProcessingJob", name, 2) == ["runs", "runs"]
    runner.stop("ProcessingJob", name)
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("error", "reason", "lines"),
    [
        pytest.param(
            NotStarted("x", ValueError("no")),
            "AlgorithmError: See job logs for more information, exit code: 126",
            ["cannot start 'x': no"],
            id="its program",
        ),
        pytest.param(
            OSError(errno.ENOSPC, "No space left on device"),
            "InternalServerError: The local SageMaker cannot write to its folder: No space left on device",
            [],
            id="its files",
        ),
    ],
)
def test_an_instance_that_cannot_start_fails_the_job(
    place: Place,
    processing: Processing,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason: str,
    lines: list[str],
) -> None:
    started: list[Any] = []
    start = ProgramPlace.start

    def refuse(self: ProgramPlace, *arguments: Any) -> Any:
        if started:
            raise error
        started.append(self)
        return start(self, *arguments)

    monkeypatch.setattr(ProgramPlace, "start", refuse)
    name = processing("import time; time.sleep(60)", ProcessingResources=TWO)
    place.runner(Waits(grace=30)).start("ProcessingJob", name)
    assert place.finish("ProcessingJob", name)["FailureReason"] == reason
    assert not ProgramPlace(place.home / "local" / "jobs" / "ProcessingJob" / name).is_left()
    assert place.log_of(GROUPS["ProcessingJob"], f"{name}/algo-2-") == lines


def leave(place: Place, name: str, host: str) -> Any:
    root = place.home / "local" / "jobs" / "ProcessingJob" / name
    folder = root if host == "algo-1" else root / host
    for path in (folder / "ml" / "output", folder / "work"):
        path.mkdir(parents=True)
    (folder / "stream").write_text(f"{name}/{host}-1")
    process = left(folder, "print('went on')")
    wait_for_running(folder)
    return process


def test_instances_are_taken_over(place: Place, processing: Processing) -> None:
    name = processing("pass", ProcessingResources=TWO)
    processes = [leave(place, name, host) for host in ("algo-1", "algo-2")]
    assert place.runner().adopt() == {("ProcessingJob", name)}
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Completed"
    assert place.log_of(GROUPS["ProcessingJob"], f"{name}/algo-2-") == ["went on"]
    for process in processes:
        process.wait(SECONDS)


def test_instances_of_which_one_had_not_started_begin_anew(place: Place, processing: Processing) -> None:
    name = processing("print('anew')", ProcessingResources=TWO)
    process = leave(place, name, "algo-1")
    assert place.runner().adopt() == {("ProcessingJob", name)}
    process.wait(SECONDS)
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Completed"
    assert place.log_of(GROUPS["ProcessingJob"], f"{name}/algo-2-") == ["anew"]


@pytest.mark.parametrize("ending", ["exit", "fail"])
def test_what_is_continuous_is_uploaded_while_a_job_runs(
    place: Place, processing: Processing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str
) -> None:
    """The job waits for a word, which it gets when its file is in S3."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    stored = threading.Event()
    write = place.objects.write

    def watch(bucket: str, key: str, data: bytes | Path) -> None:
        write(bucket, key, data)
        if key == "run/early":
            stored.set()

    monkeypatch.setattr(place.objects, "write", watch)
    source = f"""
        import os
        from pathlib import Path
        folder = Path(os.environ["SAGEMAKER_BASE_DIR"], "processing/output/x")
        (folder / "early").write_text("1")
        word = open({str(pipe)!r}).read()
        (folder / "late").write_text("2")
        raise SystemExit(word != "exit")
    """
    outputs = {"Outputs": [s3_output("x", place.uri("run"), "Continuous")]}
    name = processing(source, ProcessingOutputConfig=outputs)
    place.runner(Waits(upload=0.01)).start("ProcessingJob", name)
    assert stored.wait(SECONDS)
    pipe.write_text(ending)
    status = place.finish("ProcessingJob", name)["ProcessingJobStatus"]
    assert status == ("Completed" if ending == "exit" else "Failed")
    assert place.keys("run/") == ["run/early", "run/late"]
