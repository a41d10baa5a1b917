"""The parts of requests that shield jobs, models and endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Request = dict[str, Any]


@dataclass(frozen=True)
class Security:
    """How a team shields what it runs.

    Each method gives the members of one kind of request, without those that are off.

    Attributes:
        subnets: Subnets of the VPC; empty for none.
        security_groups: Security groups in them.
        isolation: Containers have no network.
        encrypt_traffic: Traffic between the machines of a job is encrypted.
        output_key: KMS key of results, or a parameter that holds it; None for AWS's own.
    """

    subnets: Sequence[str] = ()
    security_groups: Sequence[str] = ()
    isolation: bool = False
    encrypt_traffic: bool = False
    output_key: Any = None

    def model_network(self) -> Request:
        """Members of CreateModel."""
        members: Request = {"EnableNetworkIsolation": True} if self.isolation else {}
        if self.subnets:
            members["VpcConfig"] = {
                "SecurityGroupIds": list(self.security_groups),
                "Subnets": list(self.subnets),
            }
        return members

    def training_network(self) -> Request:
        """Members of CreateTrainingJob."""
        encrypted = {"EnableInterContainerTrafficEncryption": True} if self.encrypt_traffic else {}
        return {**encrypted, **self.model_network()}

    def processing_network(self) -> Request:
        """Members of CreateProcessingJob."""
        members = self.training_network()
        return {"NetworkConfig": members} if members else {}

    def results(self) -> Request:
        """Members of what says where a job writes."""
        return {} if self.output_key is None else {"KmsKeyId": self.output_key}


@dataclass(frozen=True)
class Machine:
    """What a job runs on.

    Attributes:
        instance_type: Its type.
        volume_key: KMS key of its disk; None for AWS's own, or where the type takes none.
    """

    instance_type: Any
    volume_key: Any = None

    def volume(self) -> Request:
        """Members of what asks for the machine."""
        return {} if self.volume_key is None else {"VolumeKmsKeyId": self.volume_key}
