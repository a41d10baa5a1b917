"""Which step types are executed, by what, and which are refused, and why."""

from __future__ import annotations

from pipeline.language.definition import Step
from pipeline.local.execution.run import Run
from pipeline.local.execution.steps.condition import ConditionStep
from pipeline.local.execution.steps.endpoint import EndpointStep
from pipeline.local.execution.steps.executor import StepExecutor
from pipeline.local.execution.steps.fail import FailStep
from pipeline.local.execution.steps.job import JobStep
from pipeline.local.execution.steps.resource import ENDPOINT_CONFIG, MODEL, REGISTER_MODEL

EXECUTORS: dict[str, StepExecutor] = {
    "Processing": JobStep("ProcessingJob"),
    "Training": JobStep("TrainingJob"),
    "Transform": JobStep("TransformJob"),
    "Model": MODEL,
    "RegisterModel": REGISTER_MODEL,
    "EndpointConfig": ENDPOINT_CONFIG,
    "Endpoint": EndpointStep(),
    "Condition": ConditionStep(),
    "Fail": FailStep(),
}

REFUSED = {
    "AutoML": "it needs SageMaker Autopilot",
    "Callback": "it waits for an answer through an Amazon SQS queue",
    "ClarifyCheck": "it needs the AWS-owned Clarify container",
    "Cleanup": "the local SageMaker has no such operation yet",
    "EMR": "it needs an Amazon EMR cluster",
    "EMRServerless": "it needs Amazon EMR Serverless",
    "ForEach": "the local SageMaker runs no loops yet",
    "InferenceComponent": "the local SageMaker serves no inference components",
    "Job": "the local SageMaker has no such operation yet",
    "Lambda": "it needs AWS Lambda",
    "Lineage": "the local SageMaker records no lineage",
    "QualityCheck": "it needs the AWS-owned Model Monitor container",
    "Tuning": "the local SageMaker runs no hyperparameter tuning jobs",
}
"""Step types of SageMaker Pipelines (StepTypeEnum of the SDK) that are not executed here, and why."""


def properties_of(run: Run, step: Step) -> object:
    """What `Steps.<name>` stands for after a step has succeeded."""
    return EXECUTORS[step.type].properties(run, run.metadata(step.name))
