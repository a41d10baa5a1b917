from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .place import ROLE, Place, make_place
from .sources import IMAGE, source

_numbers = itertools.count()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with make_place(tmp_path) as place:
        yield place


@pytest.fixture
def processing(place: Place) -> Callable[..., str]:
    """Records a processing job that runs Python source, and returns its name."""

    def record(source: str, **fields: Any) -> str:
        name = f"processing-{next(_numbers)}"
        job = {
            "ProcessingJobName": name,
            "ProcessingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:processing-job/{name}",
            "ProcessingJobStatus": "InProgress",
            "AppSpecification": {
                "ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/script:1",
                "ContainerEntrypoint": ["python3", "-I", "-S", "-u", "-c", textwrap.dedent(source)],
            },
            "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large"}},
            "RoleArn": ROLE,
            "CreationTime": 1.0,
            "LastModifiedTime": 1.0,
            **fields,
        }
        place.records.create("ProcessingJob", name, job)
        return name

    return record


@pytest.fixture
def training(place: Place) -> Callable[..., str]:
    """Records a training job and returns its name."""

    def record(**fields: Any) -> str:
        name = f"training-{next(_numbers)}"
        first = {
            "Status": "Starting",
            "StartTime": 1.0,
            "StatusMessage": "Preparing the instances for training",
        }
        job = {
            "TrainingJobName": name,
            "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}",
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "SecondaryStatusTransitions": [first],
            "AlgorithmSpecification": {
                "TrainingImage": "1.dkr.ecr.us-east-1.amazonaws.com/train:1",
                "TrainingInputMode": "File",
            },
            "RoleArn": ROLE,
            "OutputDataConfig": {"S3OutputPath": place.uri("out/")},
            "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
            "CreationTime": 1.0,
            "LastModifiedTime": 1.0,
            **fields,
        }
        place.records.create("TrainingJob", name, job)
        return name

    return record


@pytest.fixture
def script(place: Place, training: Callable[..., str]) -> Callable[..., str]:
    """Records a training job that runs a script, with further files of its source."""

    def record(text: str, files: dict[str, str] | None = None, **fields: Any) -> str:
        place.write("source.tar.gz", source(train__py=text, **(files or {})))
        hyperparameters = {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": json.dumps(place.uri("source.tar.gz")),
            **fields.pop("HyperParameters", {}),
        }
        return training(AlgorithmSpecification=IMAGE, HyperParameters=hyperparameters, **fields)

    return record
