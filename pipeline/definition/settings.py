"""What of a config an execution can be started with another value of: the parameters of the pipeline.

Their names are fixed: whoever starts executions, and every schedule and trigger, relies on them. EventBridge
allows no underscore in them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.config.model import PipelineConfig
from pipeline.config.rules import machines, takes_volume_key
from steps.config import seconds
from steps.instances import preferred
from steps.train.config import Hyperparameters

Path = tuple[str, ...]
Default = str | int | float

NAMES: dict[Path, str] = {
    ("data", "train"): "TrainData",
    ("data", "validation"): "ValidationData",
    ("data", "validation_share"): "ValidationShare",
    ("validate", "instance_type"): "ProcessingInstanceType",
    ("validate", "instance_count"): "ValidateInstanceCount",
    ("validate", "volume_gb"): "ValidateVolumeSizeInGB",
    ("validate", "max_runtime"): "ValidateMaxRuntimeInSeconds",
    ("validate", "min_images_per_class"): "MinImagesPerClass",
    ("validate", "on_corrupt"): "OnCorrupt",
    ("validate", "on_leak"): "OnLeak",
    ("train", "instance_type"): "TrainInstanceType",
    ("train", "instance_count"): "TrainInstanceCount",
    ("train", "volume_gb"): "TrainVolumeSizeInGB",
    ("train", "max_runtime"): "TrainMaxRuntimeInSeconds",
    ("train", "spot", "max_wait"): "TrainMaxWaitTimeInSeconds",
    ("train", "initial_model"): "InitialModel",
    ("score", "instance_type"): "ScoreInstanceType",
    ("score", "instance_count"): "ScoreInstanceCount",
    ("evaluate", "instance_type"): "EvaluateInstanceType",
    ("evaluate", "volume_gb"): "EvaluateVolumeSizeInGB",
    ("evaluate", "max_runtime"): "EvaluateMaxRuntimeInSeconds",
    ("gate", "accuracy"): "AccuracyThreshold",
    ("gate", "macro_f1"): "MacroF1Threshold",
    ("gate", "worst_class_recall"): "WorstClassRecallThreshold",
    ("gate", "top_5_accuracy"): "Top5AccuracyThreshold",
    ("gate", "expected_calibration_error"): "ExpectedCalibrationErrorThreshold",
    ("register", "approval"): "ModelApprovalStatus",
    ("deploy", "instance_type"): "EndpointInstanceType",
    ("deploy", "instance_count"): "EndpointInstanceCount",
    ("encryption", "volume_key"): "VolumeKey",
    ("encryption", "output_key"): "OutputKey",
    **{
        ("train", "hyperparameters", name): "".join(part.capitalize() for part in name.split("_"))
        for name in Hyperparameters.model_fields
    },
}
"""The name of the parameter that each key becomes."""

KEYS: dict[str, Path] = {name: path for path, name in NAMES.items()}
"""The key that each parameter comes from."""

_APPROVALS = ("PendingManualApproval", "Approved", "Rejected")


@dataclass(frozen=True)
class Setting:
    """A key of the config that is a parameter.

    Attributes:
        path: The key.
        type: The type that the definition gives the parameter.
        default: The value of the config, as SageMaker takes it.
        choices: The only values that an execution may give; empty for any of the type.
    """

    path: Path
    type: Literal["String", "Integer", "Float"]
    default: Default
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the parameter."""
        return NAMES[self.path]


def settings(config: PipelineConfig, without_quota: Collection[tuple[str, str]] = ()) -> tuple[Setting, ...]:
    """The settings of a config, in the order of its sections.

    Hyperparameters are texts, as the algorithm takes them: how SageMaker would write a number is not
    documented.

    Args:
        config: The config.
        without_quota: (kind, instance type) of machines that the account may run none of.
    """
    return tuple(
        one
        for group in (
            _data(config),
            _jobs(config, without_quota),
            _hyperparameters(config),
            _demands(config),
            _endpoint(config, without_quota),
            _keys(config),
        )
        for one in group
    )


