import io
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline import registry
from pipeline.errors import RunError
from tests.pipeline.stubs import client_error, stub_session

ARN = "arn:aws:sagemaker:us-east-1:1:model-package/demo/1"
PACKAGE: dict[str, Any] = {
    "ModelPackageArn": ARN,
    "ModelPackageVersion": 1,
    "ModelApprovalStatus": "PendingManualApproval",
    "ModelPackageStatus": "Completed",
    "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
    "ModelMetrics": {"ModelQuality": {"Statistics": {"S3Uri": "s3://b/run/evaluation.json"}}},
}
LISTED = {"ModelPackageSummaryList": [{"ModelPackageArn": ARN}]}


def test_models_carry_the_metrics_of_their_evaluation() -> None:
    body = io.BytesIO(b'{"metrics": {"accuracy": 0.95}, "num_images": 3}')
    session = stub_session(
        sagemaker={"list_model_packages": LISTED, "describe_model_package": PACKAGE},
        s3={"get_object": {"Body": body}},
    )
    [model] = registry.models(session, "demo")
    assert model.metrics == {"accuracy": 0.95}
    assert model.to_json() == {
        "arn": ARN,
        "version": 1,
        "approval": "PendingManualApproval",
        "status": "Completed",
        "created": "2026-01-01T00:00:00+00:00",
        "metrics": {"accuracy": 0.95},
    }
    assert session.client("s3").calls == [("get_object", {"Bucket": "b", "Key": "run/evaluation.json"})]


@pytest.mark.parametrize(
    "package",
    [
        pytest.param({key: PACKAGE[key] for key in PACKAGE if key != "ModelMetrics"}, id="no metrics"),
        pytest.param(PACKAGE, id="metrics were deleted"),
    ],
)
def test_a_model_without_metrics(package: dict[str, Any]) -> None:
    session = stub_session(
        sagemaker={"list_model_packages": LISTED, "describe_model_package": package},
        s3={"get_object": client_error("NoSuchKey", "The specified key does not exist.")},
    )
    assert registry.models(session, "demo")[0].metrics == {}


def test_a_group_that_does_not_exist() -> None:
    missing = client_error("ValidationException", "ModelPackageGroup demo does not exist.")
    with pytest.raises(RunError) as caught:
        registry.models(stub_session(sagemaker={"list_model_packages": missing}), "demo")
    assert str(caught.value) == (
        "error R501 no-group: the local SageMaker has no model package group 'demo'\n"
        "  hint: `imgpipe upsert` makes the group, a passed gate registers a model"
    )
