import numpy as np
import pytest

from steps.evaluate.metrics import Ints
from steps.evaluate.model_quality import render_model_quality

FIGURES = ("accuracy", "weighted_recall", "weighted_precision", "weighted_f0_5", "weighted_f1", "weighted_f2")


def case(seed: int = 0, images: int = 200) -> tuple[Ints, Ints]:
    generator = np.random.default_rng(seed)
    labels = generator.choice(3, size=images, p=[0.5, 0.3, 0.2])
    return labels, np.where(generator.random(images) < 0.8, labels, generator.integers(3, size=images))


def test_shape() -> None:
    content = render_model_quality(("a", "b", "c"), *case())
    expected = {"confusion_matrix", *FIGURES, *(f"{name}_best_constant_classifier" for name in FIGURES)}
    assert set(content) == expected
    for name in expected - {"confusion_matrix"}:
        assert set(content[name]) == {"value", "standard_deviation"}


def test_confusion_matrix_without_zeros() -> None:
    content = render_model_quality(("a", "b", "c"), np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]))
    assert content["confusion_matrix"] == {"a": {"a": 1, "b": 1}, "b": {"b": 1}, "c": {"b": 1}}


@pytest.mark.filterwarnings("ignore:Precision is ill-defined", "ignore:F-score is ill-defined")
def test_as_scikit_learn_computes_them() -> None:
    from sklearn import metrics

    labels, predictions = case()
    content = render_model_quality(("a", "b", "c"), labels, predictions)
    assert content["accuracy"]["value"] == pytest.approx(metrics.accuracy_score(labels, predictions))
    for constant in (False, True):
        answers = np.full_like(labels, 0) if constant else predictions
        end = "_best_constant_classifier" if constant else ""
        for name, beta in (("weighted_f0_5", 0.5), ("weighted_f1", 1), ("weighted_f2", 2)):
            expected = metrics.fbeta_score(labels, answers, beta=beta, average="weighted", zero_division=0)
            assert content[name + end]["value"] == pytest.approx(expected)
        expected = metrics.precision_score(labels, answers, average="weighted", zero_division=0)
        assert content["weighted_precision" + end]["value"] == pytest.approx(expected)


def test_deviation_is_that_of_the_accuracy() -> None:
    labels, predictions = case(images=400)
    accuracy = render_model_quality(("a", "b", "c"), labels, predictions)["accuracy"]
    theory = np.sqrt(accuracy["value"] * (1 - accuracy["value"]) / 400)
    assert accuracy["standard_deviation"] == pytest.approx(theory, rel=0.2)


def test_same_every_time() -> None:
    first, second = (render_model_quality(("a", "b", "c"), *case()) for _ in range(2))
    assert first == second
