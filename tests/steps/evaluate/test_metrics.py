import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.evaluate.metrics import CALIBRATION_BINS, Evaluation, Floats, Ints, evaluate_scores

NAMES = tuple("abcdefgh")


def evaluation_of(labels: list[int], probabilities: list[list[float]]) -> Evaluation:
    names = NAMES[: len(probabilities[0])]
    return evaluate_scores(names, np.array(labels), np.array(probabilities, dtype=np.float64))


def random_case(seed: int, images: int, classes: int) -> tuple[Ints, Floats]:
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.full(classes, 0.5), size=images)
    return generator.integers(classes, size=images), probabilities


def test_small_case_by_hand() -> None:
    evaluation = evaluation_of(
        [0, 0, 0, 1, 1, 2],
        [
            [0.8, 0.1, 0.1],
            [0.6, 0.3, 0.1],
            [0.2, 0.7, 0.1],
            [0.1, 0.9, 0.0],
            [0.5, 0.4, 0.1],
            [0.3, 0.3, 0.4],
        ],
    )
    assert evaluation.num_images == 6
    assert evaluation.accuracy == pytest.approx(4 / 6)
    assert evaluation.confusion.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert [(one.support, one.predicted) for one in evaluation.classes] == [(3, 3), (2, 2), (1, 1)]
    assert [one.precision for one in evaluation.classes] == pytest.approx([2 / 3, 1 / 2, 1])
    assert [one.recall for one in evaluation.classes] == pytest.approx([2 / 3, 1 / 2, 1])
    assert evaluation.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert evaluation.worst_class_recall == 0.5
    assert evaluation.top_5_accuracy is None


def test_perfect_model() -> None:
    evaluation = evaluation_of([0, 1], [[1.0, 0.0], [0.0, 1.0]])
    assert (evaluation.accuracy, evaluation.macro_f1, evaluation.worst_class_recall) == (1, 1, 1)
    assert evaluation.expected_calibration_error == 0
    low, high = evaluation.interval
    assert 0 < low < 1
    assert high == 1


def test_class_without_images_does_not_count() -> None:
    """A class that is neither there nor predicted says nothing of the model."""
    evaluation = evaluation_of([0, 1], [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    assert (evaluation.macro_f1, evaluation.worst_class_recall) == (1, 1)
    unseen = evaluation.classes[2]
    assert (unseen.precision, unseen.recall, unseen.f1, unseen.support) == (0, 0, 0, 0)


def test_class_that_is_predicted_without_images_lowers_macro_f1() -> None:
    evaluation = evaluation_of([0, 1], [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    assert evaluation.macro_f1 == pytest.approx(1 / 3)
    assert evaluation.worst_class_recall == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.filterwarnings("ignore:Precision is ill-defined", "ignore:Recall is ill-defined")
def test_as_scikit_learn_computes_them(seed: int) -> None:
    from sklearn import metrics

    labels, probabilities = random_case(seed, images=60, classes=8)
    predictions = probabilities.argmax(axis=1)
    evaluation = evaluate_scores(NAMES, labels, probabilities)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, predictions, labels=range(8), zero_division=0
    )
    assert [one.precision for one in evaluation.classes] == pytest.approx(list(precision))
    assert [one.recall for one in evaluation.classes] == pytest.approx(list(recall))
    assert [one.f1 for one in evaluation.classes] == pytest.approx(list(f1))
    assert [one.support for one in evaluation.classes] == list(support)
    assert evaluation.accuracy == pytest.approx(metrics.accuracy_score(labels, predictions))
    assert evaluation.macro_f1 == pytest.approx(metrics.f1_score(labels, predictions, average="macro"))
    assert (
        evaluation.confusion.tolist()
        == metrics.confusion_matrix(labels, predictions, labels=range(8)).tolist()
    )
    top = metrics.top_k_accuracy_score(labels, probabilities, k=5, labels=range(8))
    assert evaluation.top_5_accuracy == pytest.approx(top)


class TestTopFive:
    def test_more_than_five_classes(self) -> None:
        row = [0.3, 0.2, 0.2, 0.1, 0.1, 0.1]
        assert evaluation_of([3], [row]).top_5_accuracy == 1
        assert evaluation_of([4], [row]).top_5_accuracy == 1

    def test_ties_go_to_the_lower_index_as_the_prediction_does(self) -> None:
        even = [1 / 6] * 6
        assert evaluation_of([4], [even]).top_5_accuracy == 1
        assert evaluation_of([5], [even]).top_5_accuracy == 0

    def test_five_classes_have_none(self) -> None:
        assert evaluation_of([0], [[0.2] * 5]).top_5_accuracy is None


class TestCalibration:
    def test_bins_cover_everything(self) -> None:
        labels, probabilities = random_case(1, images=500, classes=4)
        bins = evaluate_scores(NAMES[:4], labels, probabilities).bins
        assert len(bins) == CALIBRATION_BINS
        assert (bins[0].low, bins[-1].high) == (0, 1)
        assert sum(one.count for one in bins) == 500
        for one in bins:
            assert not one.count or one.low < one.confidence <= one.high

    def test_overconfident_model(self) -> None:
        evaluation = evaluation_of([0, 0, 1, 1], [[0.9, 0.1]] * 4)
        assert evaluation.expected_calibration_error == pytest.approx(0.4)

    def test_upper_edge_belongs_to_the_bin(self) -> None:
        bins = evaluation_of([0], [[0.6, 0.4]]).bins
        assert [one.count for one in bins].index(1) == 8
        assert bins[8].high == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("right", "images", "expected"),
    [(9, 10, (0.5958, 0.9821)), (0, 10, (0.0, 0.2775)), (90, 100, (0.8256, 0.9448))],
)
def test_interval(right: int, images: int, expected: tuple[float, float]) -> None:
    """Wilson's interval as published tables have it."""
    labels = [0] * right + [1] * (images - right)
    assert evaluation_of(labels, [[1.0, 0.0]] * images).interval == pytest.approx(expected, abs=1e-3)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(2, 8))
def test_figures_stay_in_range(seed: int, images: int, classes: int) -> None:
    labels, probabilities = random_case(seed, images, classes)
    evaluation = evaluate_scores(NAMES[:classes], labels, probabilities)
    low, high = evaluation.interval
    assert 0 <= low <= evaluation.accuracy + 1e-9
    assert evaluation.accuracy - 1e-9 <= high <= 1
    assert evaluation.worst_class_recall <= evaluation.accuracy + 1e-9
    assert 0 <= evaluation.macro_f1 <= 1
    assert 0 <= evaluation.expected_calibration_error <= 1
    assert evaluation.num_images == images
    if evaluation.top_5_accuracy is not None:
        assert evaluation.accuracy <= evaluation.top_5_accuracy + 1e-9
