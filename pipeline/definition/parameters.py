"""The pipeline's parameters: what can be changed when an execution starts, without a new definition."""

from __future__ import annotations

from sagemaker.core.workflow.parameters import Parameter, ParameterFloat, ParameterString

from pipeline.config.model import PipelineConfig
from steps.instances import preferred

_APPROVALS = ["PendingManualApproval", "Approved", "Rejected"]


def parameters(config: PipelineConfig) -> dict[str, Parameter]:
    """The parameters by name, each with the config's value as its default.

    Hyperparameters are of type String, as the algorithm takes them: how SageMaker would write a Float is not
    documented. EventBridge allows no underscore in the names.
    """
    training = config.train.hyperparameters
    listed: list[Parameter] = [
        ParameterString("TrainData", _folder(config.data.train)),
        ParameterString("ValidationData", _folder(config.data.validation)),
        _instance_type("TrainInstanceType", config.train.instance_type),
        _instance_type("ProcessingInstanceType", config.validation.instance_type),
        ParameterFloat("AccuracyThreshold", config.gate.accuracy),
        ParameterString("Epochs", str(training.epochs)),
        ParameterString("LearningRate", str(training.learning_rate)),
        ParameterString("MiniBatchSize", str(training.mini_batch_size)),
        ParameterString("ModelApprovalStatus", config.registry.approval_status, _APPROVALS),
    ]
    if config.deploy.when == "gate":
        listed.append(_instance_type("EndpointInstanceType", config.deploy.instance_type))
    return {parameter.name: parameter for parameter in listed}


def _folder(uri: str) -> str:
    """The prefix with a slash at its end: without it, …/train would take in …/train-old as well."""
    return uri.rstrip("/") + "/"


def _instance_type(name: str, types: tuple[str, ...]) -> ParameterString:
    """One of the config's types, or any type where the config names one only."""
    return ParameterString(name, preferred(types), list(types) if len(types) > 1 else None)
