from __future__ import annotations

import pytest

from pipeline.aws_model.service_model import service
from pipeline.checks.combinations import COMBINATIONS
from tests.definitions import get
from tests.pipeline.checks.steps import (
    ABSENT,
    ARGUMENTS,
    Json,
    changed,
    conflicts,
    parameter,
    problems_of,
    twice,
)

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
WAIT = "StoppingCondition.MaxWaitTimeInSeconds"


def spot(**times: int) -> Json:
    arguments = changed("Training", "EnableManagedSpotTraining", True)
    return {**arguments, "StoppingCondition": times}


CASES: dict[str, tuple[str, Json, list[tuple[str, str, str, str]]]] = {
    "spot without a time to wait": (
        "Training",
        spot(MaxRuntimeInSeconds=3600),
        [
            (
                "D223",
                "EnableManagedSpotTraining",
                f"EnableManagedSpotTraining is true, and {WAIT} is missing",
                "add it: MaxRuntimeInSeconds or more",
            )
        ],
    ),
    "spot that waits less than it runs": (
        "Training",
        spot(MaxRuntimeInSeconds=3600, MaxWaitTimeInSeconds=1800),
        [
            (
                "D223",
                WAIT,
                f"{WAIT} is 1800, less than MaxRuntimeInSeconds, 3600",
                "use 3600 or more: waiting and running count together",
            )
        ],
    ),
    "time to wait without spot": (
        "Training",
        changed("Training", WAIT, 7200),
        [
            (
                "D223",
                WAIT,
                f"{WAIT} is given, and EnableManagedSpotTraining is not true",
                "set EnableManagedSpotTraining to true, or remove the time",
            )
        ],
    ),
    "time to wait of a tuner without spot": (
        "Tuning",
        changed("Tuning", f"TrainingJobDefinition.{WAIT}", 7200),
        [
            (
                "D223",
                f"TrainingJobDefinition.{WAIT}",
                f"{WAIT} is given, and EnableManagedSpotTraining is not true",
                "set EnableManagedSpotTraining to true, or remove the time",
            )
        ],
    ),
    "job of months": (
        "Training",
        changed("Training", "StoppingCondition.MaxRuntimeInSeconds", 2_419_201),
        [
            (
                "D228",
                "StoppingCondition.MaxRuntimeInSeconds",
                "StoppingCondition.MaxRuntimeInSeconds is 2419201, and 2419200 is the most",
                "use 28 days or less",
            )
        ],
    ),
    "image and algorithm": (
        "Training",
        changed("Training", "AlgorithmSpecification.AlgorithmName", "algorithm"),
        [
            (
                "D221",
                "AlgorithmSpecification.AlgorithmName",
                "AlgorithmSpecification has both TrainingImage and AlgorithmName",
                "remove one of the two",
            )
        ],
    ),
    "neither image nor algorithm": (
        "Training",
        changed("Training", "AlgorithmSpecification.TrainingImage", ABSENT),
        [
            (
                "D222",
                "AlgorithmSpecification",
                "AlgorithmSpecification has neither TrainingImage nor AlgorithmName",
                "add TrainingImage or AlgorithmName",
            )
        ],
    ),
    "job without an end": (
        "Training",
        changed("Training", "StoppingCondition", ABSENT),
        [("D222", "", "CreateTrainingJob has no StoppingCondition", "add StoppingCondition")],
    ),
    "machines without a number": (
        "Training",
        changed("Training", "ResourceConfig.InstanceCount", ABSENT),
        [
            (
                "D222",
                "ResourceConfig",
                "ResourceConfig has no InstanceCount beside InstanceType",
                "add InstanceCount",
            )
        ],
    ),
    "no machines": (
        "Training",
        changed("Training", "ResourceConfig", {"VolumeSizeInGB": 50}),
        [
            (
                "D222",
                "ResourceConfig",
                "ResourceConfig has neither InstanceType nor InstanceGroups nor InstancePreferences",
                "add InstanceType, InstanceGroups or InstancePreferences",
            )
        ],
    ),
    "machine without a volume": (
        "Training",
        changed("Training", "ResourceConfig", {"InstanceType": "ml.m5.large", "InstanceCount": 1}),
        [
            (
                "D222",
                "ResourceConfig",
                "ResourceConfig has no VolumeSizeInGB, and ml.m5.large has no storage of its own",
                "add VolumeSizeInGB, 1 or more",
            )
        ],
    ),
    "channels of one name": (
        "Training",
        changed("Training", "InputDataConfig", twice("Training", "InputDataConfig")),
        [
            (
                "D224",
                "InputDataConfig.1.ChannelName",
                'InputDataConfig has two items with the ChannelName "train"',
                "give each its own",
            )
        ],
    ),
    "inputs of one name": (
        "Processing",
        changed("Processing", "ProcessingInputs", twice("Processing", "ProcessingInputs")),
        [
            (
                "D224",
                "ProcessingInputs.1.InputName",
                'ProcessingInputs has two items with the InputName "in"',
                "give each its own",
            )
        ],
    ),
    "outputs of one name": (
        "Processing",
        changed(
            "Processing",
            "ProcessingOutputConfig.Outputs",
            twice("Processing", "ProcessingOutputConfig", "Outputs"),
        ),
        [
            (
                "D224",
                "ProcessingOutputConfig.Outputs.1.OutputName",
                'ProcessingOutputConfig.Outputs has two items with the OutputName "out"',
                "give each its own",
            )
        ],
    ),
    "channel without data": (
        "Training",
        changed("Training", "InputDataConfig.0.DataSource", {}),
        [
            (
                "D222",
                "InputDataConfig.0.DataSource",
                (
                    "InputDataConfig[0].DataSource has neither S3DataSource nor FileSystemDataSource "
                    "nor DatasetSource"
                ),
                "add S3DataSource, FileSystemDataSource or DatasetSource",
            )
        ],
    ),
    "input without data": (
        "Processing",
        changed("Processing", "ProcessingInputs.0.S3Input", ABSENT),
        [
            (
                "D222",
                "ProcessingInputs.0",
                "ProcessingInputs[0] has neither S3Input nor DatasetDefinition",
                "add S3Input or DatasetDefinition",
            )
        ],
    ),
    "input without a folder": (
        "Processing",
        changed("Processing", "ProcessingInputs.0.S3Input.LocalPath", ABSENT),
        [
            (
                "D222",
                "ProcessingInputs.0.S3Input",
                "ProcessingInputs[0].S3Input has no LocalPath, and AppManaged is not true",
                "add LocalPath, below /opt/ml/processing/",
            )
        ],
    ),
    "output to nowhere": (
        "Processing",
        changed("Processing", "ProcessingOutputConfig.Outputs.0.S3Output", ABSENT),
        [
            (
                "D222",
                "ProcessingOutputConfig.Outputs.0",
                "ProcessingOutputConfig.Outputs[0] has neither S3Output nor FeatureStoreOutput",
                "add S3Output or FeatureStoreOutput",
            )
        ],
    ),
    "output to a feature store": (
        "Processing",
        changed(
            "Processing",
            "ProcessingOutputConfig.Outputs",
            [{"OutputName": "out", "FeatureStoreOutput": {"FeatureGroupName": "group"}}],
        ),
        [
            (
                "D222",
                "ProcessingOutputConfig.Outputs.0.FeatureStoreOutput",
                "ProcessingOutputConfig.Outputs[0] has a FeatureStoreOutput, and AppManaged is not true",
                "set AppManaged to true",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_does_not_go_together(case: tuple[str, Json, list[tuple[str, str, str, str]]]) -> None:
    kind, arguments, expected = case
    assert conflicts(kind, arguments) == expected


GOOD: dict[str, tuple[str, Json]] = {
    "spot": ("Training", spot(MaxRuntimeInSeconds=3600, MaxWaitTimeInSeconds=3600)),
    "spot by a parameter": (
        "Training",
        changed("Training", "EnableManagedSpotTraining", get("Parameters.Spot")),
    ),
    "job of 28 days": ("Training", changed("Training", "StoppingCondition.MaxRuntimeInSeconds", 2_419_200)),
    "storage of the machine's own": (
        "Training",
        changed("Training", "ResourceConfig", {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1}),
    ),
    "key for a volume": (
        "Training",
        changed(
            "Training",
            "ResourceConfig",
            {
                "InstanceType": "ml.p2.xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 50,
                "VolumeKmsKeyId": KEY,
            },
        ),
    ),
    "payloads": ("Transform", {**ARGUMENTS["Transform"], "MaxPayloadInMB": 25, "MaxConcurrentTransforms": 4}),
    "records in batches": (
        "Transform",
        {**changed("Transform", "TransformInput.SplitType", "Line"), "BatchStrategy": "MultiRecord"},
    ),
    "single records": ("Transform", {**ARGUMENTS["Transform"], "BatchStrategy": "SingleRecord"}),
    "serverless job": (
        "Training",
        {
            "RoleArn": ARGUMENTS["Training"]["RoleArn"],
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
            "ServerlessJobConfig": {
                "BaseModelArn": (
                    "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/base/1.0.0"
                ),
                "JobType": "FineTuning",
            },
        },
    ),
    "data that the program fetches": (
        "Processing",
        changed(
            "Processing",
            "ProcessingInputs",
            [
                {
                    "InputName": "in",
                    "AppManaged": True,
                    "S3Input": {"S3Uri": "s3://bucket/in", "S3DataType": "S3Prefix"},
                }
            ],
        ),
    ),
    "names by parameters": (
        "Training",
        changed(
            "Training",
            "InputDataConfig",
            [
                {**ARGUMENTS["Training"]["InputDataConfig"][0], "ChannelName": get("Execution.PipelineName")},
                {**ARGUMENTS["Training"]["InputDataConfig"][0], "ChannelName": get("Execution.PipelineName")},
            ],
        ),
    ),
}


@pytest.mark.parametrize("case", GOOD.values(), ids=list(GOOD))
def test_what_goes_together(case: tuple[str, Json]) -> None:
    kind, arguments = case
    assert problems_of(kind, arguments) == []


def test_values_of_parameters_count() -> None:
    arguments = spot(MaxRuntimeInSeconds=3600)
    arguments["StoppingCondition"]["MaxWaitTimeInSeconds"] = get("Parameters.Wait")
    declared = [parameter("Wait", "Integer", 7200)]
    assert problems_of("Training", arguments, declared) == []
    (found,) = problems_of("Training", arguments, declared, {"Wait": 60})
    assert found.message == f"step 'Step': {WAIT} is 60, less than MaxRuntimeInSeconds, 3600"


def test_batches_of_whole_files_are_a_warning() -> None:
    (found,) = problems_of("Transform", {**ARGUMENTS["Transform"], "BatchStrategy": "MultiRecord"})
    assert (found.code, found.severity) == ("D227", "warning")
    assert found.message == "step 'Step': BatchStrategy is MultiRecord, and TransformInput.SplitType is None"
    assert found.hint == "set TransformInput.SplitType to Line, RecordIO or TFRecord"


def test_the_reason_names_the_source() -> None:
    (found,) = problems_of("Transform", changed("Transform", "MaxPayloadInMB", 101))
    assert found.why == "API reference, CreateTransformJob: MaxPayloadInMB"


@pytest.mark.parametrize("instance_type", ["", "ml", "ml.m5", "no-such-thing", "ml.g4dn.none"])
def test_an_instance_type_that_does_not_exist_is_told_once(instance_type: str) -> None:
    machines = {"InstanceType": instance_type, "InstanceCount": 1, "VolumeKmsKeyId": KEY}
    (found,) = problems_of("Training", changed("Training", "ResourceConfig", machines))
    assert found.code == "D204"


def test_every_shape_exists() -> None:
    assert set(COMBINATIONS) <= set(service("sagemaker").shape_names)
