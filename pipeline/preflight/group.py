"""Is there a model package group to register models in?"""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from pipeline.aws_errors import code_of, is_missing
from pipeline.config.loader import Loaded
from pipeline.preflight.check import Check, passed, unknown
from pipeline.session import Session

NAME = "model group"


def group(session: Session, loaded: Loaded) -> Iterator[Check]:
    """Describes the group; a missing one is made by upsert."""
    name = loaded.config.group
    try:
        session.client("sagemaker").describe_model_package_group(ModelPackageGroupName=name)
    except ClientError as error:
        if is_missing(error):
            yield passed(NAME, f"'{name}' is not there yet; `imgpipe upsert` makes it")
        elif code_of(error) == "AccessDeniedException":
            yield unknown(NAME, "the caller may not sagemaker:DescribeModelPackageGroup")
        else:
            raise
        return
    yield passed(NAME, f"'{name}' is there")
