"""Whole jobs: every kind of input, and networks for small images."""

import json
import logging
import shutil
import tarfile
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.model import artifact
from steps.model.artifact import Description
from steps.model.weights import load
from steps.train import program
from steps.train.termination import Termination
from tests.steps.train.jobs import pack, write_job

SMALL = {"num_layers": "20", "image_shape": "3,28,28", "learning_rate": "0.01"}


def train(base: Path) -> Description:
    program.train(base, {"TORCH_HOME": str(base / "torch")}, Termination())
    return artifact.read(base / "model").description


def go_on(base: Path, earlier: Path) -> None:
    """Give a job the model of an earlier one, packed as SageMaker packs it."""
    channel = base / "input" / "data" / "model"
    channel.mkdir()
    with tarfile.open(channel / "model.tar.gz", "w:gz") as file:
        for path in sorted((earlier / "model").iterdir()):
            file.add(path, path.name)
    config = base / "input" / "config" / "inputdataconfig.json"
    told = json.loads(config.read_bytes())
    told["model"] = {"TrainingInputMode": "File", "ContentType": "application/x-sagemaker-model"}
    config.write_text(json.dumps(told))


def test_packed_images_train_the_same_network_as_files(tmp_path: Path) -> None:
    for name in ("files", "packed"):
        write_job(tmp_path / name, **SMALL)
    pack(tmp_path / "packed")

    listed, packed = (train(tmp_path / name) for name in ("files", "packed"))

    one, other = (load(tmp_path / name / "model" / "model.safetensors") for name in ("files", "packed"))
    assert all(one[name].equal(other[name]) for name in one)
    assert (listed.labels, packed.labels) == (("blue", "green", "red"), ("0", "1", "2"))
    assert packed.training["num_training_samples"] == 24


def test_a_network_for_small_images_learns(tmp_path: Path) -> None:
    write_job(tmp_path, **SMALL, epochs="6", augmentation_type="crop")

    model = train(tmp_path)

    assert model.num_layers == 20
    assert model.preprocessing.image_shape == (3, 28, 28)
    assert model.training["validation_accuracy"] > 0.6


def test_training_goes_on_where_an_earlier_job_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(write_job(tmp_path / "earlier", **SMALL))
    base = write_job(tmp_path / "later", **SMALL | {"learning_rate": "0"}, epochs="1")
    go_on(base, tmp_path / "earlier")
    caplog.set_level(logging.INFO)

    assert train(base).training["initial_weights"]["source"] == "model"

    # At rate 0 only what the batch norms saw of the images changes.
    first, second = (load(tmp_path / name / "model" / "model.safetensors") for name in ("earlier", "later"))
    learned = [name for name in first if "running" not in name and "num_batches" not in name]
    assert "fc.weight" in learned
    assert all(first[name].equal(second[name]) for name in learned)
    assert any(message.startswith("Training on from model.tar.gz") for message in caplog.messages)


def test_an_earlier_model_is_compared_before_images_are_read(tmp_path: Path) -> None:
    train(write_job(tmp_path / "earlier", **SMALL, epochs="1"))
    base = write_job(tmp_path / "later", **SMALL | {"num_layers": "32"})
    go_on(base, tmp_path / "earlier")
    shutil.rmtree(base / "input" / "data" / "train" / "red")

    with pytest.raises(ProgramError, match=r"\n  num_layers is 32, but the model has 20$"):
        train(base)
