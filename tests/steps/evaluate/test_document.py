import numpy as np

from steps.evaluate.document import render_document
from steps.evaluate.metrics import evaluate_scores


def test_document() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    evaluation = evaluate_scores(("cat", "dog"), np.array([0, 1, 1]), probabilities)
    content = render_document(evaluation, {"accuracy": {"value": 0.5, "standard_deviation": 0.1}})
    assert content["metrics"].keys() == {
        "accuracy",
        "macro_f1",
        "worst_class_recall",
        "expected_calibration_error",
    }
    assert content["metrics"]["accuracy"] == 2 / 3
    assert content["num_images"] == 3
    assert content["classes"] == [
        {"name": "cat", "precision": 0.5, "recall": 1.0, "f1": 2 / 3, "support": 1},
        {"name": "dog", "precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 2},
    ]
    assert content["confusion_matrix"] == {"labels": ["cat", "dog"], "rows": [[1, 0], [1, 1]]}
    assert [one for one in content["calibration"] if one["count"]] == [
        {"low": 10 / 15, "high": 11 / 15, "count": 1, "confidence": 0.7, "accuracy": 0.0},
        {"low": 11 / 15, "high": 12 / 15, "count": 1, "confidence": 0.8, "accuracy": 1.0},
        {"low": 13 / 15, "high": 14 / 15, "count": 1, "confidence": 0.9, "accuracy": 1.0},
    ]
    assert content["multiclass_classification_metrics"] == {
        "accuracy": {"value": 0.5, "standard_deviation": 0.1}
    }


def test_top_five_is_there_with_more_than_five_classes() -> None:
    evaluation = evaluate_scores(tuple("abcdef"), np.array([0]), np.eye(6)[:1])
    assert render_document(evaluation, {})["metrics"]["top_5_accuracy"] == 1
