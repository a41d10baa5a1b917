import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from pipeline.aws_errors import AwsError, code_of, explain, is_missing
from pipeline.errors import ExitCode
from tests.pipeline.stubs import client_error


@pytest.mark.parametrize(
    ("error", "text", "exit_code"),
    [
        pytest.param(
            client_error("AccessDeniedException", "User x may not", "CreatePipeline"),
            "error R001 refused: CreatePipeline failed: User x may not (AccessDeniedException)\n"
            "  hint: the caller needs permission for CreatePipeline",
            ExitCode.FAILED,
            id="denied",
        ),
        pytest.param(
            client_error("ExpiredToken", "expired", "GetCallerIdentity"),
            "error R001 refused: GetCallerIdentity failed: expired (ExpiredToken)\n"
            "  hint: the credentials have expired: sign in again, such as by `aws sso login`",
            ExitCode.FAILED,
            id="expired",
        ),
        pytest.param(
            client_error("ValidationException", "bad", "CreatePipeline"),
            "error R001 refused: CreatePipeline failed: bad (ValidationException)",
            ExitCode.FAILED,
            id="no hint where none is known",
        ),
        pytest.param(
            NoCredentialsError(),
            "error R003 no-credentials: AWS credentials were not found\n"
            "  hint: run `aws configure`, or name a `--profile`; `--local` needs no AWS account",
            ExitCode.USAGE,
            id="no credentials",
        ),
        pytest.param(
            ProfileNotFound(profile="prod"),
            "error R004 no-profile: The config profile (prod) could not be found\n"
            "  hint: `aws configure list-profiles` lists the profiles",
            ExitCode.USAGE,
            id="no profile",
        ),
        pytest.param(
            EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
            'error R005 unreachable: Could not connect to the endpoint URL: "http://127.0.0.1:1"\n'
            "  hint: check the network and the region; `imgpipe local up` starts a local SageMaker again",
            ExitCode.FAILED,
            id="unreachable",
        ),
        pytest.param(
            ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
            'error R006 aws-client: Read timeout on endpoint URL: "http://127.0.0.1:1"',
            ExitCode.FAILED,
            id="anything else of botocore",
        ),
    ],
)
def test_explain(error: BotoCoreError | ClientError, text: str, exit_code: ExitCode) -> None:
    told = explain(error)
    assert str(told) == text
    assert told.exit_code == exit_code


@pytest.mark.parametrize(
    ("code", "message", "missing"),
    [
        ("ResourceNotFound", "Pipeline 'x' does not exist.", True),
        ("404", "Not Found", True),
        ("ValidationException", 'Could not find endpoint "x".', True),
        ("ValidationException", "1 validation error detected", False),
        ("AccessDenied", "it does not exist for you", False),
    ],
)
def test_is_missing_knows_the_services_words(code: str, message: str, missing: bool) -> None:
    error = client_error(code, message)
    assert is_missing(error) is missing
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(
            ResponseParserError("Unable to parse response, invalid XML received:\nb'<!doctype"),
            "a request to AWS was answered by something else",
            id="no XML",
        ),
        pytest.param(
            client_error("502", "<!doctype html>\n<title>Bad gateway</title>", "ListServiceQuotas"),
            "ListServiceQuotas was answered by a web page (502)",
            id="a web page",
        ),
    ],
)
def test_what_is_not_aws_is_told_as_such(error: AwsError, message: str) -> None:
    assert str(explain(error)) == (
        f"error R010 not-aws: {message}\n"
        "  hint: a proxy or a sign-in page may be in between: check HTTPS_PROXY and"
        " AWS_ENDPOINT_URL"
    )
