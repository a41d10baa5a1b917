import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from steps.model import artifact
from steps.model.artifact import ArtifactError, Description
from steps.model.preprocessing import Preprocessing

DESCRIPTION = Description(
    num_layers=50,
    labels=("chat", "chien", "écureuil"),
    preprocessing=Preprocessing((3, 64, 48), resize=72),
    training={"epoch": 3, "validation_accuracy": 0.98},
    versions={"torch": "2.13.0"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A complete model."""
    artifact.write(tmp_path / "model", DESCRIPTION, b"graph", b"weights")
    return tmp_path / "model"


def test_what_is_written_is_read_back(folder: Path) -> None:
    found = artifact.read(folder)

    assert found.description == DESCRIPTION
    assert found.graph.read_bytes() == b"graph"
    assert found.weights.read_bytes() == b"weights"


def test_the_layout(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "model.onnx", "model.safetensors"]
    assert json.loads((folder / "model.json").read_bytes()) == {
        "format_version": 1,
        "network": {
            "architecture": "resnet",
            "num_layers": 50,
            "image_shape": [3, 64, 48],
            "num_classes": 3,
        },
        "preprocessing": {
            "colour": "RGB",
            "interpolation": "bilinear",
            "inference_size": "squeezed to image_shape",
            "image_shape": [3, 64, 48],
            "resize": 72,
            "mean": [123.675, 116.28, 103.53],
            "std": [58.395, 57.12, 57.375],
            "max_pixels": 89478485,
        },
        "labels": ["chat", "chien", "écureuil"],
        "training": {"epoch": 3, "validation_accuracy": 0.98},
        "versions": {"torch": "2.13.0"},
    }


def test_a_second_model_replaces_the_first(folder: Path) -> None:
    artifact.write(folder, DESCRIPTION, b"newer graph", b"newer weights")

    assert artifact.read(folder).graph.read_bytes() == b"newer graph"


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        (["model.onnx"], "model.onnx"),
        (["model.json", "model.safetensors"], "model.json, model.safetensors"),
    ],
)
def test_an_incomplete_model_is_refused(folder: Path, gone: list[str], named: str) -> None:
    for name in gone:
        (folder / name).unlink()

    with pytest.raises(ArtifactError) as caught:
        artifact.read(folder)

    assert str(caught.value) == f"{folder} is no complete model: {named} missing"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format_version": 2}, "has format_version 2; this version reads 1"),
        ({"format_version": None}, "has format_version None; this version reads 1"),
        ({"labels": ["chat"]}, "cannot be read: ValueError: 1 labels for 3 classes"),
        ({"labels": None}, "cannot be read: TypeError: 'NoneType' object is not iterable"),
        ({"preprocessing": {}}, "cannot be read: KeyError: 'image_shape'"),
        ({"network": {"num_classes": 3}}, "cannot be read: KeyError: 'num_layers'"),
    ],
)
def test_a_description_of_another_form_is_refused(
    folder: Path, change: dict[str, object], problem: str
) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))

    with pytest.raises(ArtifactError) as caught:
        artifact.read(folder)

    assert str(caught.value) == f"{path} {problem}"


@pytest.mark.parametrize("text", ["", "{", "\udcff"], ids=["empty", "cut", "not UTF-8"])
def test_a_description_that_is_not_json_is_refused(folder: Path, text: str) -> None:
    path = folder / "model.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ArtifactError, match=f"^{re.escape(str(path))} is not JSON: "):
        artifact.read(folder)


def test_a_description_that_is_no_object_is_refused(folder: Path) -> None:
    (folder / "model.json").write_text("[]")

    with pytest.raises(ArtifactError, match=r"has format_version None; this version reads 1$"):
        artifact.read(folder)


def test_reading_and_preprocessing_need_no_torch() -> None:
    program = "import steps.model.artifact, sys; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
