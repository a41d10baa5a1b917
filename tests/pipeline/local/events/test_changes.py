from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.arns import arn
from pipeline.local.events.changes import EMITTED, drafts
from pipeline.local.records import Change, Record


def made(kind: str, before: Record | None, after: Record | None, name: str = "n") -> list[Any]:
    """Type and detail of the events of a change."""
    return [
        (each.detail_type, each.detail)
        for each in drafts(Change(kind, name, before, after), lambda _: {"a": "b"})
    ]


JOB = {"ProcessingJobName": "j", "ProcessingJobArn": "arn:j", "CreationTime": 1.5, "Private": 1}


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        pytest.param(None, "InProgress", 1, id="begun"),
        pytest.param("InProgress", "Completed", 1, id="ended"),
        pytest.param("InProgress", "InProgress", 0, id="the same"),
        pytest.param("Completed", None, 0, id="deleted"),
    ],
)
def test_a_job_tells_of_its_status(before: str | None, after: str | None, count: int) -> None:
    one, two = (status and {**JOB, "ProcessingJobStatus": status} for status in (before, after))
    assert len(made("ProcessingJob", one or None, two or None)) == count


def test_what_a_processing_job_tells() -> None:
    after = {**JOB, "ProcessingJobStatus": "Failed", "FailureReason": "why", "ProcessingEndTime": 2.0}
    (kind, detail) = made("ProcessingJob", None, after)[0]
    assert kind == "SageMaker Processing Job State Change"
    assert detail == {
        "ProcessingJobName": "j",
        "ProcessingJobArn": "arn:j",
        "ProcessingJobStatus": "Failed",
        "FailureReason": "why",
        "CreationTime": 1500,
        "ProcessingEndTime": 2000,
        "Tags": {"a": "b"},
    }


def test_a_transform_job_tells_times_as_text() -> None:
    after = {
        "TransformJobName": "j",
        "TransformJobArn": "arn:j",
        "TransformJobStatus": "x",
        "CreationTime": 1.0,
    }
    (_, detail) = made("TransformJob", None, after)[0]
    assert detail["CreationTime"] == "1970-01-01T00:00:01Z"


def test_a_training_job_tells_of_each_secondary_status() -> None:
    before = {"TrainingJobArn": "arn:j", "TrainingJobStatus": "InProgress", "SecondaryStatus": "Starting"}
    steps = [{"Status": "Training", "StartTime": 3.0}]
    after = {**before, "SecondaryStatus": "Training", "SecondaryStatusTransitions": steps}
    (_, detail) = made("TrainingJob", before, after)[0]
    assert detail["SecondaryStatusTransitions"] == [{"Status": "Training", "StartTime": 3000}]


PACKAGE = {
    "ModelPackageGroupName": "g",
    "ModelPackageVersion": 2,
    "ModelPackageArn": "arn:p",
    "ModelPackageStatus": "Completed",
    "ModelApprovalStatus": "PendingManualApproval",
    "CreationTime": 1.0,
    "CreatedBy": {},
}


def test_a_package_tells_of_every_change() -> None:
    approved = {**PACKAGE, "ModelApprovalStatus": "Approved", "LastModifiedTime": 2.0}
    edited = {**approved, "CustomerMetadataProperties": {"k": "v"}}
    told = [
        made("ModelPackage", *pair) for pair in ((None, PACKAGE), (PACKAGE, approved), (approved, edited))
    ]
    assert [each[0][1]["ModelApprovalStatus"] for each in told] == [
        "PendingManualApproval",
        "Approved",
        "Approved",
    ]
    assert made("ModelPackage", edited, None) == []
    assert told[1] == [
        (
            "SageMaker Model Package State Change",
            {
                "ModelPackageGroupName": "g",
                "ModelPackageVersion": 2,
                "ModelPackageArn": "arn:p",
                "CreationTime": "1970-01-01T00:00:01Z",
                "ModelPackageStatus": "Completed",
                "CertifyForMarketplace": False,
                "ModelApprovalStatus": "Approved",
                "LastModifiedTime": "1970-01-01T00:00:02Z",
            },
        )
    ]


