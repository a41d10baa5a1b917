from dataclasses import replace
from pathlib import Path

import pytest

from steps.train.identity import differences, identify
from steps.train.job import read_data, read_job
from steps.train.options import DEFAULTS, Options
from tests.steps.train.jobs import hyperparameters, write_job

ORIGIN = {"source": "imagenet", "sha256": "12ab"}


def test_a_job_laid_out_again_elsewhere_is_the_same_training(tmp_path: Path) -> None:
    first, second = (
        identify(job.given, read_data(job), ORIGIN, DEFAULTS)
        for job in (read_job(write_job(tmp_path / name)) for name in ("a", "b"))
    )

    assert first == second
    assert differences(first, second) == []


def test_hyperparameters_seed_and_weights_count(tmp_path: Path) -> None:
    job = read_job(write_job(tmp_path))
    data = read_data(job)
    one = identify(job.given, data, ORIGIN, DEFAULTS)
    other = identify(
        hyperparameters(epochs="9", lr_scheduler_step="3"), data, {"source": "scratch"}, Options(1)
    )

    assert differences(one, other) == ["epochs", "initial weights", "lr_scheduler_step", "seed"]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_images_count(tmp_path: Path, split: str) -> None:
    job = read_job(write_job(tmp_path))
    before = identify(job.given, read_data(job), ORIGIN, DEFAULTS)
    folder = tmp_path / "input" / "data" / split
    (folder / "red" / "0.png").write_bytes((folder / "blue" / "1.png").read_bytes())

    after = identify(job.given, read_data(job), ORIGIN, DEFAULTS)

    assert differences(before, after) == [f"{'training' if split == 'train' else split} images"]


def test_classes_count(tmp_path: Path) -> None:
    job = read_job(write_job(tmp_path))
    data = read_data(job)
    moved = replace(data, train=replace(data.train, classes=[*data.train.classes[1:], 0]))

    one, other = (identify(job.given, each, ORIGIN, DEFAULTS) for each in (data, moved))

    assert differences(one, other) == ["training images"]
