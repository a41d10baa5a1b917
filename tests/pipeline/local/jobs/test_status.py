from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.jobs.status import finished, moved, stopping, waiting

STARTING = {"Status": "Starting", "StartTime": 1.0, "StatusMessage": "Preparing the instances for training"}


def training(status: str = "InProgress") -> dict[str, Any]:
    return {
        "TrainingJobStatus": status,
        "SecondaryStatus": "Starting",
        "SecondaryStatusTransitions": [STARTING],
        "LastModifiedTime": 1.0,
    }


def test_a_training_job_moves_from_phase_to_phase() -> None:
    before = training()
    after = moved(before, "Downloading", 2.0, TrainingStartTime=2.0)
    assert after == {
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Downloading",
        "SecondaryStatusTransitions": [
            {**STARTING, "EndTime": 2.0},
            {"Status": "Downloading", "StartTime": 2.0, "StatusMessage": "Downloading input data"},
        ],
        "TrainingStartTime": 2.0,
        "LastModifiedTime": 2.0,
    }
    assert before == training()


def test_a_stopping_job_does_not_move_on() -> None:
    assert moved(training("Stopping"), "Training", 2.0) == training("Stopping")


def test_a_phase_that_a_killed_server_has_recorded_is_not_recorded_again() -> None:
    before = moved(training(), "Uploading", 2.0)
    assert moved(before, "Uploading", 3.0) == before


def test_waiting_is_a_phase_of_training_alone() -> None:
    processing = {"ProcessingJobStatus": "InProgress"}
    assert waiting("ProcessingJob", processing, 2.0, "why") == processing
    assert waiting("TrainingJob", training("Stopping"), 2.0, "why") == training("Stopping")
    after = waiting("TrainingJob", training(), 2.0, "why")
    assert (after["TrainingJobStatus"], after["SecondaryStatus"]) == ("InProgress", "Pending")
    expected = {"Status": "Pending", "StartTime": 2.0, "StatusMessage": "why"}
    assert after["SecondaryStatusTransitions"][-1] == expected


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped", "Stopping"])
def test_only_a_running_job_can_be_stopped(status: str) -> None:
    assert stopping("TrainingJob", training(status), 2.0) == training(status)


def test_stopping_is_a_phase_of_training_alone() -> None:
    assert stopping("ProcessingJob", {"ProcessingJobStatus": "InProgress"}, 2.0) == {
        "ProcessingJobStatus": "Stopping",
        "LastModifiedTime": 2.0,
    }
    after = stopping("TrainingJob", training(), 2.0)
    assert (after["TrainingJobStatus"], after["SecondaryStatus"]) == ("Stopping", "Stopping")


def test_a_finished_job_has_its_times() -> None:
    assert finished("TransformJob", {"TransformJobStatus": "InProgress"}, "Failed", 3.0, "why") == {
        "TransformJobStatus": "Failed",
        "TransformEndTime": 3.0,
        "LastModifiedTime": 3.0,
        "FailureReason": "why",
    }
    record = {**training(), "TrainingStartTime": 2.0}
    after = finished("TrainingJob", record, "Stopped", 12.4, secondary="MaxRuntimeExceeded")
    assert (after["TrainingJobStatus"], after["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert (after["TrainingTimeInSeconds"], after["BillableTimeInSeconds"]) == (10, 10)
    assert after["SecondaryStatusTransitions"][-1] == {
        "Status": "MaxRuntimeExceeded",
        "StartTime": 12.4,
        "EndTime": 12.4,
        "StatusMessage": "Training job runtime exceeded MaxRuntimeInSeconds",
    }
    assert "FailureReason" not in after
