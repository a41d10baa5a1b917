"""Versions of a pipeline: every definition that it has had, by number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version as version_of
from typing import Any

from botocore.exceptions import ClientError

from pipeline import executions
from pipeline.aws_errors import code_of, is_missing
from pipeline.errors import Finding, RunError
from pipeline.s3_uri import split_uri
from pipeline.session import Session
from pipeline.suggestion import listed

# What a service says to a call that it does not have: AWS, older local SageMakers, moto.
_NO_SUCH_CALL = ("UnknownOperationException", "InvalidAction", "NotImplemented", "404", "500", "501")

# PipelineVersionDescription takes 3,072 characters, but a list of versions wants a line each.
_LONGEST = 200

_CODE = re.compile(r"s3://[a-z0-9.-]+/[^\"]*/code/[0-9a-f]{64}/[\w.-]+\.pyz")


@dataclass(frozen=True)
class Version:
    """One definition that a pipeline has had.

    Attributes:
        number: 1 is the first.
        created: When it became the pipeline's definition.
        description: In a few words; empty if nobody has said.
        last_execution: Id of the newest execution of it, if there was one.
        is_current: Whether it is what an execution runs now.
    """

    number: int
    created: datetime
    description: str
    last_execution: str | None
    is_current: bool

    def to_json(self) -> dict[str, object]:
        """The version for programs."""
        return {
            "version": self.number,
            "created": self.created.isoformat(),
            "description": self.description,
            "lastExecution": self.last_execution,
            "current": self.is_current,
        }


def versions(session: Session, pipeline: str) -> list[Version]:
    """All versions of a pipeline, the newest first.

    Raises:
        RunError: There is no such pipeline, or the service keeps no versions.
    """
    found = sorted(_summaries(session, pipeline), key=lambda one: -one["PipelineVersionId"])
    return [_version(one, is_current=one is found[0]) for one in found]


def _summaries(session: Session, pipeline: str) -> Iterator[dict[str, Any]]:
    listing = session.client("sagemaker").get_paginator("list_pipeline_versions")
    try:
        for page in listing.paginate(PipelineName=pipeline):
            yield from page["PipelineVersionSummaries"]
    except ClientError as error:
        raise _explained(session, pipeline, error) from error


def _version(summary: dict[str, Any], *, is_current: bool) -> Version:
    execution = summary.get("LastExecutionPipelineExecutionArn")
    return Version(
        number=summary["PipelineVersionId"],
        created=summary["CreationTime"],
        description=summary.get("PipelineVersionDescription", ""),
        last_execution=execution.rsplit("/", 1)[-1] if execution else None,
        is_current=is_current,
    )


def definition_of(session: Session, pipeline: str, number: int) -> str:
    """The definition of a version.

    Raises:
        RunError: There is no such version; its hint names those that there are. Or a program that it names
            is gone.
    """
    known = versions(session, pipeline)
    if number not in [version.number for version in known]:
        raise no_version(pipeline, number, known)
    described = session.client("sagemaker").describe_pipeline(PipelineName=pipeline, PipelineVersionId=number)
    text = str(described["PipelineDefinition"])
    gone = [uri for uri in sorted(set(_CODE.findall(text))) if not _is_there(session, uri)]
    if gone:
        raise RunError(*(_code_gone(number, uri) for uri in gone))
    return text


def describe(session: Session, arn: str, number: int, text: str) -> None:
    """Says in a few words what a version is; where that is not allowed or not known, it stays without.

    Args:
        session: Where the pipeline is.
        arn: Of the pipeline.
        number: Of the version.
        text: The words.
    """
    words = f"{text[:_LONGEST]}; by imgpipe {version_of('imgpipe')}"
    # A version is as good without: no upsert fails because of it.
    with suppress(ClientError):
        session.client("sagemaker").update_pipeline_version(
            PipelineArn=arn, PipelineVersionId=number, PipelineVersionDescription=words
        )


def _is_there(session: Session, uri: str) -> bool:
    bucket, key = split_uri(uri)
    try:
        session.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if is_missing(error):
            return False
        raise
    return True


def _explained(session: Session, pipeline: str, error: ClientError) -> Exception:
    if is_missing(error):
        return executions.no_pipeline(session, pipeline)
    if code_of(error) in _NO_SUCH_CALL:
        hint = "a local SageMaker that is older than this imgpipe learns it by `imgpipe local down`"
        message = f"{session.engine} does not keep versions of pipelines"
        return RunError(Finding("R130", "no-versions", message, hint=hint))
    return error


def no_version(pipeline: str, number: int, known: list[Version]) -> RunError:
    """The error for a version that does not exist."""
    return RunError(
        Finding(
            "R131",
            "no-version",
            f"pipeline '{pipeline}' has no version {number}",
            details=(("there are", listed(str(version.number) for version in known)),),
            hint="`imgpipe list --versions` tells what each is",
        )
    )


def _code_gone(number: int, uri: str) -> Finding:
    return Finding(
        "R132",
        "code-gone",
        f"a program of version {number} is gone: {uri}",
        hint="go back in the YAML and in imgpipe instead, then `imgpipe upsert`",
    )
