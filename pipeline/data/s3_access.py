"""How processes of this machine reach S3: with boto3 what is said once, with obstore what is said often."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import boto3
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import BaseError
from obstore.store import S3Store

from pipeline.session import Session

STORE_ERRORS = (BaseError, OSError, ValueError)
"""What obstore raises: Python's own error where there is one, FileNotFoundError, ValueError for a bad key."""

# The body of an S3 error response (S3 API reference, "Error responses").
_S3_ERROR = re.compile(r"<Code>([^<]*)</Code>\s*<Message>([^<]*)</Message>")


@dataclass(frozen=True)
class S3Access:
    """What a process needs to open a session of its own. Can be pickled, which a session cannot.

    Attributes:
        region: Of the bucket.
        endpoint_url: None for AWS itself.
        profile: Named profile of ~/.aws/config; None for the usual search for credentials.
        keys: Access key and secret of a local SageMaker, which are not searched for.
    """

    region: str
    endpoint_url: str | None = None
    profile: str | None = None
    keys: tuple[str, str] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, session: Session, profile: str | None, bucket: str) -> S3Access:
        """That of a session to one bucket."""
        if session.is_local:
            found: Any = session.boto.get_credentials()
            keys = (str(found.access_key), str(found.secret_key))
            return cls(session.boto.region_name, session.endpoint_url, None, keys)
        return cls(_region(session, bucket), session.endpoint_url, profile)

    def session(self) -> Session:
        """A session of this process."""
        access_key, secret = self.keys or (None, None)
        boto = boto3.Session(
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            profile_name=self.profile,
            region_name=self.region,
        )
        return Session(boto, self.endpoint_url)


def open_store(session: Session, bucket: str) -> S3Store:
    """A bucket, for obstore."""
    # The provider renews credentials that expire while a large folder is on its way.
    provider = Boto3CredentialProvider(session.boto)
    region = session.boto.region_name
    if session.endpoint_url is None:
        return S3Store(bucket, region=region, credential_provider=provider)
    return S3Store(
        bucket,
        region=region,
        credential_provider=provider,
        endpoint=session.endpoint_url,
        client_options={"allow_http": True},
    )


def reason(error: Exception) -> str:
    """What S3 or the system said, without the dump of the request that obstore adds."""
    text = str(error)
    answer = _S3_ERROR.search(text)
    if answer:
        return f"{html.unescape(answer[2]).rstrip('.')} ({answer[1]})"
    return text.partition("\n\nDebug source:")[0]


def error_code(error: Exception) -> str | None:
    """S3's own word for an error, such as AccessDenied, if it said one."""
    answer = _S3_ERROR.search(str(error))
    return answer[1] if answer else None


def _region(session: Session, bucket: str) -> str:
    """Where a bucket is: obstore follows no redirection to another region, as boto3 does."""
    found: Any = session.client("s3").head_bucket(Bucket=bucket)
    return str(found.get("BucketRegion") or session.boto.region_name)
