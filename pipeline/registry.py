"""Model packages: what the pipeline registered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import is_missing
from pipeline.errors import Finding, RunError
from pipeline.s3_uri import split_uri
from pipeline.session import Session


@dataclass(frozen=True)
class Model:
    """One version in a model package group. `metrics` is empty where the package links to none."""

    arn: str
    version: int
    approval: str
    status: str
    created: datetime
    metrics: Mapping[str, float]

    def to_json(self) -> dict[str, object]:
        """The version for programs."""
        return {
            "arn": self.arn,
            "version": self.version,
            "approval": self.approval,
            "status": self.status,
            "created": self.created.isoformat(),
            "metrics": dict(self.metrics),
        }


def models(session: Session, group: str) -> list[Model]:
    """The versions of a group, newest first.

    Raises:
        RunError: There is no such group.
    """
    client = session.client("sagemaker")
    listing = client.get_paginator("list_model_packages")
    try:
        pages = list(
            listing.paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending")
        )
    except ClientError as error:
        if is_missing(error):
            hint = "`imgpipe upsert` makes the group, a passed gate registers a model"
            raise RunError(
                Finding(
                    "R501", "no-group", f"{session.engine} has no model package group '{group}'", hint=hint
                )
            ) from error
        raise
    arns = [found["ModelPackageArn"] for page in pages for found in page["ModelPackageSummaryList"]]
    return [_model(session, client.describe_model_package(ModelPackageName=arn)) for arn in arns]


def _model(session: Session, package: Mapping[str, Any]) -> Model:
    quality = package.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {})
    return Model(
        arn=package["ModelPackageArn"],
        version=package["ModelPackageVersion"],
        approval=package["ModelApprovalStatus"],
        status=package["ModelPackageStatus"],
        created=package["CreationTime"],
        metrics=_metrics(session, quality["S3Uri"]) if quality else {},
    )


def _metrics(session: Session, uri: str) -> dict[str, float]:
    bucket, key = split_uri(uri)
    try:
        body = session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if is_missing(error):
            return {}
        raise
    return {name: float(value) for name, value in json.loads(body).get("metrics", {}).items()}
