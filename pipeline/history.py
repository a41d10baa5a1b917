"""Executions that a pipeline has had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import is_missing
from pipeline.executions import TERMINAL, no_pipeline
from pipeline.session import Session

# ListPipelineExecutions answers at most this many at once.
_PAGE = 100


@dataclass(frozen=True)
class Past:
    """An execution, over or not.

    Attributes:
        id: The last part of its ARN.
        arn: Its ARN.
        status: AWS's word for it.
        started: When.
        seconds: How long it took, or has taken so far.
        by: Who started it, as far as SageMaker says; else empty.
        reason: Why it failed.
    """

    id: str
    arn: str
    status: str
    started: datetime
    seconds: float
    by: str
    reason: str | None

    @property
    def is_over(self) -> bool:
        """Whether its status is final."""
        return self.status in TERMINAL

    def to_json(self) -> dict[str, object]:
        """The execution for programs."""
        return {
            "id": self.id,
            "arn": self.arn,
            "status": self.status,
            "started": self.started.isoformat(),
            "seconds": round(self.seconds, 1),
            "by": self.by or None,
            "reason": self.reason,
        }


def executions(session: Session, pipeline: str, limit: int) -> list[Past]:
    """The newest executions of a pipeline, the newest first.

    A request each: how long one took and who started it is not in the listing.

    Raises:
        RunError: There is no such pipeline.
    """
    client = session.client("sagemaker")
    listing = client.get_paginator("list_pipeline_executions")
    try:
        pages = listing.paginate(
            PipelineName=pipeline,
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"PageSize": min(limit, _PAGE)},
        )
        listed = (one for page in pages for one in page["PipelineExecutionSummaries"])
        arns = [one["PipelineExecutionArn"] for one in islice(listed, limit)]
    except ClientError as error:
        if is_missing(error):
            raise no_pipeline(session, pipeline) from error
        raise
    return [_past(client.describe_pipeline_execution(PipelineExecutionArn=arn)) for arn in arns]


def _past(described: Mapping[str, Any]) -> Past:
    status, started = described["PipelineExecutionStatus"], described["CreationTime"]
    end = described["LastModifiedTime"] if status in TERMINAL else datetime.now(started.tzinfo)
    arn = described["PipelineExecutionArn"]
    return Past(
        id=arn.rsplit("/", 1)[-1],
        arn=arn,
        status=status,
        started=started,
        seconds=(end - started).total_seconds(),
        by=_name(described.get("CreatedBy", {})),
        reason=described.get("FailureReason"),
    )


def _name(user: Mapping[str, Any]) -> str:
    """A profile of Studio, else the end of an IAM ARN: role and session, or user."""
    if user.get("UserProfileName"):
        return str(user["UserProfileName"])
    arn = user.get("IamIdentity", {}).get("Arn", "")
    return str(arn).partition("/")[2] or str(arn)
