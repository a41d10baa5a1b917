"""Training scripts on the whole local SageMaker, as boto3 sees them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.local.lifecycle import LocalEndpoint, ensure_running, stop
from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.test_lifecycle import client

from .sources import members, source

SCRIPTS = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"

TRAIN = """
    import argparse, os, pathlib
    import boto3, numpy, sklearn
    parser = argparse.ArgumentParser()
    parser.add_argument("--alpha", type=float)
    alpha = parser.parse_args().alpha
    lines = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "train.csv").read_text().split()
    score = alpha * sum(float(line) for line in lines)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(str(score))
    print(f"score={score}")
    boto3.client("s3").put_object(Bucket="scripts", Key="noted", Body=str(score))
"""

CLUSTER = """
    import json, os, pathlib, socket, time
    hosts, host = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
    mine = len(os.listdir(os.environ["SM_CHANNEL_TRAIN"]))
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], f"{host}.txt").write_text(str(mine))
    print(host, "of", len(hosts), "has", mine)
"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    home = tmp_path_factory.mktemp("home")
    at = ensure_running(home, 0)
    client(at, "s3").create_bucket(Bucket="scripts")
    yield at
    stop(home)


def train(at: LocalEndpoint, name: str, script: str, instances: int = 1, **hyperparameters: str) -> Any:
    """Train with a script to the end; returns the job's description."""
    client(at, "s3").put_object(Bucket="scripts", Key=f"{name}/source.tar.gz", Body=source(train__py=script))
    where = {
        "S3DataType": "S3Prefix",
        "S3Uri": "s3://scripts/data/",
        "S3DataDistributionType": "ShardedByS3Key",
    }
    sagemaker = client(at, "sagemaker")
    sagemaker.create_training_job(
        TrainingJobName=name,
        AlgorithmSpecification={
            "TrainingImage": SCRIPTS,
            "TrainingInputMode": "FastFile",
            "MetricDefinitions": [{"Name": "score", "Regex": "score=([0-9.]+)"}],
        },
        HyperParameters={
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": f'"s3://scripts/{name}/source.tar.gz"',
            "sagemaker_container_log_level": "20",
            "sagemaker_region": '"us-east-1"',
            **hyperparameters,
        },
        InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": where}}],
        OutputDataConfig={"S3OutputPath": "s3://scripts/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 1},
        RoleArn=ROLE,
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    for _ in range(600):
        found = sagemaker.describe_training_job(TrainingJobName=name)
        if found["TrainingJobStatus"] != "InProgress":
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def read(at: LocalEndpoint, key: str) -> bytes:
    content: bytes = client(at, "s3").get_object(Bucket="scripts", Key=key)["Body"].read()
    return content


def test_a_script_trains_and_reaches_the_local_sagemaker(at: LocalEndpoint) -> None:
    client(at, "s3").put_object(Bucket="scripts", Key="data/train.csv", Body=b"1\n2\n3\n")
    found = train(at, "one", TRAIN, alpha="0.5")
    assert found["TrainingJobStatus"] == "Completed", found["FailureReason"]
    assert [(each["MetricName"], each["Value"]) for each in found["FinalMetricDataList"]] == [("score", 3.0)]
    assert found["ModelArtifacts"] == {"S3ModelArtifacts": "s3://scripts/out/one/output/model.tar.gz"}
    assert members(read(at, "out/one/output/model.tar.gz")) == {"model.txt": b"3.0"}
    assert read(at, "noted") == b"3.0"


def test_two_instances_train_together(at: LocalEndpoint) -> None:
    for number in range(3):
        client(at, "s3").put_object(Bucket="scripts", Key=f"data/part-{number}", Body=b"x")
    keys = client(at, "s3").list_objects_v2(Bucket="scripts", Prefix="data/")["KeyCount"]
    found = train(at, "two", CLUSTER, instances=2)
    assert found["TrainingJobStatus"] == "Completed", found["FailureReason"]
    first, second = (keys + 1) // 2, keys // 2
    assert members(read(at, "out/two/output/output.tar.gz")) == {
        "algo-1.txt": str(first).encode(),
        "algo-2.txt": str(second).encode(),
    }
    logs = client(at, "logs")
    streams = logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="two/"
    )["logStreams"]
    assert sorted(stream["logStreamName"].rpartition("-")[0] for stream in streams) == [
        "two/algo-1",
        "two/algo-2",
    ]
