from __future__ import annotations

from pipeline.account import PLACEHOLDERS
from steps.validate.findings import CHECKS
from tests.definitions import arguments, definition, get, join, listed, result, step

NAME = "ValidateImages"


def test_it_runs_the_packed_program_with_the_configs_wishes() -> None:
    document = definition(
        validate={"min_images_per_class": 3, "on_corrupt": "skip", "volume_gb": 7, "max_runtime": "10m"},
        train={"hyperparameters": {"image_shape": "1,64,32", "resize": 70}},
    )
    asked = arguments(document, NAME)
    specification = asked["AppSpecification"]
    assert specification["ContainerEntrypoint"] == ["python3", "/opt/ml/processing/input/code/validate.pyz"]
    assert specification["ContainerArguments"] == [
        "--image-shape", "1,64,32",
        "--resize", "70",
        "--mini-batch-size", "32",
        "--min-images-per-class", join("", 3),
        "--on-corrupt", "skip",
        "--on-leak", "fail",
    ]  # fmt: skip
    assert asked["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert asked["ProcessingResources"]["ClusterConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "VolumeSizeInGB": 7,
    }


def test_severities_that_are_not_as_usual() -> None:
    document = definition(validate={"on_leak": "skip", "severity": {"stray-file": "warning"}})
    given = arguments(document, NAME)["AppSpecification"]["ContainerArguments"]
    assert given[-3:] == ["--on-leak", "skip", "--severity=stray-file=warning"]


def test_all_severities_fit_into_the_arguments_of_a_job() -> None:
    document = definition(
        data={"train": "s3://my-bucket/train", "validation_share": 0.2},
        validate={"severity": dict.fromkeys(CHECKS, "warning")},
    )
    # ContainerArguments of CreateProcessingJob.
    assert len(arguments(document, NAME)["AppSpecification"]["ContainerArguments"]) <= 100


def test_several_instances() -> None:
    cluster = arguments(definition(validate={"instance_count": 3}), NAME)["ProcessingResources"][
        "ClusterConfig"
    ]
    assert cluster["InstanceCount"] == 3


def test_one_prefix_and_a_share_of_it() -> None:
    document = definition(data={"train": "s3://my-bucket/images", "validation_share": 0.25})
    asked = arguments(document, NAME)
    assert [one["InputName"] for one in asked["ProcessingInputs"]] == ["train", "code"]
    given = asked["AppSpecification"]["ContainerArguments"]
    assert given[-2:] == ["--validation-share", join("", 0.25)]
    assert given[-4:-2] == ["--on-leak", "fail"]


def test_the_resize_of_the_images_is_computed_where_the_config_gives_none() -> None:
    specification = arguments(definition(), NAME)["AppSpecification"]
    assert specification["ContainerArguments"][2:4] == ["--resize", "256"]


def test_it_reads_both_splits_and_its_code() -> None:
    inputs = {
        one["InputName"]: one["S3Input"] for one in step(definition(), NAME)["Arguments"]["ProcessingInputs"]
    }
    assert list(inputs) == ["train", "validation", "code"]
    assert inputs["train"] == {
        "LocalPath": "/opt/ml/processing/input/train",
        "S3DataDistributionType": "ShardedByS3Key",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3Uri": get("Parameters.TrainData"),
    }
    assert inputs["validation"]["S3Uri"] == get("Parameters.ValidationData")
    assert inputs["validation"]["S3DataDistributionType"] == "ShardedByS3Key"
    assert "S3DataDistributionType" not in inputs["code"]


def test_the_report_is_of_an_execution_and_the_lists_are_of_a_data_set() -> None:
    outputs = step(definition(), NAME)["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    assert {one["OutputName"]: one["S3Output"]["S3Uri"] for one in outputs} == {
        "report": result(NAME, "report"),
        "datasets": f"s3://{PLACEHOLDERS.bucket}/digits/datasets",
    }


def test_the_report_is_there_even_if_the_step_fails() -> None:
    outputs = step(definition(), NAME)["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    assert {one["OutputName"]: one["S3Output"]["S3UploadMode"] for one in outputs} == {
        "report": "Continuous",
        "datasets": "EndOfJob",
    }


def test_other_steps_can_read_the_report() -> None:
    assert step(definition(), NAME)["PropertyFiles"] == [
        {"PropertyFileName": "ValidationReport", "OutputName": "report", "FilePath": "report.json"}
    ]


def test_it_is_never_spared_and_the_others_are() -> None:
    document = definition(caching="30d")
    cached = {one["Name"] for one in document["Steps"] if "CacheConfig" in one}
    assert cached == {"TrainModel", "ScoreValidation", "EvaluateModel"}


def test_later_steps_take_the_lists_of_these_very_images() -> None:
    document = definition()
    channels = {
        one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"]
        for one in step(document, "TrainModel")["Arguments"]["InputDataConfig"]
    }
    assert channels["train_lst"] == listed("train_lst")
    assert channels["validation_lst"] == listed("validation_lst")
    source = step(document, "ScoreValidation")["Arguments"]["TransformInput"]["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == listed("validation_manifest/validation.manifest")


def test_both_channels_take_the_only_prefix() -> None:
    document = definition(data={"train": "s3://my-bucket/images", "validation_share": 0.25})
    channels = step(document, "TrainModel")["Arguments"]["InputDataConfig"]
    assert [one["DataSource"]["S3DataSource"]["S3Uri"] for one in channels[:2]] == [
        get("Parameters.TrainData"),
        get("Parameters.TrainData"),
    ]
