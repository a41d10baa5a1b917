"""A pipeline as the service has it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipeline import executions
from pipeline.aws_errors import is_missing
from pipeline.errors import Finding, RunError
from pipeline.language import definition as definitions
from pipeline.language.definition import Definition
from pipeline.session import Session


@dataclass(frozen=True)
class Stored:
    """A pipeline's definition, in the version that is to be started.

    Attributes:
        name: Of the pipeline.
        text: The definition as it was sent.
        version: The version's number, if one was asked for; else it is the newest.
    """

    name: str
    text: str
    version: int | None = None

    @functools.cached_property
    def definition(self) -> Definition:
        """The definition, read.

        Raises:
            DefinitionError: It cannot be read here, though the service took it.
        """
        return definitions.parse(self.text)


def load(session: Session, name: str, version: int | None = None) -> Stored:
    """The newest version of a pipeline, or the one of that number.

    Raises:
        RunError: There is no such pipeline, or no such version of it.
    """
    client = session.client("sagemaker")
    wanted: dict[str, Any] = {} if version is None else {"PipelineVersionId": version}
    try:
        described = client.describe_pipeline(PipelineName=name, **wanted)
    except ClientError as error:
        if not is_missing(error):
            raise
        if version is not None and (newest := _newest_version(session, name)) is not None:
            raise _no_version(name, version, newest) from error
        raise executions.no_pipeline(session, name) from error
    return Stored(name, described["PipelineDefinition"], version)


def _newest_version(session: Session, name: str) -> int | None:
    try:
        page = session.client("sagemaker").list_pipeline_versions(
            PipelineName=name, SortOrder="Descending", MaxResults=1
        )
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    summaries = page["PipelineVersionSummaries"]
    return int(summaries[0]["PipelineVersionId"]) if summaries else None


def _no_version(name: str, version: int, newest: int) -> RunError:
    return RunError(
        Finding(
            "R146",
            "no-version",
            f"pipeline '{name}' has no version {version}; its newest is {newest}",
            hint="`imgpipe list --versions` lists them",
        )
    )
