from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.arns import arn
from pipeline.local.records import Record
from tests.pipeline.local.api.requests import NO_PROGRAM, error_of, processing, training, transform
from tests.pipeline.local.fakes import Running

KINDS = [
    pytest.param("training", training, "Training job", id="training"),
    pytest.param("processing", processing, "Processing job", id="processing"),
    pytest.param("transform", transform, "Transform job", id="transform"),
]


def still(kind: str, record: Record) -> None:
    """The job runs on."""


@pytest.mark.parametrize(("kind", "request_of", "words"), KINDS)
def test_a_job_from_start_to_stop(
    server: Running, sagemaker: Any, name: str, kind: str, request_of: Any, words: str
) -> None:
    server.jobs.finish = still
    server.server.records.create("Model", name, {"ModelName": name})
    member = f"{kind.title()}Job"
    call = {verb: getattr(sagemaker, f"{verb}_{kind}_job") for verb in ("create", "describe", "stop")}
    own = {f"{member}Name": name}
    own_request = request_of(name)
    tags = [{"Key": "team", "Value": "birds"}]

    created = call["create"](**own_request, Tags=tags)
    assert created[f"{member}Arn"] == arn(member, name)
    assert sagemaker.list_tags(ResourceArn=arn(member, name))["Tags"] == tags
    described = call["describe"](**own)
    assert described[f"{member}Status"] == "InProgress"
    assert described["CreationTime"].year >= 2024
    assert {key: described[key] for key in own_request} == own_request
    listed = getattr(sagemaker, f"list_{kind}_jobs")(NameContains=name, StatusEquals="InProgress")
    assert [item[f"{member}Arn"] for item in listed[f"{member}Summaries"]] == [arn(member, name)]

    code, message = error_of(call["create"], **own_request)
    assert (code, message.partition(" already exists: ")) == (
        "ResourceInUse",
        (
            f"{words} names must be unique within an AWS account and region, or {words}",
            " already exists: ",
            arn(member, name),
        ),
    )
    call["stop"](**own)
    assert call["describe"](**own)[f"{member}Status"] == "Stopped"
    assert error_of(call["stop"], **own) == (
        "ValidationException",
        f"The request was rejected because the {words.lower()} is in status Stopped.",
    )


@pytest.mark.parametrize(("kind", "request_of", "words"), KINDS)
def test_a_job_that_does_not_exist(sagemaker: Any, name: str, kind: str, request_of: Any, words: str) -> None:
    own = {f"{kind.title()}JobName": name}
    expected = ("ValidationException", f"Requested resource not found: {arn(f'{kind.title()}Job', name)}")
    assert error_of(getattr(sagemaker, f"describe_{kind}_job"), **own) == expected
    assert error_of(getattr(sagemaker, f"stop_{kind}_job"), **own) == expected


def test_a_new_training_job_is_starting(server: Running, sagemaker: Any, name: str) -> None:
    server.jobs.finish = still
    sagemaker.create_training_job(**training(name))
    described = sagemaker.describe_training_job(TrainingJobName=name)
    assert described["SecondaryStatus"] == "Starting"
    (transition,) = described["SecondaryStatusTransitions"]
    assert transition["Status"] == "Starting"
    assert transition["StartTime"] == described["CreationTime"]


def test_an_image_without_a_program_is_refused(sagemaker: Any, name: str) -> None:
    code, message = error_of(sagemaker.create_training_job, **training(name, NO_PROGRAM))
    assert (code, message.splitlines()[0]) == (
        "ValidationException",
        "error R110 not-supported-locally: no program stands for the image of this TrainingJob",
    )
    assert sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"] == []


def test_values_that_botocore_lets_pass(sagemaker: Any, name: str) -> None:
    request = training(f"{name}_x")
    request["ResourceConfig"]["InstanceType"] = "ml.huge"
    code, message = error_of(sagemaker.create_training_job, **request)
    assert code == "ValidationException"
    assert message.startswith(
        f"2 validation errors detected: Value '{name}_x' at 'trainingJobName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; "
        "Value 'ml.huge' at 'resourceConfig.instanceType' failed to satisfy constraint: "
        "Member must satisfy enum value set: ["
    )


def test_a_transform_job_of_a_model_that_does_not_exist(sagemaker: Any, name: str) -> None:
    assert error_of(sagemaker.create_transform_job, **transform(name)) == (
        "ValidationException",
        f'Could not find model "{arn("Model", name)}".',
    )
