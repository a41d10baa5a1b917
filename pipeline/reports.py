"""The page that EvaluateModel wrote."""

from __future__ import annotations

from pipeline.errors import Finding, RunError
from pipeline.executions import Execution
from pipeline.s3_uri import split_uri
from pipeline.session import Session

_STEP, _OUTPUT, _PAGE = "EvaluateModel", "evaluation", "report.html"


def fetch(session: Session, execution: Execution) -> bytes:
    """The page (HTML, self-contained) of an execution.

    Raises:
        RunError: The execution has not evaluated a model.
    """
    step = execution.step(_STEP)
    if step.job_arn is None or step.status != "Succeeded":
        reason = f"{_STEP} is at '{step.status}'"
        raise RunError(
            Finding(
                "R107",
                "no-report",
                f"execution {execution.id} has no report",
                details=(("reason", reason),),
                hint="`imgpipe status` shows its steps",
            )
        )
    job = session.client("sagemaker").describe_processing_job(ProcessingJobName=step.job_arn.split("/")[-1])
    outputs = job["ProcessingOutputConfig"]["Outputs"]
    uri = next(output["S3Output"]["S3Uri"] for output in outputs if output["OutputName"] == _OUTPUT)
    bucket, prefix = split_uri(uri)
    found = session.client("s3").get_object(Bucket=bucket, Key=f"{prefix.rstrip('/')}/{_PAGE}")
    return bytes(found["Body"].read())
