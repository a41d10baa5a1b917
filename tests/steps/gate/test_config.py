from __future__ import annotations

from steps.gate.config import GateConfig


def test_thresholds_are_those_given_in_a_fixed_order() -> None:
    gate = GateConfig(expected_calibration_error=0.1, macro_f1=0.0, accuracy=0.9)
    assert list(gate.thresholds().items()) == [
        ("accuracy", 0.9),
        ("macro_f1", 0.0),
        ("expected_calibration_error", 0.1),
    ]


def test_a_whole_number_is_a_threshold() -> None:
    assert GateConfig.model_validate({"accuracy": 1}).thresholds() == {"accuracy": 1.0}


def test_the_training_job_reports_accuracy_only() -> None:
    found = list(GateConfig(accuracy=0.9, macro_f1=0.8, top_5_accuracy=1.0, source="training").problems())
    assert [(one.code, one.path, one.severity) for one in found] == [
        ("C221", ("macro_f1",), "error"),
        ("C221", ("top_5_accuracy",), "error"),
    ]
    assert found[0].message == "macro_f1 cannot be had from source: training"


def test_other_gates_have_no_problems() -> None:
    assert list(GateConfig(accuracy=0.9, source="training").problems()) == []
    assert list(GateConfig(accuracy=0.9, macro_f1=0.8).problems()) == []
