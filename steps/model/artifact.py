"""The trained model as files: what the trainer writes and the server reads.

    model.onnx         the graph; input "images" float32 [N, 3, H, W], raw RGB 0 to 255;
                       output "probabilities" float32 [N, classes]
    model.safetensors  the network's weights under torchvision's names, to train on from or to load elsewhere;
                       those of the networks for small images are named in the same manner (steps.model.cifar)
    model.json         all that is not weights: network, preprocessing, labels, how it was trained
    image-classification-0002.safetensors
                       with checkpoint_frequency: the weights after that many epochs, as model.safetensors

No file is a pickle: reading a model runs none of its contents. Needs no torch: the server has none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steps.container import write_atomically
from steps.model.preprocessing import Preprocessing

FORMAT_VERSION = 1
"""Of model.json. It grows when a reader of the old form would misread the new one."""

GRAPH_INPUT = "images"
GRAPH_OUTPUT = "probabilities"

GRAPH_FILE = "model.onnx"
WEIGHTS_FILE = "model.safetensors"
DESCRIPTION_FILE = "model.json"


class ArtifactError(ValueError):
    """The folder holds no model that this version can read; the text says why."""


@dataclass(frozen=True)
class Description:
    """The contents of model.json.

    Attributes:
        num_layers: Of the ResNet.
        labels: The names of the classes, in the order of the graph's output.
        preprocessing: From an image file to the graph's input.
        training: How the weights came about, for people: epoch, accuracy, hyperparameters, learning curves.
        versions: Of the libraries that trained it.
    """

    num_layers: int
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    training: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The fields of model.json."""
        return {
            "format_version": FORMAT_VERSION,
            "network": {
                "architecture": "resnet",
                "num_layers": self.num_layers,
                "image_shape": list(self.preprocessing.image_shape),
                "num_classes": len(self.labels),
            },
            "preprocessing": self.preprocessing.to_json(),
            "labels": list(self.labels),
            "training": dict(self.training),
            "versions": dict(self.versions),
        }


@dataclass(frozen=True)
class Artifact:
    """A model's folder that was found complete, and its description."""

    folder: Path
    description: Description

    @property
    def graph(self) -> Path:
        """The ONNX file."""
        return self.folder / GRAPH_FILE

    @property
    def weights(self) -> Path:
        """The safetensors file."""
        return self.folder / WEIGHTS_FILE


def write(folder: Path, description: Description, graph: bytes, weights: bytes) -> None:
    """Write the three files, each atomically; model.json comes last, so a folder that has it is complete.

    Args:
        folder: Made when needed.
        description: For model.json.
        graph: A serialised ONNX model.
        weights: A serialised safetensors file.
    """
    text = json.dumps(description.to_json(), ensure_ascii=False, indent=2, allow_nan=False)
    write_atomically(folder / GRAPH_FILE, graph)
    write_atomically(folder / WEIGHTS_FILE, weights)
    write_atomically(folder / DESCRIPTION_FILE, (text + "\n").encode())


def read(folder: Path) -> Artifact:
    """Check a model's folder and read its description.

    Raises:
        ArtifactError: A file is missing, or model.json is not of this format.
    """
    missing = [name for name in (DESCRIPTION_FILE, GRAPH_FILE, WEIGHTS_FILE) if not (folder / name).is_file()]
    if missing:
        raise ArtifactError(f"{folder} is no complete model: {', '.join(missing)} missing")
    path = folder / DESCRIPTION_FILE
    return Artifact(folder, parse(path.read_bytes(), str(path)))


def parse(data: bytes, where: str) -> Description:
    """The contents of a model.json.

    Args:
        data: The file.
        where: It lies, for messages.

    Raises:
        ArtifactError: It is not of this format.
    """
    try:
        fields = json.loads(data)
    except ValueError as error:
        raise ArtifactError(f"{where} is not JSON: {error}") from error
    version = fields.get("format_version") if isinstance(fields, dict) else None
    if version != FORMAT_VERSION:
        raise ArtifactError(f"{where} has format_version {version!r}; this version reads {FORMAT_VERSION}")
    try:
        return _description(fields)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{where} cannot be read: {type(error).__name__}: {error}") from error


def _description(fields: Mapping[str, Any]) -> Description:
    network = fields["network"]
    labels = tuple(str(label) for label in fields["labels"])
    if len(labels) != network["num_classes"]:
        raise ValueError(f"{len(labels)} labels for {network['num_classes']} classes")
    return Description(
        num_layers=int(network["num_layers"]),
        labels=labels,
        preprocessing=Preprocessing.from_json(fields["preprocessing"]),
        training=dict(fields["training"]),
        versions=dict(fields["versions"]),
    )
