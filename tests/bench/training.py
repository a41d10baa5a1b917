"""A training step and an epoch of ours, beside the plain loop of torchvision's reference recipe."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from steps.model import network
from steps.model.network import Classifier
from steps.model.preprocessing import Preprocessing
from steps.train import compute, hyperparameters, images, optimisation
from steps.train.batches import Batch, Split
from steps.train.loop import Trainer
from tests.bench import peers
from tests.bench.figures import Figure

_BATCH, _SIDE, _STEPS = 16, 224, 6
_PHOTO = (1024, 768)


def figures() -> list[Figure]:
    """Images a second of full fine-tuning, ResNet-50 at 224, the same batch, threads and machine."""
    theirs = peers.measure("torchvision_training.py", str(_BATCH), str(_SIDE), str(_STEPS))
    trainer = _trainer()
    step = _steps(trainer)
    with tempfile.TemporaryDirectory() as folder:
        epoch = _epoch(trainer, Path(folder))
    return [
        Figure("train-step", step, theirs, "images/s", "torchvision's reference loop, fp32"),
        Figure("train-epoch", epoch, _steps(trainer), "images/s", "steps on one batch in memory"),
    ]


def _trainer() -> Trainer:
    told = {"num_classes": "10", "num_training_samples": "96", "num_layers": "50", "epochs": "1"}
    told |= {"mini_batch_size": str(_BATCH), "augmentation_type": "crop", "resize": "256"}
    given = hyperparameters.parse(told)
    place = compute.choose(None)
    preprocessing = Preprocessing(given.image_shape, given.resize)
    classifier = Classifier(network.build(50, 10), preprocessing.mean, preprocessing.std)
    classifier.train().to(place.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Trainer(classifier, optimisation.build(classifier, given), place, given)


def _steps(trainer: Trainer) -> float:
    pixels = torch.randint(0, 256, (_BATCH, 3, _SIDE, _SIDE), dtype=torch.uint8)
    batch = Batch(pixels.to(memory_format=torch.channels_last), torch.randint(0, 10, (_BATCH,)))
    trainer.classifier.train()
    took = []
    for _ in range(_STEPS + 1):
        begun = time.perf_counter()
        trainer.step(batch)
        took.append(time.perf_counter() - begun)
    # The first step allocates and picks kernels.
    return _BATCH / statistics.median(took[1:])


def _epoch(trainer: Trainer, folder: Path) -> float:
    """An epoch whose images do not fit into memory: each is read, decoded and changed while others train."""
    count = _BATCH * _STEPS
    noise = np.random.default_rng(0).normal(0, 20, (_PHOTO[1], _PHOTO[0], 3))
    for number in range(count):
        shade = np.linspace(number, 255, _PHOTO[0])[None, :, None]
        Image.fromarray(np.clip(shade + noise, 0, 255).astype(np.uint8)).save(folder / f"{number}.jpg")
    preprocessing = Preprocessing(trainer.given.image_shape, trainer.given.resize)
    files = tuple(sorted(folder.iterdir()))
    photos = images.Images(files, preprocessing.for_training, (None,) * count)
    split = Split(photos, [number % 10 for number in range(count)], (_SIDE, _SIDE), "crop")
    one = Split(images.Images(files[:1], preprocessing.for_training, (None,)), [0], (_SIDE, _SIDE))
    (epoch,) = trainer.fit(split, one).epochs
    return count / epoch.seconds
