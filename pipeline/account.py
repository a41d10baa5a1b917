"""What a pipeline definition needs to know of the AWS account it is built for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AccountFacts:
    """Facts of one account and region.

    Attributes:
        account: The twelve-digit account number.
        region: Such as us-east-1.
        partition: aws, aws-cn or aws-us-gov.
        bucket: Where code, data and results go; by default SageMaker's own `sagemaker-{region}-{account}`.
        role: ARN of the execution role.
        without_quota: (kind, instance type) of machines that the account may run none of, or fewer than the
            config asks for; kinds are those of steps.instance_types: training, processing, transform and
            endpoint.
    """

    account: str
    region: str
    partition: str
    bucket: str
    role: str
    without_quota: frozenset[tuple[str, str]] = frozenset()


PLACEHOLDERS = AccountFacts(
    # AWS's documentation uses this account number, so nobody mistakes it for a real one.
    account="111122223333",
    region="us-east-1",
    partition="aws",
    bucket="sagemaker-us-east-1-111122223333",
    role="arn:aws:iam::111122223333:role/imgpipe-execution",
)
"""Stand for the account when a definition is built offline."""
