"""Are there credentials, and whose are they?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from botocore.exceptions import (
    CredentialRetrievalError,
    SSOError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from pipeline.aws_errors import AWS_ERRORS, AwsError, explain
from pipeline.errors import Finding
from pipeline.preflight.check import Check, failed, passed
from pipeline.session import Session

NAME = "credentials"

_SIGN_IN = (SSOError, SSOTokenLoadError, TokenRetrievalError, UnauthorizedSSOTokenError)


def credentials(session: Session) -> Iterator[Check]:
    """Asks STS whose credentials these are; everyone may ask that."""
    try:
        identity = session.client("sts").get_caller_identity()
    except AWS_ERRORS as error:
        yield failed(NAME, reason(error))
        return
    yield passed(NAME, f"{identity['Arn']} of account {identity['Account']}")


def reason(error: AwsError) -> Finding:
    """Why the credentials do not do, and what does."""
    finding = explain(error).findings[0]
    if isinstance(error, _SIGN_IN):
        return replace(finding, hint="sign in again: `aws sso login`, with the `--profile` that you use here")
    if isinstance(error, CredentialRetrievalError):
        return replace(finding, hint="mend what the profile in ~/.aws/config gets its credentials from")
    return finding
