"""Small JPEGs as a data set has them, 256 pixels on the shorter side."""

from __future__ import annotations

import json
import multiprocessing
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from tests.bench.peers import BUILD

_SIZES = ((256, 256), (341, 256), (256, 341), (384, 256))
_CLASSES = 10
_VALIDATION = 10
"""One image of so many is a validation image."""


def container(count: int) -> Path:
    """The base folder of a processing container with so many images; made the first time."""
    base = BUILD / f"photos-{count}"
    config = base / "config" / "processingjobconfig.json"
    if config.exists():
        return base
    with multiprocessing.get_context("spawn").Pool() as pool:
        pool.map(partial(_write, images(base)), range(count), chunksize=100)
    inputs = [{"InputName": name, "S3Input": {"S3Uri": f"s3://b/{name}"}} for name in ("train", "validation")]
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"ProcessingInputs": inputs}))
    return base


def images(base: Path) -> Path:
    """The folder of all images of a container."""
    return base / "processing" / "input"


def _write(folder: Path, number: int) -> None:
    random = np.random.default_rng(number)
    width, height = _SIZES[number % len(_SIZES)]
    rough = random.integers(0, 256, (height // 20, width // 20, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC))
    grain = random.integers(-10, 11, (height, width, 1), dtype=np.int16)
    pixels = (smooth + grain).clip(0, 255).astype(np.uint8)
    split = "validation" if number // _CLASSES % _VALIDATION == 0 else "train"
    file = folder / split / f"class-{number % _CLASSES}" / f"{number:06d}.jpg"
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file, quality=80)
