from __future__ import annotations

from pathlib import Path

from steps.train.config import Hyperparameters
from tests.definitions import arguments, definition, get, join, json_get, listed, result, step

NAME = "TrainModel"
REPORT = "ValidateImages.PropertyFiles.ValidationReport"


def test_images_and_their_lists_come_over_four_channels() -> None:
    channels = step(definition(), NAME)["Arguments"]["InputDataConfig"]
    assert {one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in channels} == {
        "train": get("Parameters.TrainData"),
        "validation": get("Parameters.ValidationData"),
        "train_lst": listed("train_lst"),
        "validation_lst": listed("validation_lst"),
    }
    assert {one["ContentType"] for one in channels} == {"application/x-image"}


def test_what_was_counted_is_never_typed_by_hand() -> None:
    given = step(definition(), NAME)["Arguments"]["HyperParameters"]
    assert given["num_classes"] == join("", json_get("num_classes", REPORT))
    assert given["num_training_samples"] == join("", json_get("num_training_samples", REPORT))


def test_hyperparameters_are_texts_or_become_texts() -> None:
    document = definition(
        train={
            "hyperparameters": {
                "num_layers": 18,
                "early_stopping": True,
                "momentum": 0.9,
                "eps": 1e-8,
                "optimizer": "adam",
                "top_k": 3,
                "image_shape": "3,32,32",
            }
        }
    )
    given = arguments(document, NAME)["HyperParameters"]
    assert {name: value for name, value in given.items() if isinstance(value, str)} == {
        "num_layers": "18",
        "use_pretrained_model": "0",
        "early_stopping": "True",
        "momentum": "0.9",
        "eps": "1e-08",
        "optimizer": "adam",
        "top_k": "3",
        "image_shape": "3,32,32",
        "resize": "37",
        "epochs": "30",
        "learning_rate": "0.1",
        "mini_batch_size": "32",
    }


def test_every_hyperparameter_can_be_changed_at_the_start() -> None:
    document = definition(train={"hyperparameters": {"beta_1": 0.5, "optimizer": "adam"}})
    given = step(document, NAME)["Arguments"]["HyperParameters"]
    assert given["beta_1"] == get("Parameters.Beta1")
    declared = {one["Name"]: one for one in document["Parameters"]}
    assert declared["Beta1"] == {"Name": "Beta1", "Type": "String", "DefaultValue": "0.5"}
    assert declared["Optimizer"]["EnumValues"] == ["sgd", "adam", "rmsprop", "nag"]
    assert declared["UsePretrainedModel"]["EnumValues"] == ["0", "1"]
    assert "Momentum" not in declared


def test_what_is_left_to_the_algorithm_is_not_sent() -> None:
    given = step(definition(), NAME)["Arguments"]["HyperParameters"]
    required = {"num_classes", "num_training_samples"}
    defaults = {name for name, field in Hyperparameters.model_fields.items() if field.default is not None}
    assert set(given) == {*defaults, *required, "resize"}


def test_machines_and_time() -> None:
    document = definition(train={"instance_count": 2, "volume_gb": 9, "max_runtime": "2h"})
    asked = arguments(document, NAME)
    assert asked["ResourceConfig"] == {
        "InstanceCount": 2,
        "InstanceType": "ml.g4dn.xlarge",
        "VolumeSizeInGB": 9,
    }
    assert asked["StoppingCondition"] == {"MaxRuntimeInSeconds": 7200}
    assert asked["OutputDataConfig"] == {"S3OutputPath": result(NAME)}


def test_the_local_trainer_is_told_about_weights_only_where_the_config_says_something() -> None:
    assert "Environment" not in step(definition(), NAME)["Arguments"]
    weights = str(Path("/models/resnet50.pth"))
    document = definition(train={"pretrained": {"weights": weights, "when_missing": "scratch"}})
    assert step(document, NAME)["Arguments"]["Environment"] == {
        "IMGPIPE_PRETRAINED_WEIGHTS": weights,
        "IMGPIPE_WITHOUT_PRETRAINED": "scratch",
    }


def test_spot_machines_with_checkpoints_of_each_execution() -> None:
    asked = arguments(definition(train={"spot": {"max_wait": "3d"}}), NAME)
    assert asked["EnableManagedSpotTraining"] is True
    assert asked["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400, "MaxWaitTimeInSeconds": 259200}
    assert asked["CheckpointConfig"] == {
        "LocalPath": "/opt/ml/checkpoints",
        "S3Uri": result(NAME, "checkpoints"),
    }


def test_spot_machines_without_checkpoints() -> None:
    document = definition(train={"max_runtime": "1h", "spot": {"max_wait": "1h", "checkpoints": False}})
    assert "CheckpointConfig" not in arguments(document, NAME)
    assert arguments(document, NAME)["EnableManagedSpotTraining"] is True


def test_what_is_off_adds_nothing() -> None:
    off = {"EnableManagedSpotTraining", "CheckpointConfig", "VpcConfig", "Tags", "Environment"}
    off |= {"EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"}
    assert not off & set(arguments(definition(), NAME))


def test_training_goes_on_from_an_earlier_model() -> None:
    model = "s3://my-bucket/old/model.tar.gz"
    channel = arguments(definition(train={"initial_model": model}), NAME)["InputDataConfig"][-1]
    assert channel == {
        "ChannelName": "model",
        "ContentType": "application/x-sagemaker-model",
        "DataSource": {
            "S3DataSource": {
                "S3DataDistributionType": "FullyReplicated",
                "S3DataType": "S3Prefix",
                "S3Uri": model,
            }
        },
        "InputMode": "File",
    }


def test_the_input_mode_is_that_of_the_images_and_not_of_the_model() -> None:
    document = definition(
        train={"input_mode": "FastFile", "initial_model": "s3://my-bucket/old/model.tar.gz"}
    )
    asked = arguments(document, NAME)
    assert asked["AlgorithmSpecification"]["TrainingInputMode"] == "FastFile"
    assert [one["InputMode"] for one in asked["InputDataConfig"]] == [*["FastFile"] * 4, "File"]


def test_a_teams_variables_stand_beside_the_pipelines() -> None:
    document = definition(train={"environment": {"A": "b"}, "pretrained": {"when_missing": "scratch"}})
    assert arguments(document, NAME)["Environment"] == {"A": "b", "IMGPIPE_WITHOUT_PRETRAINED": "scratch"}
