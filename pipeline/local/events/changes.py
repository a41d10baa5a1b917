"""Changes of SageMaker's records as the events that SageMaker sends.

Source: "Events that Amazon SageMaker AI sends to Amazon EventBridge" of the Developer Guide. The first event
of an execution or a step tells no previous status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.local import arns
from pipeline.local.events.event import Draft
from pipeline.local.events.timing import iso
from pipeline.local.records import Change, Record

SOURCE = "aws.sagemaker"

Tags = Callable[[str], Mapping[str, str]]
"""Gives the tags of a resource by its ARN."""

Maker = Callable[[Change, Tags], Iterator[Draft]]

_TRAINING = (
    "TrainingJobName",
    "TrainingJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "FailureReason",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "ModelArtifacts",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "SecondaryStatusTransitions",
    "FinalMetricDataList",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "Environment",
)
_PROCESSING = (
    "ProcessingJobName",
    "ProcessingJobArn",
    "ProcessingJobStatus",
    "FailureReason",
    "ExitMessage",
    "AppSpecification",
    "Environment",
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "NetworkConfig",
    "StoppingCondition",
    "RoleArn",
    "CreationTime",
    "ProcessingStartTime",
    "ProcessingEndTime",
    "LastModifiedTime",
)
_TRANSFORM = (
    "TransformJobName",
    "TransformJobArn",
    "TransformJobStatus",
    "FailureReason",
    "ModelName",
    "MaxConcurrentTransforms",
    "MaxPayloadInMB",
    "BatchStrategy",
    "Environment",
    "TransformInput",
    "TransformOutput",
    "TransformResources",
    "CreationTime",
    "TransformStartTime",
    "TransformEndTime",
)
_PACKAGE = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "ApprovalDescription",
    "MetadataProperties",
    "CustomerMetadataProperties",
    "ModelMetrics",
    "LastModifiedTime",
)
_ENDPOINT = (
    "EndpointName",
    "EndpointArn",
    "EndpointConfigName",
    "ProductionVariants",
    "EndpointStatus",
    "FailureReason",
    "CreationTime",
    "LastModifiedTime",
)
_TIMES = ("Time", "StartTime", "EndTime")
_DEPLOYING = ("UPDATING", "ROLLING_BACK")
_RUNNING = ("Executing", "Stopping")


def drafts(change: Change, tags: Tags) -> list[Draft]:
    """The events of one change of a record; most kinds have none."""
    maker = MAKERS.get(change.kind)
    return list(maker(change, tags)) if maker else []


def _jobs(
    kind: str, members: tuple[str, ...], watched: tuple[str, ...], time: Callable[[float], Any]
) -> Maker:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind)

    def make(change: Change, tags: Tags) -> Iterator[Draft]:
        after = change.after
        if after is None or not _differs(change, watched):
            return
        arn = after[f"{kind}Arn"]
        detail = {**_members(after, members, time), "Tags": dict(tags(arn))}
        yield Draft(SOURCE, f"SageMaker {words} State Change", (arn,), detail)

    return make


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _members(record: Record, members: tuple[str, ...], time: Callable[[float], Any]) -> Record:
    return {name: _timed(name, record[name], time) for name in members if name in record}


def _timed(name: str, value: Any, time: Callable[[float], Any]) -> Any:
    if name.endswith(_TIMES) and isinstance(value, int | float):
        return time(value)
    if isinstance(value, dict):
        return {key: _timed(key, each, time) for key, each in value.items()}
    if isinstance(value, list):
        return [_timed("", each, time) for each in value]
    return value


def _differs(change: Change, names: tuple[str, ...]) -> bool:
    before, after = change.before or {}, change.after or {}
    return any(before.get(name) != after.get(name) for name in names)


def _package(change: Change, _: Tags) -> Iterator[Draft]:
    # The first, each approval, and every later edit.
    if change.after is not None:
        arn = change.after["ModelPackageArn"]
        detail = {"CertifyForMarketplace": False, **_members(change.after, _PACKAGE, iso)}
        yield Draft(SOURCE, "SageMaker Model Package State Change", (arn,), detail)


def _endpoint(change: Change, tags: Tags) -> Iterator[Draft]:
    record = change.after or {**(change.before or {}), "EndpointStatus": "Deleting"}
    arn = record["EndpointArn"]
    detail = {**_members(record, _ENDPOINT, _milliseconds), "Tags": dict(tags(arn))}
    detail["EndpointStatus"] = _constant(detail["EndpointStatus"])
    if change.after is None or _differs(change, ("EndpointStatus",)):
        yield Draft(SOURCE, "SageMaker Endpoint State Change", (arn,), detail)
    deployed = ("EndpointStatus", "PendingDeploymentSummary", "ProductionVariants")
    if detail["EndpointStatus"] in _DEPLOYING and _differs(change, deployed):
        pending = _members(record, ("PendingDeploymentSummary",), _milliseconds)
        yield Draft(SOURCE, "SageMaker Endpoint Deployment State Change", (arn,), {**detail, **pending})


def _constant(status: str) -> str:
    """`InService` as `IN_SERVICE`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def _execution(change: Change, _: Tags) -> Iterator[Draft]:
    after, status = change.after, "PipelineExecutionStatus"
    if after is None or not _differs(change, (status,)):
        return
    detail = {
        "pipelineExecutionDisplayName": after.get("PipelineExecutionDisplayName"),
        "pipelineExecutionDescription": after.get("PipelineExecutionDescription"),
        "currentPipelineExecutionStatus": after[status],
        "previousPipelineExecutionStatus": (change.before or {}).get(status),
        "executionStartTime": iso(after["CreationTime"]),
        "executionEndTime": iso(after["LastModifiedTime"]) if after[status] not in _RUNNING else None,
        "failureReason": after.get("FailureReason"),
        "pipelineArn": after["PipelineArn"],
        "pipelineExecutionArn": after["PipelineExecutionArn"],
    }
    resources = (after["PipelineArn"], after["PipelineExecutionArn"])
    name = "SageMaker Model Building Pipeline Execution Status Change"
    yield Draft(SOURCE, name, resources, _known(detail))