def _data(config: PipelineConfig) -> Iterator[Setting]:
    for key, uri in config.data.prefixes.items():
        yield Setting(("data", key), "String", _folder(uri))
    if config.data.validation_share is not None:
        yield Setting(("data", "validation_share"), "Float", config.data.validation_share)
    if config.train.initial_model is not None:
        yield Setting(("train", "initial_model"), "String", config.train.initial_model)


def _folder(uri: str) -> str:
    """The prefix with a slash at its end: without it, …/train would take in …/train-old as well."""
    return uri.rstrip("/") + "/"


def _jobs(config: PipelineConfig, without: Collection[tuple[str, str]]) -> Iterator[Setting]:
    validate, train, score, evaluate = config.validation, config.train, config.score, config.evaluate
    yield _machine(("validate",), "processing", validate.instance_type, without)
    yield Setting(("validate", "instance_count"), "Integer", validate.instance_count)
    yield Setting(("validate", "volume_gb"), "Integer", validate.volume_gb)
    yield Setting(("validate", "max_runtime"), "Integer", seconds(validate.max_runtime))
    yield Setting(("validate", "min_images_per_class"), "Integer", validate.min_images_per_class)
    yield Setting(("validate", "on_corrupt"), "String", validate.on_corrupt, ("fail", "skip"))
    yield Setting(("validate", "on_leak"), "String", validate.on_leak, ("fail", "skip"))
    yield _machine(("train",), "training", train.instance_type, without)
    yield Setting(("train", "instance_count"), "Integer", train.instance_count)
    yield Setting(("train", "volume_gb"), "Integer", train.volume_gb)
    yield Setting(("train", "max_runtime"), "Integer", seconds(train.max_runtime))
    if train.spot is not None:
        yield Setting(("train", "spot", "max_wait"), "Integer", seconds(train.spot.max_wait))
    yield _machine(("score",), "transform", score.instance_type, without)
    yield Setting(("score", "instance_count"), "Integer", score.instance_count)
    if evaluate.instance_type is not None:
        yield _machine(("evaluate",), "processing", evaluate.instance_type, without)
    yield Setting(("evaluate", "volume_gb"), "Integer", evaluate.volume_gb)
    yield Setting(("evaluate", "max_runtime"), "Integer", seconds(evaluate.max_runtime))


def _machine(
    section: Path, kind: str, types: tuple[str, ...], without_quota: Collection[tuple[str, str]]
) -> Setting:
    """One of the config's types, or any type where the config names one only."""
    without = {one for refused, one in without_quota if refused == kind}
    listed = types if len(types) > 1 else ()
    return Setting((*section, "instance_type"), "String", preferred(types, without), listed)


def _hyperparameters(config: PipelineConfig) -> Iterator[Setting]:
    for name, text in config.train.hyperparameters.texts().items():
        yield Setting(("train", "hyperparameters", name), "String", text, Hyperparameters.choices(name))


def _demands(config: PipelineConfig) -> Iterator[Setting]:
    for metric, threshold in config.gate.thresholds().items():
        yield Setting(("gate", metric), "Float", threshold)
    yield Setting(("register", "approval"), "String", config.registry.approval_status, _APPROVALS)


def _endpoint(config: PipelineConfig, without: Collection[tuple[str, str]]) -> Iterator[Setting]:
    if config.deploy.when == "gate":
        yield _machine(("deploy",), "endpoint", config.deploy.instance_type, without)
        yield Setting(("deploy", "instance_count"), "Integer", config.deploy.instance_count)


def _keys(config: PipelineConfig) -> Iterator[Setting]:
    if config.encryption.volume_key is not None and any(map(takes_volume_key, machines(config).values())):
        yield Setting(("encryption", "volume_key"), "String", config.encryption.volume_key)
    if config.encryption.output_key is not None:
        yield Setting(("encryption", "output_key"), "String", config.encryption.output_key)
