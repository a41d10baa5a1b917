import io
from datetime import UTC, datetime

import pytest

from pipeline import reports
from pipeline.errors import RunError
from pipeline.executions import Execution, Step
from tests.pipeline.stubs import stub_session

ARN = "arn:aws:sagemaker:us-east-1:1:pipeline/demo/execution/abc"
JOB = "arn:aws:sagemaker:us-east-1:1:processing-job/pipelines-abc-EvaluateModel"


def execution(status: str, job: str | None) -> Execution:
    step = Step("EvaluateModel", "Processing", status, job_arn=job)
    return Execution(ARN, "demo", "Executing", datetime(2026, 1, 1, tzinfo=UTC), steps=(step,))


def test_the_page_lies_in_the_evaluations_output() -> None:
    outputs = [{"OutputName": "evaluation", "S3Output": {"S3Uri": "s3://b/run/evaluation"}}]
    session = stub_session(
        sagemaker={"describe_processing_job": {"ProcessingOutputConfig": {"Outputs": outputs}}},
        s3={"get_object": {"Body": io.BytesIO(b"<html>")}},
    )
    assert reports.fetch(session, execution("Succeeded", JOB)) == b"<html>"
    assert session.client("s3").calls == [
        ("get_object", {"Bucket": "b", "Key": "run/evaluation/report.html"})
    ]


@pytest.mark.parametrize(("status", "job"), [("Waiting", None), ("Failed", JOB)])
def test_an_execution_that_has_not_evaluated_has_no_page(status: str, job: str | None) -> None:
    with pytest.raises(RunError) as caught:
        reports.fetch(stub_session(), execution(status, job))
    assert str(caught.value) == (
        f"error R107 no-report: execution abc has no report\n  reason: EvaluateModel is at '{status}'\n"
        "  hint:   `imgpipe status` shows its steps"
    )
