import logging
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from steps.model import weights
from steps.model.network import Classifier, build
from steps.train import compute, optimisation
from steps.train.batches import Split
from steps.train.hyperparameters import Hyperparameters
from steps.train.images import Images
from steps.train.loop import Outcome, Trainer
from steps.train.options import Options
from tests.steps.train.jobs import COLOURS, hyperparameters, picture

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def colours(per_class: int, seed: int = 0) -> Split:
    """Noisy pictures of three colours."""
    pixels = [
        np.asarray(picture(colour, seed + index * per_class + number))
        for index, colour in enumerate(COLOURS.values())
        for number in range(per_class)
    ]
    images = Images((Path("unused"),) * len(pixels), lambda data: pixels[0], tuple(pixels))
    return Split(images, np.repeat(range(3), per_class).tolist(), (32, 32))


def stripes(per_class: int, seed: int, angles: list[float]) -> Split:
    """Noisy grey stripes; the class is their direction."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:32, :32]
    pixels, classes = [], []
    for index, angle in enumerate(angles):
        for _ in range(per_class):
            waves = np.sin((x * math.cos(angle) + y * math.sin(angle)) * 0.8 + rng.uniform(0, 2 * math.pi))
            noisy = 128 + 60 * waves[..., None] + rng.normal(0, 20, (32, 32, 3))
            pixels.append(np.clip(noisy, 0, 255).astype(np.uint8))
            classes.append(index)
    images = Images((Path("unused"),) * len(pixels), lambda data: pixels[0], tuple(pixels))
    return Split(images, classes, (32, 32))


def trainer(given: Hyperparameters, seed: int = 0) -> Trainer:
    """A fresh network in the precision that `given` asks for."""
    torch.manual_seed(seed)
    classifier = Classifier(build(given.num_layers, given.num_classes), MEAN, STD)
    classifier.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    machine = compute.choose(given.precision_dtype)
    return Trainer(classifier, optimisation.build(classifier, given), machine, given, Options(seed))


def fit(given: Hyperparameters, train: Split, validation: Split, seed: int = 0) -> Outcome:
    return trainer(given, seed).fit(train, validation)


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_it_learns_in_each_precision(precision: str) -> None:
    given = hyperparameters(epochs="4", precision_dtype=precision)

    outcome = fit(given, colours(8), colours(8, seed=500))

    assert max(one.validation.accuracy for one in outcome.epochs) > 0.9
    assert outcome.epochs[-1].train.loss < outcome.epochs[0].train.loss
    assert not outcome.interrupted


def test_the_same_seed_gives_the_same_training_and_another_another() -> None:
    given = hyperparameters(epochs="1", augmentation_type="crop_color", precision_dtype="float32")

    first, again, other = (fit(given, colours(8), colours(3), seed) for seed in (1, 1, 2))

    assert first.epochs[0].train == again.epochs[0].train
    assert all(first.state[name].equal(again.state[name]) for name in first.state)
    assert first.epochs[0].train != other.epochs[0].train


def test_the_weights_kept_are_those_of_the_best_epoch() -> None:
    # With a rate of 1 the second epoch breaks what the first one learned.
    given = hyperparameters(epochs="2", lr_scheduler_step="1", lr_scheduler_factor="1")
    one = trainer(given)
    accuracies = iter([0.9, 0.3])
    states = []

    class Scripted(Trainer):
        def evaluate(self, split: Split, _: object) -> object:  # type: ignore[override]
            states.append({k: v.clone() for k, v in self.classifier.network.state_dict().items()})
            return type(Trainer.evaluate(self, split))(next(accuracies), 1.0)

    outcome = Scripted(one.classifier, one.optimizer, one.compute, given).fit(colours(4), colours(2))

    assert all(outcome.state[name].equal(states[0][name]) for name in outcome.state)
    assert not outcome.state["conv1.weight"].equal(states[1]["conv1.weight"])


def test_validation_counts_every_image_exactly_once() -> None:
    given = hyperparameters(mini_batch_size="8")
    one = trainer(given)
    split = colours(7)  # 21 images: two batches of 8, one of 5

    score = one.evaluate(split)

    images = torch.cat([batch.images for batch in split.validation_batches(21)])
    one.classifier.eval()
    with torch.no_grad(), one.compute.autocast():
        logits = one.classifier(images).float()
    classes = torch.tensor(split.classes)
    assert score.accuracy == pytest.approx((logits.argmax(1) == classes).sum().item() / 21)
    assert score.loss == pytest.approx(torch.nn.functional.cross_entropy(logits, classes).item(), rel=0.02)


def test_validation_changes_no_weight() -> None:
    one = trainer(hyperparameters())
    before = {name: value.clone() for name, value in one.classifier.state_dict().items()}

    one.evaluate(colours(4))

    assert all(value.equal(before[name]) for name, value in one.classifier.state_dict().items())


def test_the_log_of_an_epoch(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    outcome = fit(hyperparameters(epochs="1", top_k="2"), colours(8), colours(3))

    (epoch,) = outcome.epochs
    assert caplog.messages == [
        f"Epoch[0] Train-accuracy={epoch.train.accuracy:f}",
        f"Epoch[0] Train-top_k_accuracy_2={epoch.train.top_k_accuracy:f}",
        f"Epoch[0] Time cost={epoch.seconds:.3f}",
        f"Epoch[0] Validation-accuracy={epoch.validation.accuracy:f}",
        f"Epoch[0] Validation-top_k_accuracy_2={epoch.validation.top_k_accuracy:f}",
        f"Storing the best model with validation accuracy: {epoch.validation.accuracy:f}",
    ]


def test_the_learning_rate_follows_the_schedule() -> None:
    given = hyperparameters(epochs="2", lr_scheduler_step="1", mini_batch_size="12")
    one = trainer(given)

    outcome = one.fit(colours(4), colours(1))

    assert [epoch.learning_rate for epoch in outcome.epochs] == pytest.approx([0.001, 0.0001])
    assert one.optimizer.param_groups[0]["lr"] == pytest.approx(0.0001)


def test_early_stopping_ends_the_training(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    given = hyperparameters(
        epochs="9",
        learning_rate="0",
        mini_batch_size="12",
        early_stopping="True",
        early_stopping_min_epochs="1",
        early_stopping_patience="1",
        early_stopping_tolerance="1",
    )

    outcome = fit(given, colours(4), colours(1))

    assert len(outcome.epochs) < 9
    assert not outcome.interrupted
    assert caplog.messages[-1] == f"Early stopping after epoch {len(outcome.epochs) - 1}"


@pytest.mark.parametrize(
    ("batches", "finished"),
    # An epoch of 24 images has three batches to train and one to validate.
    [(1, 0), (3, 0), (4, 1), (6, 1)],
    ids=["in the first epoch", "in its validation", "after it", "in the second epoch"],
)
def test_a_stop_keeps_the_epochs_that_were_finished(batches: int, finished: int) -> None:
    asked = iter([False] * batches)
    one = trainer(hyperparameters(epochs="5"))
    stoppable = replace(one, stop=lambda: next(asked, True))

    outcome = stoppable.fit(colours(8), colours(2))

    assert outcome.interrupted
    assert len(outcome.epochs) == finished
    assert bool(outcome.state) == bool(finished)


def test_transferred_weights_learn_a_new_task_better_than_fresh_ones() -> None:
    eighth = math.pi / 8
    settings = {"precision_dtype": "float32", "num_training_samples": "96"}
    source_task = hyperparameters(**settings, num_classes="4", epochs="3", mini_batch_size="16")
    directions = [0, 2 * eighth, 4 * eighth, 6 * eighth]
    source = fit(source_task, stripes(24, 0, directions), stripes(2, 1, directions))
    # Other directions, another number of them, and three steps.
    task = hyperparameters(**settings, epochs="1", learning_rate="0.0003")
    train, validation = (stripes(n, s, [eighth, 3 * eighth, 5 * eighth]) for n, s in ((8, 2), (16, 3)))
    fresh, transferred = trainer(task, seed=4), trainer(task, seed=4)
    weights.transfer(transferred.classifier.network, source.state, "the source task")

    from_fresh, from_source = (
        one.fit(train, validation).epochs[0].validation.accuracy for one in (fresh, transferred)
    )

    assert from_source > 0.9
    assert from_source > from_fresh + 0.1
