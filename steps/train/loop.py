"""Training: the epochs, the validation after each, the best weights."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Optimizer

from steps.model.network import Classifier
from steps.train import history, optimisation, progress
from steps.train.batches import Batch, Split
from steps.train.compute import Compute
from steps.train.history import Epoch, Score
from steps.train.hyperparameters import Hyperparameters
from steps.train.keeping import Keeper
from steps.train.loss import PLAIN, Loss
from steps.train.options import DEFAULTS, Options
from steps.train.position import BEGINNING, Position, State
from steps.train.tally import Tally

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
    """Training was told to stop in the middle of an epoch.

    Attributes:
        position: Where.
    """

    def __init__(self, position: Position) -> None:
        super().__init__()
        self.position = position


@dataclass(frozen=True)
class Trainer:
    """A classifier and all that training it needs.

    Attributes:
        classifier: On the device of `compute`, channels last. It is changed.
        optimizer: Of its parameters.
        compute: The device and the precision.
        given: The hyperparameters.
        options: What is done beyond the built-in algorithm; its seed is that of the order of the images and
            of their augmentation.
        loss: Of training batches.
        stop: Asked after every batch.
        keepers: Told after every batch and epoch, and where it stops.
    """

    classifier: Classifier
    optimizer: Optimizer
    compute: Compute
    given: Hyperparameters
    options: Options = DEFAULTS
    loss: Loss = PLAIN
    stop: Callable[[], bool] = lambda: False
    keepers: Sequence[Keeper] = ()

    def fit(self, train: Split, validation: Split, position: Position = BEGINNING) -> Outcome:
        """Train for all epochs, or fewer when stopping early or when told to stop.

        Args:
            train: Trained on.
            validation: Judged by, after each epoch.
            position: Where to begin; the classifier and the optimizer are as they were there.
        """
        try:
            while not self._finished(position.epochs):
                position = self._epoch(position, train, validation)
                for keeper in self.keepers:
                    keeper.after_epoch(position)
        except Stopped as stopped:
            position = stopped.position
            for keeper in self.keepers:
                keeper.at_stop(position)
            return Outcome(position.epochs, position.best, interrupted=True)
        return Outcome(position.epochs, position.best, interrupted=False)

    def step(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """One update of the weights, in training mode.

        Returns:
            The logits [N, classes] in float32 and the loss, detached; both are of before the update.
        """
        self.optimizer.zero_grad(set_to_none=True)
        with self.compute.autocast():
            logits = self.classifier(self.compute.take(batch.images)).float()
        loss = self.loss(logits, self.compute.take(batch.classes))
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return logits.detach(), loss.detach()

    def evaluate(self, split: Split, after_batch: Callable[[], None] = lambda: None) -> Score:
        """The score of every image of the split, each counted once.

        Args:
            split: The images.
            after_batch: Called after every batch; what it raises ends the validation.
        """
        tally = Tally(self.given.top_k)
        self.classifier.eval()
        with torch.inference_mode(), self.compute.autocast():
            for batch in split.validation_batches(self.given.mini_batch_size):
                logits = self.classifier(self.compute.take(batch.images)).float()
                classes = self.compute.take(batch.classes)
                tally.add(logits, functional.cross_entropy(logits, classes), classes)
                after_batch()
        return tally.score()

    def _finished(self, epochs: Sequence[Epoch]) -> bool:
        if len(epochs) >= self.given.epochs:
            return True
        if history.should_stop(epochs, self.given):
            _log.info("Early stopping after epoch %d", epochs[-1].epoch)
            return True
        return False

    def _epoch(self, position: Position, train: Split, validation: Split) -> Position:
        """The rest of the epoch that begins or goes on at a position."""
        number = len(position.epochs)
        rate = optimisation.learning_rate(self.given, number, self.options)
        optimisation.set_learning_rate(self.optimizer, rate)
        trained = self._train_epoch(position, train)
        score = self.evaluate(validation, lambda: self._pass(trained))
        learned = Tally(self.given.top_k, trained.counts).score()
        epoch = Epoch(number, rate, learned, score, trained.seconds)
        progress.epoch_lines(epoch, self.given.top_k)
        epochs = (*position.epochs, epoch)
        if history.best(epochs) is not epoch:
            return Position(epochs, position.best)
        _log.info("Storing the best model with validation accuracy: %f", score.accuracy)
        return Position(epochs, weights_of(self.classifier))

    def _train_epoch(self, position: Position, train: Split) -> Position:
        number = len(position.epochs)
        tally = Tally(self.given.top_k, position.counts)
        speed = progress.Speedometer(number)
        started = time.monotonic() - position.seconds
        self.classifier.train()
        batches = train.training_batches(
            self.given.mini_batch_size, self.options.seed, number, position.batches
        )
        for count, batch in enumerate(batches, start=position.batches + 1):
            logits, loss = self.step(batch)
            tally.add(logits, loss, self.compute.take(batch.classes))
            speed.after(count, len(batch.classes), tally.score().accuracy)
            seconds = time.monotonic() - started
            position = replace(position, batches=count, counts=tally.counts, seconds=seconds)
            self._pass(position)
        return position

    def _pass(self, position: Position) -> None:
        if self.stop():
            raise Stopped(position)
        for keeper in self.keepers:
            keeper.after_batch(position)


def weights_of(classifier: Classifier) -> State:
    """The network's weights, safe from further training."""
    state = classifier.network.state_dict()
    return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}
