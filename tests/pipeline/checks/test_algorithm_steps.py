"""Steps that use the algorithm besides training jobs: tuning jobs, transforms, models."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.definitions import get
from tests.pipeline.checks.trainings import (
    IMAGE,
    Json,
    found,
    tuning,
)


def test_a_tuning_job_of_the_algorithm() -> None:
    assert found("Tuning", tuning()) == []


def test_what_a_tuning_job_does_wrong() -> None:
    arguments = tuning()
    request = arguments["TrainingJobDefinition"]
    request["StaticHyperParameters"] |= {"beta_1": "0.9", "epochs": "0"}
    request["ResourceConfig"]["InstanceType"] = "ml.m5.xlarge"
    arguments["HyperParameterTuningJobConfig"]["ParameterRanges"]["IntegerParameterRanges"] = [
        {"Name": "batch"}
    ]
    assert found("Tuning", arguments) == [
        (
            "error C210 TrainingJobDefinition.StaticHyperParameters: 'batch' is not a hyperparameter "
            "of image-classification"
        ),
        (
            "error C214 TrainingJobDefinition.StaticHyperParameters.epochs: epochs is '0', which is "
            "not a whole number from 1 up"
        ),
        (
            "error C201 TrainingJobDefinition.ResourceConfig.InstanceType: ml.m5.xlarge cannot train: "
            "it has no GPU that the algorithm uses"
        ),
    ]


def test_several_definitions_of_a_tuning_job_are_checked_each() -> None:
    good, bad = tuning()["TrainingJobDefinition"], tuning()["TrainingJobDefinition"]
    bad["HyperParameterRanges"] = {"IntegerParameterRanges": [{"Name": "epochs"}]}
    bad["StaticHyperParameters"] |= {"checkpoint_frequency": "100"}
    del good["InputDataConfig"][3]
    assert found("Tuning", {"TrainingJobDefinitions": [bad, good]}) == [
        (
            "error C218 TrainingJobDefinitions.1.InputDataConfig: there is no channel "
            "'validation_lst', which image files need"
        )
    ]


MODEL = {
    "Name": "Model",
    "Type": "Model",
    "Arguments": {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://b/m.tar.gz"}},
}


def transform(**members: Any) -> Json:
    given = {
        "ContentType": "application/x-image",
        "SplitType": "None",
        "Accept": "application/json",
        **members,
    }
    return {
        "ModelName": get("Steps.Model.ModelName"),
        "TransformInput": {"ContentType": given["ContentType"], "SplitType": given["SplitType"]},
        "TransformOutput": {"Accept": given["Accept"]},
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge"},
    }


@pytest.mark.parametrize(
    ("members", "told"),
    [
        pytest.param({}, [], id="images"),
        pytest.param(
            {"ContentType": "image/jpeg", "Accept": "application/jsonlines"}, [], id="JPEG to lines"
        ),
        pytest.param(
            {"ContentType": "text/csv"},
            [
                (
                    "error C224 TransformInput.ContentType: ContentType is text/csv, and the model "
                    "reads application/x-image, image/jpeg, image/png"
                )
            ],
            id="no images",
        ),
        pytest.param(
            {"SplitType": "Line"},
            [
                (
                    "error C224 TransformInput.SplitType: SplitType Line tears images apart: "
                    "the model takes one whole image a request"
                )
            ],
            id="torn images",
        ),
        pytest.param(
            {"Accept": "text/csv"},
            [
                (
                    "warning C273 TransformOutput.Accept: Accept is text/csv, and the model answers "
                    "with application/json or application/jsonlines"
                )
            ],
            id="odd answers",
        ),
    ],
)
def test_batch_transform(members: Json, told: list[str]) -> None:
    assert found("Transform", transform(**members), None, MODEL) == told


def test_transforming_with_another_model() -> None:
    other = copy.deepcopy(MODEL)
    other["Arguments"]["PrimaryContainer"]["Image"] = "mine:1"  # type: ignore[index]
    assert found("Transform", transform(ContentType="text/csv"), None, other) == []
    named = {**transform(ContentType="text/csv"), "ModelName": "a-model"}
    assert found("Transform", named) == []


def test_models_and_packages_name_a_fixed_image() -> None:
    container = {"Image": IMAGE.replace(":1", ":latest")}
    told = "the tag latest can stand for another image any day"
    assert found("Model", {"Containers": [{"Image": IMAGE}, container]}) == [
        f"warning C267 Containers.1.Image: {told}"
    ]
    assert found("RegisterModel", {"InferenceSpecification": {"Containers": [container]}}) == [
        f"warning C267 InferenceSpecification.Containers.0.Image: {told}"
    ]
    assert found("Model", {"PrimaryContainer": {"Image": IMAGE.replace(":1", "@sha256:abc")}}) == []
