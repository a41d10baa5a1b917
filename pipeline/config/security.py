"""The sections `network` and `encryption`: how jobs, models and endpoints are shielded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from steps.config import Form, OneOrMore, Problem, Section

SubnetId = Annotated[str, Form("subnet-[0-9a-zA-Z]+", "the id of a subnet", "subnet-0a1b2c3d4e5f60718", 32)]
SecurityGroupId = Annotated[
    str, Form("sg-[0-9a-zA-Z]+", "the id of a security group", "sg-0a1b2c3d4e5f60718", 32)
]

_KEY = r"(mrk-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}"
_ARN = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:"
_ALIAS = "alias/[a-zA-Z0-9/_-]+"
_EXAMPLE = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

VolumeKey = Annotated[
    str,
    Form(rf"({_ARN}key/)?({_KEY})", "the id or the ARN of a KMS key; disks take no alias", _EXAMPLE, 2048),
]
"""CreateTrainingJob takes no alias for disks (ResourceConfig, VolumeKmsKeyId)."""

OutputKey = Annotated[
    str,
    Form(
        rf"({_ARN})?({_ALIAS}|(key/)?({_KEY}))", "the id, the alias or the ARN of a KMS key", _EXAMPLE, 2048
    ),
]


class NetworkConfig(Section):
    """Where the network of jobs and models begins and ends. A model takes its own to the endpoint."""

    subnets: Annotated[tuple[SubnetId, ...], OneOrMore(most=16)] | None = Field(
        None,
        description="Subnets of your VPC that jobs and models run in, together with security_groups; they "
        "reach S3 only over a gateway endpoint or NAT of the VPC.",
    )
    security_groups: Annotated[tuple[SecurityGroupId, ...], OneOrMore(most=5)] | None = Field(
        None, description="Security groups of jobs and models in those subnets."
    )
    isolation: bool = Field(
        False,
        description="true: containers have no network at all; SageMaker still copies their data and results.",
    )
    encrypt_traffic: bool = Field(
        False,
        description="true: traffic between the machines of a job is encrypted, which may slow training.",
    )

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        keys = ("subnets", "security_groups")
        given = [key for key in keys if getattr(self, key) is not None]
        if len(given) == 1:
            (lacking,) = set(keys) - set(given)
            yield Problem(
                "C231",
                (given[0],),
                f"{given[0]} without {lacking}",
                f"add network.{lacking}, or remove {given[0]}",
                "a VpcConfig needs both",
                reads=((lacking,),),
            )


class EncryptionConfig(Section):
    """KMS keys of your own. Without them, SageMaker and S3 use keys that AWS manages."""

    volume_key: VolumeKey | None = Field(
        None,
        description="KMS key of the disks of all machines, by id or ARN. Machines with local storage take "
        "none: their hardware encrypts it.",
    )
    output_key: OutputKey | None = Field(
        None, description="KMS key of all that jobs write to S3, by id, alias or ARN."
    )
