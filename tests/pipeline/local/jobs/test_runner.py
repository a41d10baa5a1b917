from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.errors import NotSupportedLocally
from pipeline.local.jobs.job import Waits
from pipeline.local.jobs.reasons import SHUT_DOWN
from pipeline.local.jobs.runner import RUNS, JobRunner
from pipeline.local.records import RecordsClosed
from pipeline.local.runtime import Jobs

from .place import SECONDS, Place
from .programs import wait_until_gone

# Says its process id, and that of a child, and waits.
WAIT = """
    import os, time
    os.fork()
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(60)
"""


def running_pids(place: Place, kind: str, name: str) -> list[int]:
    """Wait until a job has said its two process ids."""
    return [int(line) for line in place.wait_for_log(kind, name, 2)]


def test_it_is_the_api_s_runner(place: Place) -> None:
    jobs: Jobs = place.runner()
    with pytest.raises(NotSupportedLocally, match=r"no program stands for image 'r\.io/own:1' in"):
        jobs.check("TrainingJob", {"AlgorithmSpecification": {"TrainingImage": "r.io/own:1"}})
    jobs.check("TrainingJob", {"AlgorithmSpecification": {"TrainingImage": "r.io/train:1"}})
    assert sorted(RUNS) == ["ProcessingJob", "TrainingJob", "TransformJob"]


@pytest.mark.parametrize(
    ("kind", "secondary"), [("ProcessingJob", None), ("TrainingJob", "Stopped")], ids=str
)
def test_a_stopped_job_ends_with_its_tree(
    place: Place,
    processing: Callable[..., str],
    training: Callable[..., str],
    kind: str,
    secondary: str | None,
) -> None:
    runner = place.runner(Waits(grace=30), train=WAIT)
    name = processing(WAIT) if kind == "ProcessingJob" else training()
    statuses: list[str] = []
    place.records.subscribe(lambda change: statuses.append((change.after or {})[f"{kind}Status"]))
    runner.start(kind, name)
    pids = running_pids(place, kind, name)
    runner.stop(kind, name)
    record = place.finish(kind, name)
    assert statuses[-2:] == ["Stopping", "Stopped"]
    assert record[f"{kind}Status"] == "Stopped"
    assert record.get("SecondaryStatus") == secondary
    assert "FailureReason" not in record
    assert all(wait_until_gone(pid) for pid in pids)
    runner.stop(kind, name)
    assert place.records.get(kind, name) == record
    if secondary:
        phases = [each["Status"] for each in record["SecondaryStatusTransitions"]]
        assert phases == ["Starting", "Downloading", "Training", "Stopping", "Stopped"]


def test_a_job_that_does_not_listen_is_killed(place: Place, processing: Callable[..., str]) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + WAIT.replace("\n    ", "\n")
    runner = place.runner(Waits(grace=0.1))
    name = processing(deaf)
    runner.start("ProcessingJob", name)
    pids = running_pids(place, "ProcessingJob", name)
    runner.stop("ProcessingJob", name)
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Stopped"
    assert all(wait_until_gone(pid) for pid in pids)


