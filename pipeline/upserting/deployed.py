"""A pipeline as the service has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import is_denied, is_missing
from pipeline.session import Session


@dataclass(frozen=True)
class Deployed:
    """A pipeline as the service has it.

    Attributes:
        arn: Its ARN.
        definition: The JSON of its newest version.
        role: ARN that it runs as.
        tags: All tags that it has; empty where they may not be read and nobody needs them.
        parallelism: How many steps of an execution may run at once; None if nobody has said.
    """

    arn: str
    definition: str
    role: str
    tags: Mapping[str, str]
    parallelism: int | None

    @property
    def document(self) -> dict[str, Any]:
        """The definition, parsed. What is no JSON object becomes one."""
        return document(self.definition)

    def to_json(self) -> dict[str, Any]:
        """The pipeline for programs."""
        return {
            "arn": self.arn,
            "definition": self.definition,
            "role": self.role,
            "tags": dict(self.tags),
            "parallelism": self.parallelism,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Deployed:
        """What `to_json` made.

        Raises:
            KeyError, TypeError, ValueError: It did not.
        """
        keys = ("arn", "definition", "role", "parallelism")
        return cls(**{key: value[key] for key in keys}, tags=dict(value["tags"]))


def document(text: str) -> dict[str, Any]:
    """A definition, parsed.

    SageMaker keeps JSON objects only. Something else, which a stand-in for it may have taken, differs from
    every definition.
    """
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {"Text": text}


def deployed(session: Session, name: str, *, needs_tags: bool) -> Deployed | None:
    """The pipeline of a name; None if there is none.

    Args:
        session: Where to look.
        name: Of the pipeline.
        needs_tags: Whether the config has tags. If not, a caller who may not read them can still upsert.
    """
    client = session.client("sagemaker")
    try:
        found = client.describe_pipeline(PipelineName=name)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return Deployed(
        arn=found["PipelineArn"],
        definition=found["PipelineDefinition"],
        role=found["RoleArn"],
        tags=_tags(client, found["PipelineArn"], needed=needs_tags),
        parallelism=found.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps"),
    )


def _tags(client: Any, arn: str, *, needed: bool) -> dict[str, str]:
    try:
        pages = list(client.get_paginator("list_tags").paginate(ResourceArn=arn))
    except ClientError as error:
        if is_denied(error) and not needed:
            return {}
        raise
    return {tag["Key"]: tag["Value"] for page in pages for tag in page.get("Tags", [])}
