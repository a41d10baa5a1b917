"""What lies in the bucket for a pipeline: its programs and, if it is large, its definition.

Keys hold the content's hash: what is there is right, and what an earlier version needs stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from botocore.exceptions import ClientError

from pipeline.aws_errors import code_of, is_missing
from pipeline.session import Session
from pipeline.upserting.desired import Desired

# What a request may carry is not documented for definitions; the SDK takes the way by S3 from here on.
_INLINE = 100 * 1024


def goes_by_s3(desired: Desired) -> bool:
    """Whether the definition is too large to be part of a request."""
    return len(desired.definition.encode()) >= _INLINE


def definition_key(desired: Desired) -> str:
    """The key of a definition that goes by S3."""
    return f"{desired.name}/definitions/{hashlib.sha256(desired.definition.encode()).hexdigest()}.json"


def contents(desired: Desired) -> dict[str, bytes]:
    """What must be in the bucket, by key."""
    found = {bundle.key(desired.name): bundle.content for bundle in desired.bundles}
    if goes_by_s3(desired):
        found[definition_key(desired)] = desired.definition.encode()
    return found


def missing(session: Session, desired: Desired) -> Iterator[tuple[str, bytes]]:
    """Key and content of what is not in the bucket yet."""
    for key, content in contents(desired).items():
        if not _has_object(session, desired.bucket, key):
            yield key, content


def _has_object(session: Session, bucket: str, key: str) -> bool:
    try:
        session.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        # Without s3:ListBucket, S3 answers 403 for what is not there.
        if is_missing(error) or code_of(error) == "403":
            return False
        raise
    return True


def upload(session: Session, desired: Desired) -> Iterator[str]:
    """Uploads what is not in the bucket yet, and passes on its S3 URIs."""
    for key, content in missing(session, desired):
        session.client("s3").put_object(Bucket=desired.bucket, Key=key, Body=content)
        yield f"s3://{desired.bucket}/{key}"