def test_a_job_stopped_before_its_program_never_runs_it(
    place: Place, processing: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on = threading.Event(), threading.Event()

    def download(*_: Any) -> None:
        started.set()
        assert go_on.wait(SECONDS)

    monkeypatch.setattr(place.objects, "download_all", download)
    place.write("in/x", b"")
    source = {"S3Uri": place.uri("in"), "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix"}
    name = processing("print('ran')", ProcessingInputs=[{"InputName": "x", "S3Input": source}])
    runner = place.runner()
    runner.start("ProcessingJob", name)
    assert started.wait(SECONDS)
    runner.stop("ProcessingJob", name)
    go_on.set()
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Stopped"
    assert place.log("ProcessingJob", name) == []


def test_closing_kills_all_and_says_so(
    place: Place, processing: Callable[..., str], training: Callable[..., str]
) -> None:
    runner = place.runner(train=WAIT)
    jobs = [("ProcessingJob", processing(WAIT)), ("TrainingJob", training())]
    for kind, name in jobs:
        runner.start(kind, name)
    pids = [pid for kind, name in jobs for pid in running_pids(place, kind, name)]
    runner.close()
    for kind, name in jobs:
        record = place.records.get(kind, name)
        assert record is not None
        assert record[f"{kind}Status"] == "Failed"
        assert record["FailureReason"] == (
            "InternalServerError: The local SageMaker stopped while this was running"
        )
    # They are killed; a process that had mounts of its own takes a moment to go.
    assert all(wait_until_gone(pid) for pid in pids)
    with pytest.raises(RecordsClosed, match="the server is going down"):
        runner.start("ProcessingJob", jobs[0][1])


def test_a_job_without_a_thread_can_be_stopped(place: Place, processing: Callable[..., str]) -> None:
    name = processing("pass")
    place.runner().stop("ProcessingJob", name)
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Stopped"


def test_a_bug_of_ours_ends_the_job(
    place: Place, training: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    name = training(OutputDataConfig={})
    with caplog.at_level(logging.ERROR):
        place.runner().start("TrainingJob", name)
        record = place.finish("TrainingJob", name)
    assert record["FailureReason"] == (
        "InternalServerError: KeyError: 'S3OutputPath' (a bug of the local SageMaker: see its log)"
    )
    assert record["SecondaryStatus"] == "Failed"
    assert f"TrainingJob {name} failed for a reason of our own" in caplog.text


def test_a_deleted_record_ends_the_job_quietly(place: Place, processing: Callable[..., str]) -> None:
    runner: JobRunner = place.runner()
    name = processing("pass")
    place.records.delete("ProcessingJob", name)
    runner.start("ProcessingJob", name)
    runner.close()
    assert place.records.get("ProcessingJob", name) is None


def test_many_jobs_run_at_once(place: Place, processing: Callable[..., str]) -> None:
    runner = place.runner()
    names = [processing(f"print({number})") for number in range(12)]
    for name in names:
        runner.start("ProcessingJob", name)
    for number, name in enumerate(names):
        assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Completed"
        assert place.log("ProcessingJob", name) == [str(number)]


class TestTurns:
    def test_one_job_runs_after_the_other(
        self, place: Place, processing: Callable[..., str], tmp_path: Path
    ) -> None:
        """Each makes a file that the other must not find."""
        alone = f"""
            import os, pathlib, time
            mark = pathlib.Path({str(tmp_path / "mark")!r})
            mark.touch(exist_ok=False)
            time.sleep(0.1)
            mark.unlink()
            print(os.environ["OMP_NUM_THREADS"])
        """
        runner = place.runner(most=1)
        names = [processing(alone) for _ in range(3)]
        for name in names:
            runner.start("ProcessingJob", name)
        for name in names:
            assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Completed"
            assert place.log("ProcessingJob", name) == [str(os.cpu_count())]

    def test_one_that_waits_can_be_stopped(self, place: Place, processing: Callable[..., str]) -> None:
        runner = place.runner(Waits(grace=30), most=1)
        first, second = processing(WAIT), processing("raise SystemExit('never')")
        runner.start("ProcessingJob", first)
        running_pids(place, "ProcessingJob", first)
        runner.start("ProcessingJob", second)
        runner.stop("ProcessingJob", second)
        assert place.finish("ProcessingJob", second)["ProcessingJobStatus"] == "Stopped"
        record = place.records.get("ProcessingJob", first)
        assert record is not None
        assert record["ProcessingJobStatus"] == "InProgress"

    def test_closing_ends_those_that_wait(self, place: Place, processing: Callable[..., str]) -> None:
        runner = place.runner(most=1)
        names = [processing(WAIT), processing(WAIT)]
        runner.start("ProcessingJob", names[0])
        running_pids(place, "ProcessingJob", names[0])
        runner.start("ProcessingJob", names[1])
        runner.close()
        for name in names:
            assert place.finish("ProcessingJob", name)["FailureReason"] == SHUT_DOWN

    def test_one_that_waits_says_so(
        self,
        place: Place,
        processing: Callable[..., str],
        training: Callable[..., str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        runner = place.runner(Waits(grace=30), most=1)
        first, second, third = processing(WAIT), training(), processing("pass")
        runner.start("ProcessingJob", first)
        running_pids(place, "ProcessingJob", first)
        with caplog.at_level(logging.INFO):
            runner.start("TrainingJob", second)
            pending = place.records.wait(
                "TrainingJob", second, lambda record: record["SecondaryStatus"] == "Pending", 20
            )
            runner.start("ProcessingJob", third)
            runner.stop("ProcessingJob", first)
            record = place.finish("TrainingJob", second)
            place.finish("ProcessingJob", third)
        message = "Waiting for a free slot: 1 of 1 jobs run (IMGPIPE_LOCAL_JOBS)"
        assert pending["SecondaryStatusTransitions"][-1]["StatusMessage"] == message
        assert [each["Status"] for each in record["SecondaryStatusTransitions"]][:3] == [
            "Starting",
            "Pending",
            "Downloading",
        ]
        assert f"ProcessingJob {third}: {message}" in caplog.text
