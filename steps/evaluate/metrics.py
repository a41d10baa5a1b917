"""The figures of an evaluation, from probabilities and true classes alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CALIBRATION_BINS = 15
"""As in "On Calibration of Modern Neural Networks" (Guo et al., 2017), which set the custom."""

TOP_K = 5

# Of the interval around the accuracy: 95 % of a normal distribution lie within.
_Z = 1.96


@dataclass(frozen=True)
class ClassFigures:
    """How one class fares. A figure whose denominator is 0 is 0, as in scikit-learn.

    Attributes:
        name: The label.
        precision: Share of right ones among the images that were taken for this class.
        recall: Share of this class's images that were recognised.
        f1: Harmonic mean of both.
        support: Validation images of this class.
        predicted: Images that were taken for this class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True)
class Bin:
    """The images whose greatest probability lies in (low, high]. Means are 0 where there are none."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Evaluation:
    """All figures.

    Attributes:
        accuracy: Share of right predictions.
        interval: 95 % confidence interval of the accuracy (Wilson), for so few images.
        macro_f1: Mean F1 of the classes that occur, among the images or the predictions.
        worst_class_recall: Least recall of the classes that have images.
        top_5_accuracy: Share of images whose class is among the five most probable; None where there are
            no more than five classes.
        expected_calibration_error: Mean distance between probability and accuracy over CALIBRATION_BINS bins.
        classes: By class index.
        confusion: [true, predicted], counts.
        bins: In ascending order, all of the same width.
    """

    accuracy: float
    interval: tuple[float, float]
    macro_f1: float
    worst_class_recall: float
    top_5_accuracy: float | None
    expected_calibration_error: float
    classes: tuple[ClassFigures, ...]
    confusion: Ints
    bins: tuple[Bin, ...]

    @property
    def num_images(self) -> int:
        """How many images there are figures of."""
        return int(self.confusion.sum())


def evaluate_scores(names: tuple[str, ...], labels: Ints, probabilities: Floats) -> Evaluation:
    """Computes everything.

    Args:
        names: Of the classes, by index.
        labels: True class indices, [n], n > 0.
        probabilities: [n, classes], finite.
    """
    predictions = probabilities.argmax(axis=1)
    confusion = _confusion(labels, predictions, len(names))
    classes = _per_class(names, confusion)
    accuracy = float((predictions == labels).mean())
    bins = _calibration(probabilities.max(axis=1), predictions == labels)
    return Evaluation(
        accuracy=accuracy,
        interval=_wilson(accuracy, len(labels)),
        macro_f1=float(np.mean([one.f1 for one in classes if one.support or one.predicted])),
        worst_class_recall=min(one.recall for one in classes if one.support),
        top_5_accuracy=_top_k(labels, probabilities) if len(names) > TOP_K else None,
        expected_calibration_error=sum(b.count * abs(b.accuracy - b.confidence) for b in bins) / len(labels),
        classes=classes,
        confusion=confusion,
        bins=bins,
    )


def _confusion(labels: Ints, predictions: Ints, classes: int) -> Ints:
    counts = np.bincount(labels * classes + predictions, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def _per_class(names: tuple[str, ...], confusion: Ints) -> tuple[ClassFigures, ...]:
    hits, support, predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = ratio(hits, predicted), ratio(hits, support)
    f1 = ratio(2 * hits, support + predicted)
    return tuple(
        ClassFigures(
            name, float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]), int(predicted[i])
        )
        for i, name in enumerate(names)
    )


def ratio(numerator: Ints | Floats, denominator: Ints | Floats) -> Floats:
    """Element by element, 0 where the denominator is 0."""
    result = np.zeros(len(denominator), dtype=np.float64)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def _top_k(labels: Ints, probabilities: Floats) -> float:
    true = np.take_along_axis(probabilities, labels[:, np.newaxis], axis=1)
    # Among equal probabilities the lower index comes first, as in argmax.
    ties_before = (probabilities == true) & (np.arange(probabilities.shape[1]) < labels[:, np.newaxis])
    rank = (probabilities > true).sum(axis=1) + ties_before.sum(axis=1)
    return float((rank < TOP_K).mean())


def _calibration(confidence: Floats, right: NDArray[np.bool_]) -> tuple[Bin, ...]:
    index = np.clip(np.ceil(confidence * CALIBRATION_BINS).astype(np.int64) - 1, 0, CALIBRATION_BINS - 1)
    counts = np.bincount(index, minlength=CALIBRATION_BINS)
    confidences = ratio(np.bincount(index, weights=confidence, minlength=CALIBRATION_BINS), counts)
    accuracies = ratio(np.bincount(index, weights=right, minlength=CALIBRATION_BINS), counts)
    return tuple(
        Bin(
            low=i / CALIBRATION_BINS,
            high=(i + 1) / CALIBRATION_BINS,
            count=int(counts[i]),
            confidence=float(confidences[i]),
            accuracy=float(accuracies[i]),
        )
        for i in range(CALIBRATION_BINS)
    )


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Unlike the normal approximation it stays within 0 and 1 and holds for few images (Wilson, 1927)."""
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * float(np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n)))
    return max(0.0, centre - half), min(1.0, centre + half)
