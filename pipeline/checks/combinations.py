"""Rules over several members of a request, which AWS's shapes cannot say: a table by the shape they are for.

What machines with storage of their own and serverless endpoints exclude, the check of machines tells.
Only what AWS's API reference states, or a quoted refusal of the service shows. Where no other source is
named, it is the documentation of these members in the API reference, as botocore carries it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.aws_model.shapes import Path
from pipeline.checks.conflicts import (
    Conflict,
    Members,
    Rule,
    at_most_one,
    inside,
    items,
    needs,
    number,
    one_of,
    unique,
)
from pipeline.language.document import brief
from steps.instances import family, has_local_storage, known


@dataclass(frozen=True)
class Combination:
    """A rule over the members of a structure, and where AWS says it."""

    rule: Rule
    source: str


def _spot(members: Members) -> Iterator[Conflict]:
    times = inside(members, "StoppingCondition")
    path = ("StoppingCondition", "MaxWaitTimeInSeconds")
    spot = members.get("EnableManagedSpotTraining", False)
    if spot is False and path[1] in times:
        message = f"{'.'.join(path)} is given, and EnableManagedSpotTraining is not true"
        yield Conflict("D223", path, message, "set EnableManagedSpotTraining to true, or remove the time")
    if spot is not True:
        return
    if path[1] not in times:
        message = f"EnableManagedSpotTraining is true, and {'.'.join(path)} is missing"
        yield Conflict("D223", ("EnableManagedSpotTraining",), message, "add it: MaxRuntimeInSeconds or more")
    run, wait = number(times, "MaxRuntimeInSeconds"), number(times, "MaxWaitTimeInSeconds")
    if run is not None and wait is not None and wait < run:
        message = f"{'.'.join(path)} is {wait}, less than MaxRuntimeInSeconds, {run}"
        yield Conflict("D223", path, message, f"use {run} or more: waiting and running count together")


_LONGEST_RUN = 28 * 24 * 3600


def _runtime(members: Members) -> Iterator[Conflict]:
    seconds = number(members, "MaxRuntimeInSeconds")
    if seconds is not None and seconds > _LONGEST_RUN:
        message = f"{{where}}.MaxRuntimeInSeconds is {seconds}, and {_LONGEST_RUN} is the most"
        yield Conflict("D228", ("MaxRuntimeInSeconds",), message, "use 28 days or less")


def _machine(members: Members) -> str | None:
    """The instance type, if it is known and exists; the check of its value tells of others."""
    machine = members.get("InstanceType")
    if not isinstance(machine, str) or machine.count(".") != 2 or not known("training", machine):
        return None
    return machine


_NO_SOURCE = ("g7",)
"""Families of which has_local_storage knows nothing."""


def _volume_size(members: Members) -> Iterator[Conflict]:
    machine, size = _machine(members), members.get("VolumeSizeInGB", 0)
    if size == 0 and machine and not has_local_storage(machine) and family(machine) not in _NO_SOURCE:
        path: Path = ("VolumeSizeInGB",) if "VolumeSizeInGB" in members else ()
        message = f"{{where}} has no VolumeSizeInGB, and {machine} has no storage of its own"
        yield Conflict("D222", path, message, "add VolumeSizeInGB, 1 or more")


def _feature_store(members: Members) -> Iterator[Conflict]:
    if "FeatureStoreOutput" in members and members.get("AppManaged", False) is False:
        message = "{where} has a FeatureStoreOutput, and AppManaged is not true"
        yield Conflict("D222", ("FeatureStoreOutput",), message, "set AppManaged to true")


def _local_path(members: Members) -> Iterator[Conflict]:
    data = inside(members, "S3Input")
    if data and members.get("AppManaged", False) is False and "LocalPath" not in data:
        message = "{where}.S3Input has no LocalPath, and AppManaged is not true"
        yield Conflict("D222", ("S3Input",), message, "add LocalPath, below /opt/ml/processing/")


_LARGEST_PAYLOAD = 100


def _payload(members: Members) -> Iterator[Conflict]:
    size, parallel = number(members, "MaxPayloadInMB"), number(members, "MaxConcurrentTransforms") or 1
    if size is None or size * parallel <= _LARGEST_PAYLOAD:
        return
    times = f", {parallel} times at once," if parallel > 1 else ","
    message = f"MaxPayloadInMB is {size}{times} and {_LARGEST_PAYLOAD} MB are the most"
    most = int(_LARGEST_PAYLOAD // parallel)
    hint = f"use {most} or less" if most else "send fewer at once"
    yield Conflict("D226", ("MaxPayloadInMB",), message, hint)


def _split(members: Members) -> Iterator[Conflict]:
    split = inside(members, "TransformInput").get("SplitType", "None")
    if members.get("BatchStrategy") == "MultiRecord" and split == "None":
        message = "BatchStrategy is MultiRecord, and TransformInput.SplitType is None"
        hint = "set TransformInput.SplitType to Line, RecordIO or TFRecord"
        yield Conflict("D227", ("BatchStrategy",), message, hint, "warning")


_OF_MACHINES = ("InstanceType", "InitialInstanceCount", "InstancePools")


def _variant(members: Members) -> Iterator[Conflict]:
    if "ServerlessConfig" in members:
        for name in _OF_MACHINES:
            if name in members:
                message = f"{{where}} has both ServerlessConfig and {name}"
                yield Conflict("D225", (name,), message, f"remove {name}: serverless has no machines")
    elif "InstanceType" not in members and "InstancePools" not in members:
        message = "{where} has neither InstanceType nor ServerlessConfig"
        yield Conflict("D222", (), message, "add InstanceType and InitialInstanceCount, or ServerlessConfig")


def _serverless(members: Members) -> Iterator[Conflict]:
    ready, most = number(members, "ProvisionedConcurrency"), number(members, "MaxConcurrency")
    if ready is not None and most is not None and ready > most:
        message = f"{{where}}.ProvisionedConcurrency is {ready}, more than MaxConcurrency, {most}"
        yield Conflict("D225", ("ProvisionedConcurrency",), message, f"use {most} or less")


def _shadow(members: Members) -> Iterator[Conflict]:
    if "ShadowProductionVariants" not in members:
        return
    for name in ("ProductionVariants", "ShadowProductionVariants"):
        if len(items(members, name)) > 1:
            message = f"{name} has {len(items(members, name))} variants, and shadowing takes one"
            yield Conflict("D221", (name,), message, "keep one production and one shadow variant")


def _package_tags(members: Members) -> Iterator[Conflict]:
    if "ModelPackageGroupName" in members and items(members, "Tags"):
        message = "{where} has both ModelPackageGroupName and Tags"
        yield Conflict("D221", ("Tags",), message, "tag the group: its packages use the group's tags")


def _reserved_tag(members: Members) -> Iterator[Conflict]:
    key = members.get("Key")
    if isinstance(key, str) and key.lower().startswith("aws:"):
        message = f"{{where}}.Key is {brief(key)}, and AWS keeps aws: for tags of its own"
        yield Conflict("D229", ("Key",), message, "choose another key")


_JOB = "CreateTrainingJob"
_TAGS = Combination(unique("Key", "Tags"), "Tag: Key; each key of a resource is unique")
_SPOT = Combination(
    _spot, "StoppingCondition: MaxWaitTimeInSeconds; github.com/aws/sagemaker-python-sdk/issues/4140"
)
_IMAGE = Combination(one_of("TrainingImage", "AlgorithmName"), "AlgorithmSpecification: AlgorithmName")

COMBINATIONS: dict[str, tuple[Combination, ...]] = {
    "AlgorithmSpecification": (_IMAGE,),
    "CreateEndpointConfigInput": (
        _TAGS,
        Combination(unique("VariantName", "ProductionVariants"), "ProductionVariant: VariantName"),
        Combination(_shadow, "CreateEndpointConfig: ShadowProductionVariants"),
    ),
    "CreateHyperParameterTuningJobRequest": (
        _TAGS,
        Combination(
            at_most_one("TrainingJobDefinition", "TrainingJobDefinitions"),
            "CreateHyperParameterTuningJob: TrainingJobDefinitions",
        ),
    ),
    "CreateModelInput": (
        _TAGS,
        Combination(
            one_of("PrimaryContainer", "Containers"),
            "CreateModel; github.com/aws/amazon-sagemaker-operator-for-k8s/pull/164",
        ),
    ),
    "CreateModelPackageInput": (
        Combination(_package_tags, "CreateModelPackage: Tags"),
        _TAGS,
        Combination(
            at_most_one("ModelPackageGroupName", "ModelPackageName"), "CreateModelPackage: ModelPackageName"
        ),
    ),
    "CreateProcessingJobRequest": (
        _TAGS,
        Combination(unique("InputName", "ProcessingInputs"), "ProcessingInput: InputName"),
        Combination(
            unique("OutputName", "ProcessingOutputConfig", "Outputs"), "ProcessingOutput: OutputName"
        ),
    ),
    "CreateTrainingJobRequest": (
        _TAGS,
        Combination(
            needs(
                "",
                "AlgorithmSpecification",
                "ResourceConfig",
                "StoppingCondition",
                unless=("ServerlessJobConfig",),
            ),
            f"{_JOB}: only serverless jobs go without",
        ),
        Combination(unique("ChannelName", "InputDataConfig"), "Channel: ChannelName"),
        _SPOT,
    ),
    "CreateTransformJobRequest": (
        _TAGS,
        Combination(_payload, "CreateTransformJob: MaxPayloadInMB"),
        Combination(_split, "CreateTransformJob: BatchStrategy"),
    ),
    "CreateAutoMLJobRequest": (_TAGS,),
    "CreateEndpointInput": (_TAGS,),
    "CreateInferenceComponentInput": (_TAGS,),
    "DataSource": (
        Combination(one_of("S3DataSource", "FileSystemDataSource", "DatasetSource"), "DataSource"),
    ),
    "HyperParameterAlgorithmSpecification": (_IMAGE,),
    "HyperParameterTrainingJobDefinition": (
        Combination(unique("ChannelName", "InputDataConfig"), "Channel: ChannelName"),
        _SPOT,
    ),
    "ProcessingInput": (
        Combination(one_of("S3Input", "DatasetDefinition"), "ProcessingInput"),
        Combination(_local_path, "ProcessingS3Input: LocalPath"),
    ),
    "ProcessingOutput": (
        Combination(one_of("S3Output", "FeatureStoreOutput"), "ProcessingOutput"),
        Combination(_feature_store, "ProcessingOutput: FeatureStoreOutput"),
    ),
    "ProductionVariant": (
        Combination(_variant, "ProductionVariant: ServerlessConfig"),
        Combination(
            needs(
                "InstanceType", "InitialInstanceCount", unless=("ManagedInstanceScaling", "ServerlessConfig")
            ),
            "ProductionVariant: InitialInstanceCount",
        ),
    ),
    "ProductionVariantServerlessConfig": (
        Combination(_serverless, "ProductionVariantServerlessConfig: ProvisionedConcurrency"),
    ),
    "ResourceConfig": (
        Combination(
            one_of("InstanceType", "InstanceGroups", "InstancePreferences"),
            "ResourceConfig: InstancePreferences",
        ),
        Combination(needs("InstanceType", "InstanceCount"), "ResourceConfig: InstanceCount"),
        Combination(_volume_size, "ResourceConfig: VolumeSizeInGB"),
    ),
    "StoppingCondition": (Combination(_runtime, "StoppingCondition: MaxRuntimeInSeconds"),),
    "Tag": (Combination(_reserved_tag, "Tag: Key"),),
}
"""Rules by the name of the shape whose members they are over."""
