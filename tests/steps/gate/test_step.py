from __future__ import annotations

from tests.definitions import definition, get, join, json_get, step

NAME = "AccuracyGate"
EVALUATION = "EvaluateModel.PropertyFiles.Evaluation"
THRESHOLD = get("Parameters.AccuracyThreshold")
RECALL = get("Parameters.WorstClassRecallThreshold")
ERROR = get("Parameters.ExpectedCalibrationErrorThreshold")


def test_accuracy_must_reach_its_threshold() -> None:
    assert step(definition(), NAME)["Arguments"]["Conditions"] == [
        {
            "Type": "GreaterThanOrEqualTo",
            "LeftValue": json_get("metrics.accuracy", EVALUATION),
            "RightValue": THRESHOLD,
        }
    ]


def test_every_metric_that_the_config_names_is_a_condition() -> None:
    gate = {"expected_calibration_error": 0.1, "accuracy": 0.9, "worst_class_recall": 0.5}
    conditions = step(definition(gate=gate), NAME)["Arguments"]["Conditions"]
    assert [(one["Type"], one["LeftValue"], one["RightValue"]) for one in conditions] == [
        ("GreaterThanOrEqualTo", json_get("metrics.accuracy", EVALUATION), THRESHOLD),
        ("GreaterThanOrEqualTo", json_get("metrics.worst_class_recall", EVALUATION), RECALL),
        ("LessThanOrEqualTo", json_get("metrics.expected_calibration_error", EVALUATION), ERROR),
    ]


def test_the_training_metric_can_be_the_gate_after_evaluation_all_the_same() -> None:
    one = step(definition(gate={"accuracy": 0.9, "source": "training"}), NAME)
    (condition,) = one["Arguments"]["Conditions"]
    assert condition["LeftValue"] == get("Steps.TrainModel.FinalMetricDataList['validation:accuracy'].Value")
    assert one["DependsOn"] == ["EvaluateModel"]


def test_a_rejected_model_is_told_by_metric_value_and_threshold() -> None:
    gate = {"accuracy": 0.9, "expected_calibration_error": 0.1}
    message = step(definition(gate=gate), "RejectModel")["Arguments"]["ErrorMessage"]
    assert message == join(
        "",
        "The model was not registered: accuracy is ",
        json_get("metrics.accuracy", EVALUATION),
        ", at least ",
        THRESHOLD,
        " is needed",
        "; expected_calibration_error is ",
        json_get("metrics.expected_calibration_error", EVALUATION),
        ", at most ",
        ERROR,
        " is needed",
    )


def test_what_follows_stands_in_its_branches() -> None:
    arguments = step(definition(deploy={"when": "gate"}), NAME)["Arguments"]
    assert [one["Name"] for one in arguments["IfSteps"]] == [
        "RegisterModel",
        "CreateEndpointConfig",
        "DeployEndpoint",
    ]
    assert [one["Name"] for one in arguments["ElseSteps"]] == ["RejectModel"]
