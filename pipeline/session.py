"""The one way to AWS, or to what answers in its place."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from pipeline.account import AccountFacts
from pipeline.errors import Finding, UsageError

# Waiting botocore's minute for a dead host looks hung; AWS answers a connect in well under a second.
_CONNECT_TIMEOUT_S = 10

_PRICES = "us-east-1"
_PRICES_IN = {"cn": "cn-northwest-1"}
"""The Price List API tells the prices of all regions in a few of them; China has one of its own."""

# botocore waits up to 1, 2, 4, … s, at most 20 s, before it asks again after throttling, a lost connection or
# an error of the service. Five attempts tell soon enough that something is down. The rates of SageMaker's API
# are an account's, shared by all its notebooks and CI jobs: eight attempts last about a minute.
_ATTEMPTS = 5
_ATTEMPTS_OF_SAGEMAKER = 8


@dataclass(frozen=True)
class Session:
    """A boto3 session and the address that its clients call.

    Attributes:
        boto: Credentials and region.
        endpoint_url: None for AWS itself.
        role: ARN or name of the execution role, if one was given.
    """

    boto: boto3.Session
    endpoint_url: str | None = None
    role: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether the local SageMaker answers."""
        return urlsplit(self.endpoint_url or "").hostname == "127.0.0.1"

    @property
    def engine(self) -> str:
        """What runs the pipeline, in words for people."""
        return "the local SageMaker" if self.is_local else f"Amazon SageMaker in {self.boto.region_name}"

    @functools.cached_property
    def facts(self) -> AccountFacts:
        """What STS says of the account, with SageMaker's own default for the bucket."""
        identity = self.client("sts").get_caller_identity()
        account, partition = identity["Account"], identity["Arn"].split(":")[1]
        region = self.boto.region_name
        role = self.role or "imgpipe-execution"
        return AccountFacts(
            account=account,
            region=region,
            partition=partition,
            bucket=f"sagemaker-{region}-{account}",
            role=role if role.startswith("arn:") else f"arn:{partition}:iam::{account}:role/{role}",
        )

    def client(self, service: str) -> Any:
        """The boto3 client of a service; one a session."""
        return _client(self, service)

    def __hash__(self) -> int:
        return id(self)


@functools.cache
def _client(session: Session, service: str) -> Any:
    # A bucket's name in the host would need a DNS server that knows it.
    style: Literal["path", "auto"] = "path" if session.is_local else "auto"
    shared = service == "sagemaker" and not session.is_local
    config = Config(
        # Not "adaptive", which slows down a client for all threads and which botocore calls experimental.
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS_OF_SAGEMAKER if shared else _ATTEMPTS},
        connect_timeout=_CONNECT_TIMEOUT_S,
        s3={"addressing_style": style},
    )
    region = session.boto.region_name
    if service == "pricing":
        region = _PRICES_IN.get(region.split("-")[0], _PRICES)
    # The stubs know each service by a literal name.
    make: Callable[..., Any] = session.boto.client
    return make(service, region_name=region, endpoint_url=session.endpoint_url, config=config)


def connect_aws(profile: str | None, region: str | None, environ: Mapping[str, str]) -> Session:
    """A session on AWS with the usual search for credentials.

    Args:
        profile: Named profile of ~/.aws/config.
        region: Overrides the profile's and the environment's.
        environ: Where IMGPIPE_ROLE and AWS_ENDPOINT_URL are looked up. The latter is what
            `imgpipe local status` exports.

    Raises:
        UsageError: No region can be told.
    """
    boto = boto3.Session(profile_name=profile, region_name=region)
    if boto.region_name is None:
        raise UsageError(
            Finding(
                code="R002",
                slug="no-region",
                message="no AWS region is set",
                details=(
                    ("looked", "--region, AWS_REGION, AWS_DEFAULT_REGION, the profile in ~/.aws/config"),
                ),
                hint="add `--region us-east-1`, or `--local` to need no AWS account",
            )
        )
    return Session(boto, environ.get("AWS_ENDPOINT_URL") or None, environ.get("IMGPIPE_ROLE"))


def connect_local(url: str, access_key: str, secret_key: str, region: str) -> Session:
    """A session on a local SageMaker that is up."""
    boto = boto3.Session(aws_access_key_id=access_key, aws_secret_access_key=secret_key, region_name=region)
    return Session(boto, endpoint_url=url)
