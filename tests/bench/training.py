"""A training step of ours beside the plain loop of torchvision's reference recipe."""

from __future__ import annotations

import statistics
import time

import torch

from steps.model import network
from steps.model.network import Classifier
from steps.model.preprocessing import Preprocessing
from steps.train import compute, hyperparameters, optimisation
from steps.train.batches import Batch
from steps.train.loop import Trainer
from tests.bench import peers
from tests.bench.figures import Figure

_BATCH, _SIDE, _STEPS = 16, 224, 6


def figures() -> list[Figure]:
    """Images a second of full fine-tuning, ResNet-50 at 224, the same batch, threads and machine."""
    theirs = peers.measure("torchvision_training.py", str(_BATCH), str(_SIDE), str(_STEPS))
    return [Figure("train-step", _ours(), theirs, "images/s", "torchvision's reference loop, fp32")]


def _ours() -> float:
    given = hyperparameters.parse({"num_classes": "10", "num_training_samples": "100", "num_layers": "50"})
    place = compute.choose(None)
    preprocessing = Preprocessing(given.image_shape, given.resize)
    classifier = Classifier(network.build(50, 10), preprocessing.mean, preprocessing.std)
    classifier.train().to(place.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = Trainer(classifier, optimisation.build(classifier, given), place, given, seed=0)
    images = torch.randint(0, 256, (_BATCH, 3, _SIDE, _SIDE), dtype=torch.uint8)
    batch = Batch(images.to(memory_format=torch.channels_last), torch.randint(0, 10, (_BATCH,)))
    took = []
    for _ in range(_STEPS + 1):
        begun = time.perf_counter()
        trainer.step(batch)
        took.append(time.perf_counter() - begun)
    # The first step allocates and picks kernels.
    return _BATCH / statistics.median(took[1:])
