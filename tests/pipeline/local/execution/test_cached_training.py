"""A whole pipeline with caching: what is trained anew, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pipeline.account import PLACEHOLDERS
from pipeline.definition import build_definition
from pipeline.local.records import Record
from tests.definitions import config
from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.definitions import BUCKET
from tests.pipeline.local.fakes import Running, complete, ended


@dataclass
class Images:
    """Stands in for the programs: what they would find of images, and write."""

    server: Running
    content: str = "a" * 64

    def finish(self, kind: str, record: Record) -> Record | None:
        if kind == "ProcessingJob":
            outputs = record["ProcessingOutputConfig"]["Outputs"]
            uris = {one["OutputName"]: one["S3Output"]["S3Uri"] for one in outputs}
            report = {"content_hash": self.content, "num_classes": 2, "num_training_samples": 40}
            if "report" in uris:
                self._put(f"{uris['report']}/report.json", report)
            if "evaluation" in uris:
                metrics = {"accuracy": 0.95}
                self._put(f"{uris['evaluation']}/evaluation.json", {"metrics": metrics})
        return complete(kind, record)

    def _put(self, uri: str, content: object) -> None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self.server.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(content).encode())


@pytest.fixture
def images(server: Running) -> Images:
    stand_in = Images(server)
    server.jobs.finish = stand_in.finish
    return stand_in


@pytest.fixture
def pipeline(server: Running, name: str) -> str:
    """The pipeline of a config with caching."""
    given = config(name=name, caching="30d", deploy={"when": "never", "instance_type": "ml.m5.large"})
    text = build_definition(given, replace(PLACEHOLDERS, bucket=BUCKET, role=ROLE)).text
    server.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    server.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
    return name


def run(server: Running, name: str) -> dict[str, dict[str, Any]]:
    """Run an execution to its end; returns its steps."""
    arn = server.sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    record = ended(server, arn)
    assert record["PipelineExecutionStatus"] == "Succeeded", record.get("FailureReason")
    listed = server.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=100)
    return {one["StepName"]: one for one in listed["PipelineExecutionSteps"]}


def job(steps: dict[str, dict[str, Any]], step: str) -> str:
    (arn,) = (found["Arn"] for found in steps[step]["Metadata"].values())
    return str(arn)


def test_the_same_images_are_not_trained_on_again(server: Running, images: Images, pipeline: str) -> None:
    first, second = run(server, pipeline), run(server, pipeline)
    assert "CacheHitResult" in second["TrainModel"]
    assert job(second, "TrainModel") == job(first, "TrainModel")
    # The prefixes are read each time: what lies there is not known before.
    assert "CacheHitResult" not in second["ValidateImages"]
    assert job(second, "ValidateImages") != job(first, "ValidateImages")


def test_one_image_that_changed_is_trained_on(server: Running, images: Images, pipeline: str) -> None:
    first = run(server, pipeline)
    images.content = "b" * 64
    second = run(server, pipeline)
    assert "CacheHitResult" not in second["TrainModel"]
    assert job(second, "TrainModel") != job(first, "TrainModel")
    images.content = "a" * 64
    # Back to what was there before: that was trained on, too.
    assert job(run(server, pipeline), "TrainModel") == job(first, "TrainModel")


def test_the_lists_come_from_the_folder_of_the_images(server: Running, images: Images, pipeline: str) -> None:
    steps = run(server, pipeline)
    trained = server.sagemaker.describe_training_job(
        TrainingJobName=job(steps, "TrainModel").rpartition("/")[2]
    )
    uris = {
        one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in trained["InputDataConfig"]
    }
    folder = f"s3://{BUCKET}/{pipeline}/datasets/{images.content}"
    assert uris["train_lst"] == f"{folder}/train_lst"
    assert uris["validation_lst"] == f"{folder}/validation_lst"
    scored = server.sagemaker.describe_transform_job(
        TransformJobName=job(steps, "ScoreValidation").rpartition("/")[2]
    )
    source = scored["TransformInput"]["DataSource"]["S3DataSource"]
    assert source == {
        "S3DataType": "ManifestFile",
        "S3Uri": f"{folder}/validation_manifest/validation.manifest",
    }
