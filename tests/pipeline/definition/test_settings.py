from __future__ import annotations

import re

import pytest

from pipeline.definition.settings import KEYS, NAMES, Setting, settings
from steps.train.config import Hyperparameters
from tests.definitions import config

SHARED = """
AccuracyThreshold EndpointInstanceCount EndpointInstanceType EvaluateInstanceType EvaluateMaxRuntimeInSeconds
EvaluateVolumeSizeInGB ExpectedCalibrationErrorThreshold InitialModel MacroF1Threshold MinImagesPerClass
ModelApprovalStatus OnCorrupt OnLeak OutputKey ProcessingInstanceType ScoreInstanceCount ScoreInstanceType
Top5AccuracyThreshold TrainData TrainInstanceCount TrainInstanceType TrainMaxRuntimeInSeconds
TrainMaxWaitTimeInSeconds TrainVolumeSizeInGB ValidateInstanceCount ValidateMaxRuntimeInSeconds
ValidateVolumeSizeInGB ValidationData ValidationShare VolumeKey WorstClassRecallThreshold
""".split()  # noqa: SIM905
"""Schedules, triggers and people's commands name these. One may be added, none renamed."""


def test_the_names_of_parameters_stay() -> None:
    of_the_algorithm = {name for path, name in NAMES.items() if path[:2] == ("train", "hyperparameters")}
    assert sorted(set(NAMES.values()) - of_the_algorithm) == SHARED
    assert {"Epochs", "LearningRate", "MiniBatchSize", "NumLayers", "LrSchedulerStep", "Beta1", "TopK"} < (
        of_the_algorithm
    )
    assert len(of_the_algorithm) == len(Hyperparameters.model_fields)


def test_eventbridge_takes_the_names_and_a_start_takes_so_many() -> None:
    assert all(re.fullmatch("[A-Za-z0-9]+", name) for name in KEYS)
    assert len(KEYS) == len(NAMES) <= 200


def by_name(**sections: object) -> dict[str, Setting]:
    return {one.name: one for one in settings(config(**sections))}


@pytest.mark.parametrize(
    ("sections", "name"),
    [
        ({}, "TrainMaxWaitTimeInSeconds"),
        ({}, "InitialModel"),
        ({}, "EvaluateInstanceType"),
        ({}, "EndpointInstanceType"),
        ({}, "EndpointInstanceCount"),
        ({}, "MacroF1Threshold"),
        ({}, "VolumeKey"),
        ({}, "OutputKey"),
        ({}, "Optimizer"),
    ],
)
def test_what_nobody_asked_for_is_no_parameter(sections: dict[str, object], name: str) -> None:
    assert name not in by_name(**sections)


def test_types_and_choices() -> None:
    found = by_name(
        gate={"accuracy": 1},
        train={"hyperparameters": {"early_stopping": True, "top_k": 3}, "spot": {"max_wait": "2d"}},
    )
    assert (found["AccuracyThreshold"].type, found["AccuracyThreshold"].default) == ("Float", 1.0)
    assert isinstance(found["AccuracyThreshold"].default, float)
    assert (found["TrainMaxWaitTimeInSeconds"].type, found["TrainMaxWaitTimeInSeconds"].default) == (
        "Integer",
        172_800,
    )
    assert (found["EarlyStopping"].default, found["EarlyStopping"].choices) == ("True", ("True", "False"))
    assert (found["TopK"].default, found["TopK"].choices) == ("3", ())
    assert found["OnCorrupt"].choices == found["OnLeak"].choices == ("fail", "skip")


def test_a_prefix_that_is_not_given_is_no_parameter() -> None:
    found = by_name(data={"train": "s3://my-bucket/images", "validation_share": 0.25})
    assert "ValidationData" not in found
    assert (found["ValidationShare"].type, found["ValidationShare"].default) == ("Float", 0.25)


def test_quotas_count_for_their_kind_of_machine_only() -> None:
    machine = {"instance_type": ["ml.m5.large", "ml.m5.xlarge"]}
    given = config(validate=machine, score=machine)
    without = frozenset({("transform", "ml.m5.large")})
    defaults = {one.name: one.default for one in settings(given, without)}
    assert defaults["ProcessingInstanceType"] == "ml.m5.large"
    assert defaults["ScoreInstanceType"] == "ml.m5.xlarge"
