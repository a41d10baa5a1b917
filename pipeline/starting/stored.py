"""The definition that an execution is to be started with, as the service has it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipeline import executions, versions
from pipeline.aws_errors import is_missing
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
        if version is not None:
            raise versions.no_version(name, version, versions.versions(session, name)) from error
        raise executions.no_pipeline(session, name) from error
    return Stored(name, described["PipelineDefinition"], version)
