"""What makes one training the same as another: what it was told, what it was given, what it starts from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from steps.train.batches import Split
from steps.train.hyperparameters import Hyperparameters
from steps.train.images import Source, threads
from steps.train.job import Data
from steps.train.options import Options

Identity = Mapping[str, Any]
"""JSON values by what they are of, in words."""


def identify(given: Hyperparameters, data: Data, origin: Mapping[str, Any], options: Options) -> Identity:
    """The identity of a training.

    Args:
        given: The hyperparameters.
        data: Its images; their files are read.
        origin: Of the weights that it starts from.
        options: The trainer's own.
    """
    found = {
        **given.to_json(),
        **asdict(options),
        "class names": data.labels,
        "initial weights": dict(origin),
        "training images": _digest(data.train),
        "validation images": _digest(data.validation),
    }
    # As it is after it was written and read: JSON knows no tuples.
    again: Identity = json.loads(json.dumps(found))
    return again


def differences(one: Identity, other: Identity) -> list[str]:
    """The names of all that differs."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _digest(split: Split) -> str:
    """SHA-256 over the image files and the classes, in their order; the paths do not count."""
    whole = hashlib.sha256()
    with ThreadPoolExecutor(threads()) as pool:
        for digest, index in zip(pool.map(_file_digest, split.images.sources), split.classes, strict=True):
            whole.update(digest + b"%d;" % index)
    return whole.hexdigest()


def _file_digest(source: Source) -> bytes:
    return hashlib.sha256(source.read_bytes()).digest()
