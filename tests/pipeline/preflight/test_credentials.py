from __future__ import annotations

import pytest
from botocore.exceptions import CredentialRetrievalError, NoCredentialsError, UnauthorizedSSOTokenError

from pipeline.preflight.credentials import credentials
from tests.pipeline.preflight.conftest import IDENTITY, STS
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import client_error, stub_session


def test_whose_they_are() -> None:
    session = stub_session(local=False, sts=STS)
    assert told(credentials(session)) == [f"credentials: passed: {IDENTITY['Arn']} of account 111122223333"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(
            NoCredentialsError(),
            [
                "credentials: failed: AWS credentials were not found",
                (
                    "error R003 no-credentials: AWS credentials were not found\n"
                    "  hint: run `aws configure`, or name a `--profile`; `--local` needs no AWS account"
                ),
            ],
            id="none",
        ),
        pytest.param(
            client_error("ExpiredToken", "The security token has expired", "GetCallerIdentity"),
            [
                (
                    "credentials: failed: GetCallerIdentity failed: The security token has expired "
                    "(ExpiredToken)"
                ),
                (
                    "error R001 refused: GetCallerIdentity failed: The security token has expired "
                    "(ExpiredToken)\n"
                    "  hint: the credentials have expired: sign in again, such as by `aws sso login`"
                ),
            ],
            id="expired",
        ),
        pytest.param(
            UnauthorizedSSOTokenError(),
            [
                (
                    "credentials: failed: The SSO session associated with this profile has expired or is "
                    "otherwise "
                    "invalid. To refresh this SSO session run aws sso login with the corresponding profile."
                ),
                (
                    "error R006 aws-client: The SSO session associated with this profile has expired or "
                    "is otherwise "
                    "invalid. To refresh this SSO session run aws sso login with the corresponding profile.\n"
                    "  hint: sign in again: `aws sso login`, with the `--profile` that you use here"
                ),
            ],
            id="signed out",
        ),
        pytest.param(
            CredentialRetrievalError(provider="custom-process", error_msg="no such file"),
            [
                "credentials: failed: Error when retrieving credentials from custom-process: no such file",
                (
                    "error R006 aws-client: Error when retrieving credentials from custom-process: no "
                    "such file\n"
                    "  hint: mend what the profile in ~/.aws/config gets its credentials from"
                ),
            ],
            id="broken profile",
        ),
    ],
)
def test_what_is_wrong_with_them(error: Exception, said: list[str]) -> None:
    session = stub_session(local=False, sts={"get_caller_identity": error})
    assert told(credentials(session)) == said
