from __future__ import annotations

from tests.definitions import arguments, definition, get, join, result, step

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
    ]  # fmt: skip
    assert asked["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert asked["ProcessingResources"]["ClusterConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "VolumeSizeInGB": 7,
    }


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
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3Uri": get("Parameters.TrainData"),
    }
    assert inputs["validation"]["S3Uri"] == get("Parameters.ValidationData")


def test_each_output_has_a_place_of_its_own_in_each_execution() -> None:
    outputs = step(definition(), NAME)["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    assert {one["OutputName"]: one["S3Output"]["S3Uri"] for one in outputs} == {
        name: result(NAME, name) for name in ("report", "train_lst", "validation_lst", "validation_manifest")
    }


def test_the_report_is_there_even_if_the_step_fails() -> None:
    outputs = step(definition(), NAME)["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    assert {one["OutputName"]: one["S3Output"]["S3UploadMode"] for one in outputs} == {
        "report": "Continuous",
        "train_lst": "EndOfJob",
        "validation_lst": "EndOfJob",
        "validation_manifest": "EndOfJob",
    }


def test_other_steps_can_read_the_report() -> None:
    assert step(definition(), NAME)["PropertyFiles"] == [
        {"PropertyFileName": "ValidationReport", "OutputName": "report", "FilePath": "report.json"}
    ]
