"""Small images that differ from each other as photographs do, and data sets of them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.session import Session
from steps.validate.library import Settings

RULES = Settings((3, 32, 32), 36, 2, 1, False)
"""What sets of a few images meet."""

CONFIG = """
version: 1
name: pets
data: {train: "s3://my-pets/train", validation: "s3://my-pets/validation"}
validate: {min_images_per_class: 1}
train: {hyperparameters: {num_layers: 20, image_shape: "3,32,32", mini_batch_size: 2, epochs: 1}}
gate: {accuracy: 0.5}
"""


def photo(seed: int, side: int = 64, form: str = "JPEG") -> bytes:
    """An image that looks like no other one, and has nothing wrong with it."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    noise = generator.integers(-40, 41, (side, side, 3))
    smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), dtype=np.int64)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8)).save(buffer, form)
    return buffer.getvalue()


def good_set(classes: Iterable[str] = ("cat", "dog"), each: int = 3) -> dict[str, bytes]:
    """Files of both splits with nothing to tell of."""
    places = [
        f"{split}/{name}/{number}.jpg"
        for split in ("train", "validation")
        for name in classes
        for number in range(each)
    ]
    return {place: photo(seed) for seed, place in enumerate(places)}


def lay_out(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Writes files below a folder."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def upload(session: Session, bucket: str, files: Mapping[str, bytes], prefix: str = "") -> None:
    """Makes a bucket and puts objects into it."""
    session.client("s3").create_bucket(Bucket=bucket)
    for name, content in files.items():
        session.client("s3").put_object(Bucket=bucket, Key=prefix + name, Body=content)


def keys(session: Session, bucket: str) -> list[str]:
    """The keys of all objects."""
    pages = session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [found["Key"] for page in pages for found in page.get("Contents", ())]


class Quiet:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int]] = []

    def begin(self, task: str, total: int) -> None:
        self.tasks.append((task, total))

    def advance(self, done: int) -> None:
        pass

    def end(self) -> None:
        pass
