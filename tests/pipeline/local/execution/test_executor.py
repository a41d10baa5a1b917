from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.local.execution.execution import INTERRUPTED
from pipeline.local.execution.executor import repair
from pipeline.local.records import Record, Records

NOW = 99.0


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        pytest.param(
            "TrainingJob",
            {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training"},
            {"TrainingJobStatus": "Failed", "SecondaryStatus": "Failed", "TrainingEndTime": NOW},
            id="a training job",
        ),
        pytest.param(
            "ProcessingJob",
            {"ProcessingJobStatus": "Stopping"},
            {"ProcessingJobStatus": "Failed", "ProcessingEndTime": NOW},
            id="a processing job",
        ),
        pytest.param(
            "TransformJob",
            {"TransformJobStatus": "InProgress"},
            {"TransformJobStatus": "Failed", "TransformEndTime": NOW},
            id="a transform job",
        ),
        pytest.param(
            "Endpoint", {"EndpointStatus": "Deleting"}, {"EndpointStatus": "Failed"}, id="an endpoint"
        ),
    ],
)
def test_what_was_running_has_failed(tmp_path: Path, kind: str, before: Record, after: Record) -> None:
    records = Records(tmp_path / "records.db")
    records.create(kind, "x", {**before, "EndpointName": "x", "LastModifiedTime": 1.0})
    repair(records, NOW)
    expected = {**after, "EndpointName": "x", "FailureReason": INTERRUPTED, "LastModifiedTime": NOW}
    assert records.get(kind, "x") == expected
    records.close()


def test_a_step_that_ran_has_failed(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.db")
    records.create("PipelineExecutionStep", "p/e/Train", {"StepName": "Train", "StepStatus": "Executing"})
    repair(records, NOW)
    assert records.get("PipelineExecutionStep", "p/e/Train") == {
        "StepName": "Train",
        "StepStatus": "Failed",
        "FailureReason": INTERRUPTED,
        "EndTime": NOW,
    }
    records.close()


def test_steps_of_an_execution_that_goes_on_are_left_alone(tmp_path: Path) -> None:
    """Also one that had asked for nothing yet: it begins anew."""
    records = Records(tmp_path / "records.db")
    records.create("PipelineExecution", "p/e", {"PipelineExecutionStatus": "Executing"})
    begun = {"StepName": "Train", "StepStatus": "Executing", "Metadata": {}}
    records.create("PipelineExecutionStep", "p/e/Train", begun)
    repair(records, NOW)
    assert records.get("PipelineExecutionStep", "p/e/Train") == begun
    records.close()


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("TrainingJob", {"TrainingJobStatus": "Completed"}),
        ("PipelineExecution", {"PipelineExecutionStatus": "Succeeded"}),
        ("PipelineExecutionStep", {"StepStatus": "Stopped"}),
        ("Endpoint", {"EndpointStatus": "InService"}),
        ("Endpoint", {"EndpointStatus": "Updating"}),
    ],
)
def test_what_had_ended_stays_as_it_is(tmp_path: Path, kind: str, record: Record) -> None:
    records = Records(tmp_path / "records.db")
    records.create(kind, "x", record)
    repair(records, NOW)
    assert records.get(kind, "x") == record
    records.close()
