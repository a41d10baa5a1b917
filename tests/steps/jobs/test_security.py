from __future__ import annotations

from steps.jobs.security import Machine, Security

VPC = {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}}


def test_what_is_off_adds_nothing() -> None:
    off = Security()
    assert (off.model_network(), off.training_network(), off.processing_network()) == ({}, {}, {})
    assert (off.results(), Machine("ml.m5.large").volume()) == ({}, {})


def test_a_vpc() -> None:
    network = Security(subnets=("subnet-1", "subnet-2"), security_groups=("sg-1",))
    assert network.model_network() == VPC
    assert network.training_network() == VPC
    assert network.processing_network() == {"NetworkConfig": VPC}


def test_only_jobs_have_traffic_between_machines() -> None:
    on = Security(isolation=True, encrypt_traffic=True)
    both = {"EnableInterContainerTrafficEncryption": True, "EnableNetworkIsolation": True}
    assert on.model_network() == {"EnableNetworkIsolation": True}
    assert on.training_network() == both
    assert on.processing_network() == {"NetworkConfig": both}


def test_keys() -> None:
    assert Security(output_key="alias/a").results() == {"KmsKeyId": "alias/a"}
    assert Machine("ml.m5.large", "k").volume() == {"VolumeKmsKeyId": "k"}
