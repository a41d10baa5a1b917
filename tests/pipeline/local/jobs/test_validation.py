"""ValidateImages on several instances of the local SageMaker, which are processes that really talk."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from pipeline.bundle import bundle
from pipeline.local.jobs.mounts import Mounts

from .place import MOUNTS, NO_MOUNTS, Place
from .test_processing import s3_input, s3_output

Processing = Callable[..., str]
ARGUMENTS = ["--image-shape=3,16,16", "--mini-batch-size=2", "--min-images-per-class=2", "--on-corrupt=skip"]


def image(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((64, 64), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def images(place: Place) -> None:
    """Two classes and a leak, whose files come to different instances."""
    place.write("code/validate.pyz", bundle("validate").content)
    names = [
        f"{split}/{name}/{i}.png" for split in ("train", "validation") for name in "ab" for i in range(3)
    ]
    for number, name in enumerate(names):
        place.write(name, image(number))
    place.write("train/b/9.png", image(names.index("validation/b/0.png")))
    place.write("train/a/cut.png", image(0)[:200])


def validated(place: Place, processing: Processing, instances: int, mounts: Mounts, leaks: str) -> str:
    inputs = [s3_input(name, place.uri(name)) for name in ("train", "validation", "code")]
    for one in inputs[:2]:
        one["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
    modes = {"report": "Continuous", "datasets": "EndOfJob"}
    outputs = [s3_output(one, place.uri(f"of-{instances}/{one}"), mode) for one, mode in modes.items()]
    name = processing(
        "",
        AppSpecification={
            "ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/script:1",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/validate.pyz"],
            "ContainerArguments": [*ARGUMENTS, f"--on-leak={leaks}"],
        },
        ProcessingResources={"ClusterConfig": {"InstanceCount": instances, "InstanceType": "ml.m5.large"}},
        ProcessingInputs=inputs,
        ProcessingOutputConfig={"Outputs": outputs},
    )
    place.runner(mounts=mounts).start("ProcessingJob", name)
    return name


def written(place: Place, instances: int) -> dict[str, bytes]:
    start = f"of-{instances}/"
    return {key.removeprefix(start): place.read(key) for key in place.keys(start)}


@pytest.mark.usefixtures("images")
def test_three_instances_find_what_one_finds(place: Place, processing: Processing) -> None:
    for instances in (1, 3):
        name = validated(place, processing, instances, NO_MOUNTS, "skip")
        ended = place.finish("ProcessingJob", name)
        assert ended["ProcessingJobStatus"] == "Completed", ended
    alone = written(place, 1)
    assert b'"leak"' in alone["report/report.json"]
    assert any(name.endswith("train_lst/train.lst") for name in alone)
    assert written(place, 3) == alone


@pytest.mark.usefixtures("images")
def test_instances_that_know_each_other_by_name(place: Place, processing: Processing) -> None:
    """Where /opt/ml can be shown to a program, the names of the instances have addresses."""
    if not MOUNTS.works():
        return
    name = validated(place, processing, 2, MOUNTS, "fail")
    ended = place.finish("ProcessingJob", name)
    assert ended["ProcessingJobStatus"] == "Failed"
    assert ended["ExitMessage"].startswith("error V001 dataset-invalid: 1 check failed on ")
    assert "  leak  1 file (train/b/9.png: same as validation/b/0.png)" in ended["ExitMessage"]
    assert "report/report.html" in written(place, 2)
