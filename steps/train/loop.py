"""Training: the epochs, the validation after each, the best weights."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Optimizer

from steps.container import ProgramError
from steps.model.network import Classifier
from steps.train import history, optimisation, progress
from steps.train.batches import Batch, Split
from steps.train.compute import Compute
from steps.train.history import Epoch, Score
from steps.train.hyperparameters import Hyperparameters

State = dict[str, Tensor]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What training brought.

    Attributes:
        epochs: All that were finished.
        state: The network's weights after the best of them; empty when none was finished.
        interrupted: It was told to stop before its end.
    """

    epochs: tuple[Epoch, ...]
    state: State
    interrupted: bool


class Stopped(Exception):
    """Training was told to stop in the middle of an epoch."""


@dataclass(frozen=True)
class Trainer:
    """A classifier and all that training it needs.

    Attributes:
        classifier: On the device of `compute`, channels last. It is changed.
        optimizer: Of its parameters.
        compute: The device and the precision.
        given: The hyperparameters.
        seed: Of the order of the images and their augmentation.
        stop: Asked after every batch.
    """

    classifier: Classifier
    optimizer: Optimizer
    compute: Compute
    given: Hyperparameters
    seed: int
    stop: Callable[[], bool] = lambda: False

    def fit(self, train: Split, validation: Split) -> Outcome:
        """Train for all epochs, or fewer when stopping early or when told to stop."""
        epochs: list[Epoch] = []
        state: State = {}
        try:
            for number in range(self.given.epochs):
                epochs.append(self._epoch(number, train, validation))
                progress.epoch_lines(epochs[-1], self.given.top_k)
                if history.best(epochs) is epochs[-1]:
                    accuracy = epochs[-1].validation.accuracy
                    _log.info("Storing the best model with validation accuracy: %f", accuracy)
                    state = _copy(self.classifier)
                if history.should_stop(epochs, self.given):
                    _log.info("Early stopping after epoch %d", number)
                    break
        except Stopped:
            return Outcome(tuple(epochs), state, interrupted=True)
        return Outcome(tuple(epochs), state, interrupted=False)

    def step(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """One update of the weights, in training mode.

        Returns:
            The logits [N, classes] in float32 and the loss, detached; both are of before the update.
        """
        self.optimizer.zero_grad(set_to_none=True)
        with self.compute.autocast():
            logits = self.classifier(self.compute.take(batch.images)).float()
        loss = functional.cross_entropy(logits, self.compute.take(batch.classes))
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return logits.detach(), loss.detach()

    def evaluate(self, split: Split) -> Score:
        """The score of every image of the split, each counted once."""
        tally = Tally(self.given.top_k)
        self.classifier.eval()
        with torch.inference_mode(), self.compute.autocast():
            for batch in split.validation_batches(self.given.mini_batch_size):
                logits = self.classifier(self.compute.take(batch.images)).float()
                classes = self.compute.take(batch.classes)
                tally.add(logits, functional.cross_entropy(logits, classes), classes)
                self._check_stop()
        return tally.score()

    def _epoch(self, number: int, train: Split, validation: Split) -> Epoch:
        rate = optimisation.learning_rate(self.given, number)
        optimisation.set_learning_rate(self.optimizer, rate)
        started = time.monotonic()
        score = self._train_epoch(number, train)
        seconds = time.monotonic() - started
        return Epoch(number, rate, score, self.evaluate(validation), seconds)

    def _train_epoch(self, number: int, train: Split) -> Score:
        tally = Tally(self.given.top_k)
        speed = progress.Speedometer(number)
        self.classifier.train()
        batches = train.training_batches(self.given.mini_batch_size, self.seed, number)
        for count, batch in enumerate(batches, start=1):
            logits, loss = self.step(batch)
            tally.add(logits, loss, self.compute.take(batch.classes))
            speed.after(count, len(batch.classes), tally.score().accuracy)
            self._check_stop()
        return tally.score()

    def _check_stop(self) -> None:
        if self.stop():
            raise Stopped


class Tally:
    """Adds up the scores of batches.

    Args:
        top_k: How many guesses an image has for the top-k accuracy, or None.
    """

    def __init__(self, top_k: int | None) -> None:
        self._top_k = top_k
        self._images = 0
        self._right = 0
        self._right_in_top_k = 0
        self._loss = 0.0

    def add(self, logits: Tensor, loss: Tensor, classes: Tensor) -> None:
        """Count a batch: logits [N, classes], its mean loss, the right classes [N].

        Raises:
            ProgramError: The loss is no number; what follows would be none either.
        """
        mean = loss.item()
        if not math.isfinite(mean):
            raise ProgramError(
                f"Customer Error: training diverged: the loss is {mean} after {self._images} images of the "
                "epoch; lower learning_rate"
            )
        self._images += len(classes)
        self._loss += mean * len(classes)
        self._right += int((logits.argmax(dim=1) == classes).sum().item())
        if self._top_k:
            guesses = logits.topk(self._top_k, dim=1).indices
            self._right_in_top_k += int((guesses == classes[:, None]).any(dim=1).sum().item())

    def score(self) -> Score:
        """Of all images counted so far."""
        top_k = self._right_in_top_k / self._images if self._top_k else None
        return Score(self._right / self._images, self._loss / self._images, top_k)


def _copy(classifier: Classifier) -> State:
    """The network's weights, safe from further training."""
    state = classifier.network.state_dict()
    return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}