def _step(change: Change, _: Tags) -> Iterator[Draft]:
    after = change.after
    if after is None or not _differs(change, ("StepStatus",)):
        return
    pipeline, execution, _name = change.name.split("/", 2)
    resources = (arns.arn("Pipeline", pipeline), arns.arn("PipelineExecution", f"{pipeline}/{execution}"))
    detail = {
        "metadata": _camel(after.get("Metadata") or {}),
        "cacheHitResult": _camel(after["CacheHitResult"]) if "CacheHitResult" in after else None,
        "failureReason": after.get("FailureReason"),
        "stepStartTime": iso(after["StartTime"]) if "StartTime" in after else None,
        "stepEndTime": iso(after["EndTime"]) if "EndTime" in after else None,
        "stepName": after["StepName"],
        "stepType": after.get("StepType"),
        "previousStepStatus": (change.before or {}).get("StepStatus"),
        "currentStepStatus": after["StepStatus"],
        "pipelineArn": resources[0],
        "pipelineExecutionArn": resources[1],
    }
    name = "SageMaker Model Building Pipeline Execution Step Status Change"
    yield Draft(SOURCE, name, resources, _known(detail))


def _known(detail: Record) -> Record:
    return {key: value for key, value in detail.items() if value is not None}


def _camel(value: Any) -> Any:
    """Keys with a small first letter, as in the events of pipelines."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(each) for key, each in value.items()}
    return value


MAKERS: Mapping[str, Maker] = {
    "TrainingJob": _jobs("TrainingJob", _TRAINING, ("TrainingJobStatus", "SecondaryStatus"), _milliseconds),
    "ProcessingJob": _jobs("ProcessingJob", _PROCESSING, ("ProcessingJobStatus",), _milliseconds),
    "TransformJob": _jobs("TransformJob", _TRANSFORM, ("TransformJobStatus",), iso),
    "ModelPackage": _package,
    "Endpoint": _endpoint,
    "PipelineExecution": _execution,
    "PipelineExecutionStep": _step,
}
EMITTED = (
    "SageMaker Training Job State Change",
    "SageMaker Processing Job State Change",
    "SageMaker Transform Job State Change",
    "SageMaker Model Package State Change",
    "SageMaker Endpoint State Change",
    "SageMaker Endpoint Deployment State Change",
    "SageMaker Model Building Pipeline Execution Status Change",
    "SageMaker Model Building Pipeline Execution Step Status Change",
)
"""The detail types, for the page of parity."""
