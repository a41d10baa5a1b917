"""Jobs on a full disk: each gets to an end that says so.

Errors stand for it: of what is written to S3, of a job's own files, and of the records.
"""

from __future__ import annotations

import errno
import itertools
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.local.jobs import job as jobs
from pipeline.local.jobs import runner as runners
from pipeline.local.jobs import training as trainings
from pipeline.local.jobs.folder import JobFolder
from pipeline.local.jobs.status import finished
from pipeline.local.objects import Objects

from .place import Place

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
NOT_WRITTEN = "InternalServerError: The local SageMaker cannot write to its folder: "
PROGRAM = """
    import os, pathlib
    pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "model/weights").write_bytes(b"w")
"""


def full(times: int, change: Callable[..., Any]) -> Callable[..., Any]:
    """A change of records that finds the disk full so many times."""
    left = itertools.count(times, -1)

    def edit(*arguments: Any, **fields: Any) -> Any:
        if next(left) > 0:
            raise sqlite3.OperationalError("database or disk is full")
        return change(*arguments, **fields)

    return edit


def fail(*_: Any) -> Any:
    raise NO_SPACE


@pytest.mark.parametrize(
    ("where", "what", "reason"),
    [
        (Objects, "write", "ClientError: Artifact upload failed: No space left on device"),
        (trainings, "pack_all", "ClientError: Artifact upload failed: No space left on device"),
        (trainings, "lay_out", "ClientError: Data download failed: No space left on device"),
        (JobFolder, "make", f"{NOT_WRITTEN}No space left on device"),
        (runners, "open_log", f"{NOT_WRITTEN}No space left on device"),
    ],
)
def test_a_job_fails_with_that_reason(
    place: Place,
    training: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    what: str,
    reason: str,
) -> None:
    job = training()
    monkeypatch.setattr(where, what, fail)
    place.runner(train=PROGRAM).start("TrainingJob", job)
    record = place.finish("TrainingJob", job)
    assert (record["TrainingJobStatus"], record["FailureReason"]) == ("Failed", reason)


@pytest.mark.parametrize("times", [1, 3])
def test_a_status_that_cannot_be_recorded_fails_it_as_soon_as_there_is_room(
    place: Place, training: Callable[..., str], monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    job = training()
    monkeypatch.setattr(place.records, "amend", full(times, place.records.amend))
    place.runner(train=PROGRAM).start("TrainingJob", job)
    record = place.finish("TrainingJob", job)
    assert (record["TrainingJobStatus"], record["FailureReason"]) == (
        "Failed",
        f"{NOT_WRITTEN}database or disk is full",
    )


def test_an_end_that_cannot_be_recorded_is_as_soon_as_there_is_room(
    place: Place, training: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = training()
    end, runner = full(2, finished), place.runner(train=PROGRAM)
    monkeypatch.setattr(jobs, "finished", end)
    runner.start("TrainingJob", job)
    assert place.finish("TrainingJob", job)["TrainingJobStatus"] == "Completed"
    assert place.keys() == [f"out/{job}/output/model.tar.gz"]
