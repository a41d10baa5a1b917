"""What boto3 raises, told as findings."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError

from pipeline.errors import Finding, ImgpipeError, RunError, UsageError

AwsError = BotoCoreError | ClientError | ResponseParserError
"""What boto3 raises because of what AWS, or whatever answers in its place, says or does not say."""

AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
"""The same, to be caught."""

_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_UNKNOWN_KEYS = (
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
)


def explain(error: AwsError) -> ImgpipeError:
    """The error of ours that says what an exception of boto3 means and how to go on."""
    if isinstance(error, ResponseParserError):
        return RunError(_not_aws("a request to AWS was answered by something else"))
    if isinstance(error, ClientError):
        return _refused(error)
    if isinstance(error, NoCredentialsError):
        return UsageError(
            Finding(
                "R003",
                "no-credentials",
                "AWS credentials were not found",
                hint="run `aws configure`, or name a `--profile`; `--local` needs no AWS account",
            )
        )
    if isinstance(error, ProfileNotFound):
        return UsageError(
            Finding("R004", "no-profile", str(error), hint="`aws configure list-profiles` lists the profiles")
        )
    if isinstance(error, EndpointConnectionError):
        return RunError(
            Finding(
                "R005",
                "unreachable",
                str(error).rstrip("."),
                hint="check the network and the region; `imgpipe local up` starts a local SageMaker again",
            )
        )
    return RunError(Finding("R006", "aws-client", str(error)))


def code_of(error: ClientError) -> str:
    """AWS's error code, such as ValidationException."""
    return str(error.response["Error"]["Code"])


def is_missing(error: ClientError) -> bool:
    """Whether the thing that was asked for does not exist, in any of the services' words for it."""
    code, message = code_of(error), error.response["Error"].get("Message", "")
    if code in (
        "ResourceNotFound",
        "ResourceNotFoundException",
        "NoSuchKey",
        "NoSuchBucket",
        "NotFound",
        "404",
    ):
        return True
    absent = ("does not exist", "could not find", "not found")
    return code == "ValidationException" and any(words in message.lower() for words in absent)


def is_taken(error: ClientError) -> bool:
    """Whether a thing could not be made because there is one of that name."""
    message = error.response["Error"].get("Message", "")
    refused = code_of(error) in ("ValidationException", "ConflictException", "ResourceInUse")
    return refused and "already exists" in message.lower()


def is_denied(error: ClientError) -> bool:
    """Whether the caller lacks a permission."""
    return code_of(error) in _DENIED


def _not_aws(message: str) -> Finding:
    return Finding(
        "R010",
        "not-aws",
        message,
        hint="a proxy or a sign-in page may be in between: check HTTPS_PROXY and AWS_ENDPOINT_URL",
    )


def _refused(error: ClientError) -> ImgpipeError:
    code = code_of(error)
    hint = None
    message = error.response["Error"].get("Message", "no reason given")
    if message.lstrip().lower().startswith(("<!doctype html", "<html")):
        return RunError(_not_aws(f"{error.operation_name} was answered by a web page ({code})"))
    if code in _EXPIRED:
        hint = "the credentials have expired: sign in again, such as by `aws sso login`"
    elif code in _DENIED:
        hint = f"the caller needs permission for {error.operation_name}"
    elif code in _UNKNOWN_KEYS:
        hint = "check the access key; `aws sts get-caller-identity` tells whether AWS knows it"
    return RunError(
        Finding("R001", "refused", f"{error.operation_name} failed: {message} ({code})", hint=hint)
    )
