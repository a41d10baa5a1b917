from __future__ import annotations

import boto3
import botocore
import pytest

from pipeline.preflight.region import region
from pipeline.session import Session
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import stub_session


def session_in(name: str) -> Session:
    return Session(boto3.Session(aws_access_key_id="A", aws_secret_access_key="s", region_name=name))


@pytest.mark.parametrize("name", ["us-east-1", "cn-north-1", "us-gov-west-1"])
def test_sagemaker_is_there(name: str) -> None:
    assert told(region(session_in(name))) == [f"region: passed: {name}"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("us-esat-1", "did you mean us-east-1 or us-west-1?"),
        ("eu-central1", "did you mean eu-central-1 or me-central-1?"),
        ("moon-base-7", "for a region that is newer, update botocore"),
    ],
)
def test_sagemaker_is_not_there(name: str, hint: str) -> None:
    assert told(region(session_in(name))) == [
        f"region: failed: SageMaker is not known in the region '{name}'",
        (
            f"error R151 region-without-service: SageMaker is not known in the region '{name}'\n"
            f"  source: the list of regions in botocore {botocore.__version__}\n"
            f"  hint:   {hint}"
        ),
    ]


def test_the_local_sagemaker_is_everywhere() -> None:
    assert told(region(stub_session())) == ["region: not needed: not needed on the local SageMaker"]
