"""Brings a pipeline and what it needs to the state that the config describes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from pipeline import registry
from pipeline.aws_errors import is_missing
from pipeline.bucket import ensure_bucket
from pipeline.bundle import Bundle
from pipeline.session import Session


@dataclass(frozen=True)
class Upserted:
    """What an upsert did. `action` is created, updated or unchanged; `uploaded` are S3 URIs."""

    arn: str
    action: str
    uploaded: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """The outcome for programs."""
        return {"arn": self.arn, "action": self.action, "uploaded": list(self.uploaded)}


@dataclass(frozen=True)
class Desired:
    """What should exist.

    Attributes:
        name: Of the pipeline.
        definition: Its JSON.
        bucket: Where code goes.
        bundles: The programs that the definition refers to.
        group: Model package group.
        role: ARN that the pipeline runs as.
    """

    name: str
    definition: str
    bucket: str
    bundles: tuple[Bundle, ...]
    group: str
    role: str


def upsert(session: Session, desired: Desired) -> Upserted:
    """Uploads the code, makes the group, then creates or updates the pipeline.

    In this order, so that an interrupt never leaves a pipeline that refers to code which is not there; doing
    it again goes on from there.
    """
    ensure_bucket(session, desired.bucket)
    uploaded = tuple(_upload(session, desired, desired.bundles))
    registry.ensure_group(session, desired.group)
    arn, action = _write_pipeline(session, desired)
    return Upserted(arn, action, uploaded)


def _upload(session: Session, desired: Desired, bundles: Iterable[Bundle]) -> Iterable[str]:
    s3 = session.client("s3")
    for bundle in bundles:
        key = bundle.key(desired.name)
        try:
            # The key holds the content's hash: what is there is right.
            s3.head_object(Bucket=desired.bucket, Key=key)
        except ClientError as error:
            if not is_missing(error):
                raise
            s3.put_object(Bucket=desired.bucket, Key=key, Body=bundle.content)
            yield f"s3://{desired.bucket}/{key}"


def _write_pipeline(session: Session, desired: Desired) -> tuple[str, str]:
    client = session.client("sagemaker")
    try:
        present = client.describe_pipeline(PipelineName=desired.name)
    except ClientError as error:
        if not is_missing(error):
            raise
        made = client.create_pipeline(
            PipelineName=desired.name,
            PipelineDefinition=desired.definition,
            RoleArn=desired.role,
            ClientRequestToken=uuid.uuid4().hex,
        )
        return str(made["PipelineArn"]), "created"
    same = json.loads(present["PipelineDefinition"]) == json.loads(desired.definition)
    if same and present["RoleArn"] == desired.role:
        return str(present["PipelineArn"]), "unchanged"
    client.update_pipeline(
        PipelineName=desired.name, PipelineDefinition=desired.definition, RoleArn=desired.role
    )
    return str(present["PipelineArn"]), "updated"
