"""The figures in the form of SageMaker Model Monitor's model quality, which the model registry shows.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steps.evaluate.metrics import Floats, Ints, ratio

RESAMPLES = 200
"""Enough to know a standard deviation to a twentieth of itself (1 / sqrt(2 * 200))."""

_SEED = 0
_BETAS = {"weighted_f0_5": 0.5, "weighted_f1": 1.0, "weighted_f2": 2.0}


def render_model_quality(names: tuple[str, ...], labels: Ints, predictions: Ints) -> dict[str, Any]:
    """The value of multiclass_classification_metrics: each figure with a bootstrapped standard deviation.

    The confusion matrix leaves zeros out: with a thousand classes there are a million. The best constant
    classifier always answers with the most frequent class; a model has to be better than that.
    """
    constant = np.full_like(labels, np.bincount(labels).argmax())
    content: dict[str, Any] = {"confusion_matrix": _sparse_confusion(names, labels, predictions)}
    content.update(_with_deviation(labels, predictions, len(names)))
    best_constant = _with_deviation(labels, constant, len(names))
    content.update({f"{name}_best_constant_classifier": figure for name, figure in best_constant.items()})
    return content


def _sparse_confusion(names: tuple[str, ...], labels: Ints, predictions: Ints) -> dict[str, dict[str, int]]:
    matrix: dict[str, dict[str, int]] = {name: {} for name in names}
    pairs, counts = np.unique(np.stack([labels, predictions]), axis=1, return_counts=True)
    for true, predicted, count in zip(*pairs.tolist(), counts.tolist(), strict=True):
        matrix[names[true]][names[predicted]] = count
    return matrix


def _with_deviation(labels: Ints, predictions: Ints, classes: int) -> dict[str, dict[str, float]]:
    generator = np.random.default_rng(_SEED)
    resamples = [_resampled(generator, labels, predictions, classes) for _ in range(RESAMPLES)]
    return {
        name: {"value": value, "standard_deviation": float(np.std([one[name] for one in resamples]))}
        for name, value in _figures(labels, predictions, classes).items()
    }


def _resampled(
    generator: np.random.Generator, labels: Ints, predictions: Ints, classes: int
) -> dict[str, float]:
    drawn: NDArray[np.int64] = generator.integers(len(labels), size=len(labels))
    return _figures(labels[drawn], predictions[drawn], classes)


def _figures(labels: Ints, predictions: Ints, classes: int) -> dict[str, float]:
    """Weighted by the classes' share of images; the weighted recall is the accuracy."""
    hits = np.bincount(labels[labels == predictions], minlength=classes)
    support = np.bincount(labels, minlength=classes)
    predicted = np.bincount(predictions, minlength=classes)
    weights = support / len(labels)

    def weighted(values: Floats) -> float:
        return float((weights * values).sum())

    def f_score(beta: float) -> float:
        denominator = (beta**2 * support + predicted).astype(np.float64)
        return weighted(ratio(((1 + beta**2) * hits).astype(np.float64), denominator))

    accuracy = float(hits.sum() / len(labels))
    return {
        "accuracy": accuracy,
        "weighted_recall": accuracy,
        "weighted_precision": weighted(ratio(hits, predicted)),
        **{name: f_score(beta) for name, beta in _BETAS.items()},
    }
