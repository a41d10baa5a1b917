"""What a training job was told and given: configuration files and images, checked."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from steps.container import ProgramError
from steps.model.preprocessing import Pixels, Preprocessing, centre_crop
from steps.train import channels, hyperparameters, images, inventory
from steps.train.batches import Split
from steps.train.channels import Channels
from steps.train.hyperparameters import Hyperparameters
from steps.train.table import IMAGENET_LAYERS

MEMORY_SHARE = 0.25
"""Of the machine's memory for decoded images; the network and the system need the rest."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What a training job was told, checked.

    Attributes:
        given: The hyperparameters.
        channels: The folders of its input.
        preprocessing: From image files to the network's input.
        model: The folder for the artifact.
    """

    given: Hyperparameters
    channels: Channels
    preprocessing: Preprocessing
    model: Path


@dataclass(frozen=True)
class Data:
    """The images of the job and the names of their classes."""

    train: Split
    validation: Split
    labels: tuple[str, ...]


def read_job(base: Path) -> Job:
    """The job's configuration files, checked before any image is read.

    Raises:
        ProgramError: Anything in them cannot be used.
    """
    config = base / "input" / "config"
    given = hyperparameters.parse(_read_json(config / "hyperparameters.json"))
    _check_batches(given)
    where = channels.locate(_read_json(config / "inputdataconfig.json"), base / "input" / "data")
    if given.resize is None and where.lists is not None:
        _log.warning("resize is not set, which AWS's documentation requires for image files; sizes are kept")
    if given.kv_store:
        _log.info("kv_store: device; %s is for several machines", given.kv_store)
    return Job(
        given=given,
        channels=where,
        preprocessing=Preprocessing(given.image_shape, given.resize),
        model=base / "model",
    )


def read_data(job: Job) -> Data:
    """The lists or labels, and the images, decoded.

    Raises:
        ProgramError: A list or an image cannot be used.
    """
    found = inventory.read(job.channels, job.given.num_classes)
    _check_counts(job.given, len(found.train.images))
    size = job.given.image_shape[1:]
    # Without augmentation only the centre is ever looked at.
    centre = partial(_decode_centre, job.preprocessing)
    whole = job.preprocessing.for_training if job.given.augmentation_type else centre
    memory = int(_machine_memory() * MEMORY_SHARE)
    train_images = images.decode_all(found.train.images, whole, "train", memory)
    rest = memory - train_images.kept_bytes
    validation_images = images.decode_all(found.validation.images, centre, "validation", rest)
    return Data(
        Split(train_images, found.train.classes, size, job.given.augmentation_type),
        Split(validation_images, found.validation.classes, size),
        found.labels,
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ProgramError(f"{path}, which SageMaker writes for a training job: {error}") from error
    if not isinstance(fields, dict):
        raise ProgramError(f"{path}: a JSON object is needed")
    return fields


def _check_batches(given: Hyperparameters) -> None:
    _, height, width = given.image_shape
    deep = given.num_layers in IMAGENET_LAYERS
    if deep and given.mini_batch_size == 1 and max(height, width) <= hyperparameters.MIN_SIDE:
        raise ProgramError(
            "Customer Error: mini_batch_size='1' with images of 32x32: the last layers get one value a "
            "batch, which batch normalisation cannot use; take a larger mini_batch_size"
        )


def _check_counts(given: Hyperparameters, images: int) -> None:
    if images < given.mini_batch_size:
        raise ProgramError(
            "Customer Error: The number of input images must be bigger or equal to the mini_batch_size: "
            f"there are {images} images, and mini_batch_size is {given.mini_batch_size}"
        )
    if images != given.num_training_samples:
        _log.warning(
            "num_training_samples is %d, but %d images are listed", given.num_training_samples, images
        )


def _decode_centre(preprocessing: Preprocessing, data: bytes) -> Pixels:
    _, height, width = preprocessing.image_shape
    # A copy: a view would keep the whole image in memory.
    return centre_crop(preprocessing.for_training(data), height, width).copy()


def _machine_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
