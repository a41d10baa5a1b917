from __future__ import annotations

import pytest

from tests.definitions import definition, get, join, json_get, step

NAME = "RegisterModel"
EVALUATION = get("Steps.EvaluateModel.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri")


@pytest.mark.parametrize(("register", "group"), [({}, "digits"), ({"group": "cats"}, "cats")])
def test_the_group_is_given_or_named_after_the_pipeline(register: dict[str, str], group: str) -> None:
    assert step(definition(register=register), NAME)["Arguments"]["ModelPackageGroupName"] == group


def test_the_package_serves_like_the_model_that_was_measured() -> None:
    document = definition()
    (container,) = step(document, NAME)["Arguments"]["InferenceSpecification"]["Containers"]
    assert container == step(document, "CreateModel")["Arguments"]["PrimaryContainer"]


def test_it_says_what_the_model_takes_answers_and_runs_on() -> None:
    document = definition(
        deploy={"when": "gate", "instance_type": ["ml.m4.xlarge", "ml.m5.xlarge"]},
        score={"instance_type": "ml.c5.xlarge"},
    )
    specification = step(document, NAME)["Arguments"]["InferenceSpecification"]
    assert specification["SupportedContentTypes"] == ["application/x-image", "image/jpeg", "image/png"]
    assert specification["SupportedResponseMIMETypes"] == ["application/json", "application/jsonlines"]
    assert specification["SupportedRealtimeInferenceInstanceTypes"] == ["ml.m4.xlarge", "ml.m5.xlarge"]
    assert specification["SupportedTransformInstanceTypes"] == ["ml.c5.xlarge"]


def test_it_carries_metrics_and_label_names() -> None:
    arguments = step(definition(), NAME)["Arguments"]
    assert arguments["ModelMetrics"] == {
        "ModelQuality": {
            "Statistics": {
                "ContentType": "application/json",
                "S3Uri": join("/", EVALUATION, "evaluation.json"),
            }
        }
    }
    report = get("Steps.ValidateImages.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri")
    accuracy = json_get("metrics.accuracy", "EvaluateModel.PropertyFiles.Evaluation")
    assert arguments["CustomerMetadataProperties"] == {
        "Accuracy": join("", accuracy),
        "ClassesUri": join("/", report, "classes.json"),
        "ReportUri": join("/", EVALUATION, "report.html"),
    }


def test_its_approval_is_a_parameter() -> None:
    assert step(definition(), NAME)["Arguments"]["ModelApprovalStatus"] == get(
        "Parameters.ModelApprovalStatus"
    )
