"""evaluation.json: what the gate, the registry and programs read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steps.evaluate.metrics import Evaluation


def render_document(evaluation: Evaluation, model_quality: Mapping[str, Any]) -> dict[str, Any]:
    """Its content. The gate reads `metrics` by JsonGet; a metric that does not exist is absent, not null."""
    metrics = {
        "accuracy": evaluation.accuracy,
        "macro_f1": evaluation.macro_f1,
        "worst_class_recall": evaluation.worst_class_recall,
        "top_5_accuracy": evaluation.top_5_accuracy,
        "expected_calibration_error": evaluation.expected_calibration_error,
    }
    return {
        "metrics": {name: value for name, value in metrics.items() if value is not None},
        "num_images": evaluation.num_images,
        "classes": [
            {
                "name": one.name,
                "precision": one.precision,
                "recall": one.recall,
                "f1": one.f1,
                "support": one.support,
            }
            for one in evaluation.classes
        ],
        "confusion_matrix": {
            "labels": [one.name for one in evaluation.classes],
            "rows": evaluation.confusion.tolist(),
        },
        "calibration": [
            {
                "low": one.low,
                "high": one.high,
                "count": one.count,
                "confidence": one.confidence,
                "accuracy": one.accuracy,
            }
            for one in evaluation.bins
        ],
        "multiclass_classification_metrics": dict(model_quality),
    }
