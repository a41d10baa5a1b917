"""Training jobs of a few coloured images, laid out as SageMaker lays them out."""

import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.torch import save

from steps.model import artifact
from steps.model.artifact import Description
from steps.model.network import build
from steps.model.preprocessing import Preprocessing
from steps.recordio import Record, writing_records
from steps.train.hyperparameters import Hyperparameters, parse

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "blue": (40, 60, 220),
    "green": (30, 200, 50),
    "red": (220, 40, 30),
}

TINY = {
    "num_classes": "3",
    "num_training_samples": "24",
    "num_layers": "18",
    "image_shape": "3,32,32",
    "resize": "32",
    "mini_batch_size": "8",
    "epochs": "2",
    "optimizer": "adam",
    "learning_rate": "0.001",
}
"""Hyperparameters of a job that takes a second and tells the colours apart."""

CHANNEL = {"TrainingInputMode": "File", "ContentType": "application/x-image", "RecordWrapperType": "None"}
RECORD_CHANNEL = CHANNEL | {"ContentType": "application/x-recordio"}
SPLITS = ("train", "validation")
CHANNELS = ("train", "validation", "train_lst", "validation_lst")


def hyperparameters(**changes: str) -> Hyperparameters:
    """TINY with changes, checked."""
    return parse(TINY | changes)


def picture(colour: tuple[int, int, int], seed: int, size: int = 32) -> Image.Image:
    """A noisy square of a colour."""
    noise = np.random.default_rng(seed).normal(0, 40, (size, size, 3))
    return Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8))


def write_images(base: Path, split: str, per_class: int, colours: Mapping[str, tuple[int, int, int]]) -> None:
    """A channel of images, a folder a class, and its list file."""
    lines: list[str] = []
    for index, (name, colour) in enumerate(colours.items()):
        folder = base / "input" / "data" / split / name
        folder.mkdir(parents=True)
        for number in range(per_class):
            picture(colour, seed=len(lines) + (1000 if split == "validation" else 0)).save(
                folder / f"{number}.png"
            )
            lines.append(f"{len(lines)}\t{index}\t{name}/{number}.png\n")
    lists = base / "input" / "data" / f"{split}_lst"
    lists.mkdir(parents=True)
    (lists / f"{split}.lst").write_text("".join(lines))


def write_job(base: Path, **changes: str) -> Path:
    """A whole job under `base`, which stands for /opt/ml: 24 images to train and 9 to validate."""
    config = base / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(TINY | changes))
    (config / "inputdataconfig.json").write_text(json.dumps(dict.fromkeys(CHANNELS, CHANNEL)))
    write_images(base, "train", 8, COLOURS)
    write_images(base, "validation", 3, COLOURS)
    return base


def pack(base: Path, broken: frozenset[int] = frozenset()) -> Path:
    """Put the images of a job into RecordIO files, but for the training images that are to be broken."""
    data = base / "input" / "data"
    for split in SPLITS:
        lines = (data / f"{split}_lst" / f"{split}.lst").read_text().splitlines()
        with writing_records(data / f"{split}.packed" / split) as records:
            for number, (_, label, path) in enumerate(line.split("\t") for line in lines):
                image = (
                    b"no image"
                    if split == "train" and number in broken
                    else (data / split / path).read_bytes()
                )
                records.put(Record(number, (float(label),), image))
        for name in (split, f"{split}_lst"):
            shutil.rmtree(data / name)
        (data / f"{split}.packed").rename(data / split)
    (base / "input" / "config" / "inputdataconfig.json").write_text(
        json.dumps(dict.fromkeys(SPLITS, RECORD_CHANNEL))
    )
    return base


def write_model(folder: Path, given: Hyperparameters) -> Path:
    """A channel with a fresh model of these hyperparameters, packed as SageMaker packs /opt/ml/model."""
    labels = tuple(map(str, range(given.num_classes)))
    description = Description(given.num_layers, labels, Preprocessing(given.image_shape))
    state = build(given.num_layers, given.num_classes).state_dict()
    unpacked = folder / "unpacked"
    artifact.write(unpacked, description, b"graph", save(state))
    with tarfile.open(folder / "model.tar.gz", "w:gz") as file:
        for path in sorted(unpacked.iterdir()):
            file.add(path, path.name)
    shutil.rmtree(unpacked)
    return folder