ENDPOINT = {"EndpointName": "e", "EndpointArn": "arn:e", "EndpointConfigName": "c", "CreationTime": 1.0}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, "Creating", "CREATING", id="begun"),
        pytest.param("Creating", "InService", "IN_SERVICE", id="there"),
        pytest.param("Updating", "UpdateRollbackFailed", "UPDATE_ROLLBACK_FAILED", id="stuck"),
        pytest.param("InService", None, "DELETING", id="gone"),
    ],
)
def test_an_endpoint_tells_of_its_status(before: str | None, after: str | None, expected: str) -> None:
    one = {**ENDPOINT, "EndpointStatus": before} if before else None
    two = {**ENDPOINT, "EndpointStatus": after} if after else None
    ((kind, detail),) = made("Endpoint", one, two)
    assert (kind, detail["EndpointStatus"]) == ("SageMaker Endpoint State Change", expected)


def test_an_endpoint_tells_of_a_deployment() -> None:
    still = {**ENDPOINT, "EndpointStatus": "InService"}
    pending = {"EndpointConfigName": "d", "StartTime": 2.0}
    begun = {**ENDPOINT, "EndpointStatus": "Updating", "PendingDeploymentSummary": pending}
    baking = [{"VariantName": "v", "VariantStatus": [{"Status": "Baking", "StartTime": 3.0}]}]
    later = {**begun, "PendingDeploymentSummary": {**pending, "ProductionVariants": baking}}
    assert [kind for kind, _ in made("Endpoint", still, begun)] == [
        "SageMaker Endpoint State Change",
        "SageMaker Endpoint Deployment State Change",
    ]
    ((kind, detail),) = made("Endpoint", begun, later)
    assert kind == "SageMaker Endpoint Deployment State Change"
    assert detail["PendingDeploymentSummary"] == {
        "EndpointConfigName": "d",
        "StartTime": 2000,
        "ProductionVariants": [
            {"VariantName": "v", "VariantStatus": [{"Status": "Baking", "StartTime": 3000}]}
        ],
    }


def test_a_step_tells_where_its_result_is_from() -> None:
    after = {
        "StepName": "s",
        "StepType": "Training",
        "StepStatus": "Succeeded",
        "StartTime": 1.0,
        "EndTime": 2.0,
        "Metadata": {"TrainingJob": {"Arn": "arn:j"}},
        "CacheHitResult": {"SourcePipelineExecutionArn": "arn:x"},
    }
    ((_, detail),) = made("PipelineExecutionStep", None, after, "p/e/s")
    assert detail == {
        "metadata": {"trainingJob": {"arn": "arn:j"}},
        "cacheHitResult": {"sourcePipelineExecutionArn": "arn:x"},
        "stepStartTime": "1970-01-01T00:00:01Z",
        "stepEndTime": "1970-01-01T00:00:02Z",
        "stepName": "s",
        "stepType": "Training",
        "currentStepStatus": "Succeeded",
        "pipelineArn": arn("Pipeline", "p"),
        "pipelineExecutionArn": arn("PipelineExecution", "p/e"),
    }


def test_other_records_tell_nothing() -> None:
    assert made("Model", None, {"ModelName": "m"}) == []
    assert made("EventFiring", None, {}) == []


def test_what_is_told_is_on_the_page() -> None:
    still = {**ENDPOINT, "EndpointStatus": "InService"}
    updating = {**ENDPOINT, "EndpointStatus": "Updating"}
    execution = {"PipelineExecutionStatus": "x", "CreationTime": 1.0, "LastModifiedTime": 1.0}
    execution |= {"PipelineArn": "arn:p", "PipelineExecutionArn": "arn:x"}
    every = [
        *made("TrainingJob", None, {"TrainingJobArn": "a", "TrainingJobStatus": "x"}),
        *made("ProcessingJob", None, {"ProcessingJobArn": "a", "ProcessingJobStatus": "x"}),
        *made("TransformJob", None, {"TransformJobArn": "a", "TransformJobStatus": "x"}),
        *made("ModelPackage", None, PACKAGE),
        *made("Endpoint", still, updating),
        *made("PipelineExecution", None, execution),
        *made("PipelineExecutionStep", None, {"StepName": "s", "StepStatus": "x"}, "p/e/s"),
    ]
    assert tuple(kind for kind, _ in every) == EMITTED
