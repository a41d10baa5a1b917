"""Retries, caching, tags and keys, in the steps that have them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.definitions import Json, arguments, definition, get, step, steps

JOBS = ("ValidateImages", "TrainModel", "ScoreValidation", "EvaluateModel")
DEPLOYED = {"when": "gate"}


def policies(retry: list[Json], section: str = "train", name: str = "TrainModel") -> list[Json]:
    given: Json = {section: {"retry": retry}}
    if section == "deploy":
        given["deploy"]["when"] = "gate"
    found: list[Json] = step(definition(**given), name).get("RetryPolicies", [])
    return found


CASES: dict[str, tuple[list[Json], list[Json]]] = {
    "none": ([], []),
    "defaults": (
        [{"when": "capacity"}],
        [
            {
                "ExceptionType": ["SageMaker.CAPACITY_ERROR"],
                "IntervalSeconds": 60,
                "BackoffRate": 2.0,
                "MaxAttempts": 5,
            }
        ],
    ),
    "all": (
        [{"when": ["resource_limit", "internal_error"], "interval": "12h", "backoff": 1, "attempts": 20}],
        [
            {
                "ExceptionType": ["SageMaker.RESOURCE_LIMIT", "SageMaker.JOB_INTERNAL_ERROR"],
                "IntervalSeconds": 43200,
                "BackoffRate": 1.0,
                "MaxAttempts": 20,
            }
        ],
    ),
    "failures of the step and of its job": (
        [{"when": ["throttling", "capacity", "service_fault"], "expire": "1h"}],
        [
            {
                "ExceptionType": ["SageMaker.CAPACITY_ERROR"],
                "IntervalSeconds": 60,
                "BackoffRate": 2.0,
                "ExpireAfterMin": 60,
            },
            {
                "ExceptionType": ["Step.THROTTLING", "Step.SERVICE_FAULT"],
                "IntervalSeconds": 60,
                "BackoffRate": 2.0,
                "ExpireAfterMin": 60,
            },
        ],
    ),
    "minutes are rounded up": (
        [{"when": "throttling", "expire": "61s"}],
        [
            {
                "ExceptionType": ["Step.THROTTLING"],
                "IntervalSeconds": 60,
                "BackoffRate": 2.0,
                "ExpireAfterMin": 2,
            }
        ],
    ),
}


@pytest.mark.parametrize(("retry", "written"), CASES.values(), ids=CASES.keys())
def test_retries(retry: list[Json], written: list[Json]) -> None:
    assert policies(retry) == written


def test_training_alone_waits_for_machines_by_default() -> None:
    document = definition(deploy=DEPLOYED)
    assert {one["Name"]: one["RetryPolicies"] for one in steps(document) if "RetryPolicies" in one} == {
        "TrainModel": [
            {
                "ExceptionType": ["SageMaker.CAPACITY_ERROR"],
                "IntervalSeconds": 1800,
                "BackoffRate": 1.5,
                "ExpireAfterMin": 1440,
            }
        ]
    }


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("validate", "ValidateImages"), ("score", "CreateModel"), ("score", "ScoreValidation"),
        ("evaluate", "EvaluateModel"), ("register", "RegisterModel"), ("deploy", "CreateEndpointConfig"),
    ],
)  # fmt: skip
def test_every_section_with_a_step_can_be_retried(section: str, name: str) -> None:
    (policy,) = policies([{"when": "throttling"}], section, name)
    assert policy["ExceptionType"] == ["Step.THROTTLING"]


def test_a_model_is_not_retried_for_failures_of_a_job() -> None:
    assert policies([{"when": "capacity"}], "score", "CreateModel") == []


def test_an_endpoint_is_not_retried() -> None:
    assert policies([{"when": "throttling"}], "deploy", "DeployEndpoint") == []


@pytest.mark.parametrize(
    ("caching", "written"), [("30d", "P30D"), ("12h", "PT12H"), ("90m", "PT90M"), ("45s", "PT45S")]
)
def test_jobs_are_cached_but_not_the_check_of_the_images(caching: str, written: str) -> None:
    document = definition(caching=caching, deploy=DEPLOYED)
    found = {one["Name"]: one["CacheConfig"] for one in steps(document) if "CacheConfig" in one}
    assert found == {
        name: {"Enabled": True, "ExpireAfter": written} for name in JOBS if name != "ValidateImages"
    }


def test_all_that_is_made_has_the_tags_but_packages_which_have_those_of_their_group() -> None:
    document = definition(tags={"team": "vision", "cost": "1"}, deploy=DEPLOYED)
    tags = [{"Key": "cost", "Value": "1"}, {"Key": "team", "Value": "vision"}]
    found = {one["Name"]: one["Arguments"]["Tags"] for one in steps(document) if "Tags" in one["Arguments"]}
    tagged = (*JOBS, "CreateModel", "CreateEndpointConfig", "DeployEndpoint")
    assert found == dict.fromkeys(tagged, tags)


def test_keys_of_results() -> None:
    document = definition(encryption={"output_key": "alias/a"})
    parts = {
        "ValidateImages": "ProcessingOutputConfig",
        "TrainModel": "OutputDataConfig",
        "ScoreValidation": "TransformOutput",
        "EvaluateModel": "ProcessingOutputConfig",
    }
    for name, part in parts.items():
        assert step(document, name)["Arguments"][part]["KmsKeyId"] == get("Parameters.OutputKey")
        assert arguments(document, name)[part]["KmsKeyId"] == "alias/a"


def volume_keys(document: Json) -> dict[str, Any]:
    found = {}
    for one in steps(document):
        text = one["Arguments"]
        parts = [text.get("ResourceConfig", {}), text.get("TransformResources", {}), text]
        parts.append(text.get("ProcessingResources", {}).get("ClusterConfig", {}))
        keys = [part[key] for part in parts for key in ("VolumeKmsKeyId", "KmsKeyId") if key in part]
        if keys:
            (found[one["Name"]],) = keys
    return found


KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


def test_keys_of_disks_go_where_machines_take_one() -> None:
    key = get("Parameters.VolumeKey")
    document = definition(encryption={"volume_key": KEY}, deploy=DEPLOYED)
    others = ("ValidateImages", "ScoreValidation", "EvaluateModel", "CreateEndpointConfig")
    assert volume_keys(document) == dict.fromkeys(others, key)
    trained = definition(encryption={"volume_key": KEY}, train={"instance_type": "ml.p3.2xlarge"})
    assert volume_keys(trained)["TrainModel"] == key


def test_a_key_that_no_machine_takes_is_no_parameter() -> None:
    local = {"instance_type": "ml.g4dn.xlarge"}
    document = definition(
        encryption={"volume_key": KEY}, train=local, validate=local, score=local, evaluate=local
    )
    assert volume_keys(document) == {}
    assert "VolumeKey" not in {one["Name"] for one in document["Parameters"]}
