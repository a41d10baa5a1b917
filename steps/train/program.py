"""TrainModel's program: the local stand-in for SageMaker's built-in Image Classification algorithm."""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch.optim import Optimizer

from steps import container
from steps.model import artifact, graph
from steps.model.artifact import Description
from steps.model.network import Classifier
from steps.model.pretrained import Places
from steps.train import compute, history, loss, optimisation, options, start
from steps.train.checkpoint import Checkpoint
from steps.train.compute import Compute
from steps.train.hyperparameters import Hyperparameters
from steps.train.identity import Identity, identify
from steps.train.job import Data, Job, read_data, read_job
from steps.train.keeping import Checkpoints, Keeper, Snapshots
from steps.train.loop import Outcome, Trainer, weights_of
from steps.train.position import BEGINNING, Position
from steps.train.termination import EXIT_CODE, Termination

CHECKPOINTS = "checkpoints"
"""The folder under /opt/ml that CheckpointConfig names where it has no LocalPath (CreateTrainingJob)."""

_log = logging.getLogger(__name__)


def main() -> int:
    """Run under the SageMaker container contract; returns the exit status."""
    base = container.base_dir(os.environ)
    termination = Termination()
    with termination.handled():
        status = container.run(
            partial(train, base, os.environ, termination), container.training_reason_file(base)
        )
    return EXIT_CODE if status == 0 and termination.requested else status


def train(base: Path, environ: Mapping[str, str], termination: Termination) -> None:
    """Read the job, train, write the model.

    Args:
        base: The folder that stands for /opt/ml.
        environ: Names the ImageNet weights, see steps.train.start, and has the trainer's options, see
            steps.train.options.
        termination: Ends the training early; the best weights so far are kept then, and where there is a
            folder for checkpoints the whole state, from which the next run goes on.

    Raises:
        ProgramError: The job cannot be done as it was told.
    """
    started = time.monotonic()
    job = read_job(base)
    wanted = options.read(environ, job.given)
    torch.manual_seed(wanted.seed)
    network, origin = start.build(job.given, environ, Places.of(environ), job.channels.model)
    data = read_data(job)
    machine = compute.choose(job.given.precision_dtype)
    _log.info("Training on %s", machine)
    classifier = Classifier(network, job.preprocessing.mean, job.preprocessing.std)
    classifier.to(machine.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = optimisation.build(classifier, job.given)
    identity = partial(identify, job.given, data, origin, wanted)
    keepers, position = _prepare(base, job, classifier, optimizer, identity)
    termination.gentle = True
    judge = loss.choose(wanted, data.train.classes, job.given.num_classes)
    trainer = Trainer(
        classifier, optimizer, machine, job.given, wanted, judge, lambda: termination.requested, keepers
    )
    outcome = trainer.fit(data.train, data.validation, position)
    if not outcome.epochs:
        _log.warning("Stopped before the end of the first epoch: there is no model to keep")
        return
    seconds = time.monotonic() - started
    story = _story(job.given, data, outcome, machine) | {
        "initial_weights": origin,
        "seed": wanted.seed,
        "options": wanted.to_json(),
    }
    save(job, classifier, outcome, data.labels, story | {"seconds": round(seconds, 3)})


def _prepare(
    base: Path, job: Job, classifier: Classifier, optimizer: Optimizer, identity: Callable[[], Identity]
) -> tuple[list[Keeper], Position]:
    """What is kept, and where the last run of the training got to.

    SageMaker makes the folder for checkpoints where the job has a CheckpointConfig; without it none are kept.
    """
    keepers: list[Keeper] = []
    folders, position = [job.model], BEGINNING
    if (checkpoints := base / CHECKPOINTS).is_dir():
        checkpoint = Checkpoint(checkpoints, identity(), classifier, optimizer)
        position = checkpoint.restore()
        folders.append(checkpoints)
        keepers.append(Checkpoints(checkpoint))
    if job.given.checkpoint_frequency:
        snapshots = Snapshots(job.given.checkpoint_frequency, partial(weights_of, classifier), folders)
        snapshots.restore(len(position.epochs))
        # First the weights of the epoch: a checkpoint after it says that they are there.
        keepers.insert(0, snapshots)
    return keepers, position


def save(
    job: Job, classifier: Classifier, outcome: Outcome, labels: tuple[str, ...], story: Mapping[str, Any]
) -> None:
    """Write the artifact with the best epoch's weights."""
    classifier.cpu()
    classifier.network.load_state_dict(outcome.state)
    description = Description(job.given.num_layers, labels, job.preprocessing, story, _versions())
    network = graph.serialise(classifier, job.given.image_shape)
    artifact.write(job.model, description, network, safetensors.torch.save(dict(outcome.state)))
    _log.info('Saved the model to "%s"', job.model)


def _story(given: Hyperparameters, data: Data, outcome: Outcome, machine: Compute) -> dict[str, Any]:
    """How the weights came about, for model.json."""
    top = history.best(outcome.epochs)
    return {
        "epoch": top.epoch,
        "validation_accuracy": top.validation.accuracy,
        "interrupted": outcome.interrupted,
        "num_training_samples": len(data.train),
        "num_validation_samples": len(data.validation),
        "hyperparameters": given.to_json(),
        "epochs": [one.to_json() for one in outcome.epochs],
        "machine": str(machine),
    }


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), "torch": torch.__version__}


if __name__ == "__main__":
    raise SystemExit(main())
