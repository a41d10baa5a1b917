from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from pipeline.session import Session


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """AWS as moto plays it, over HTTP; one a test process, so tests use names of their own."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def session(moto_url: str) -> Session:
    boto = boto3.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="s", region_name="us-east-1")
    return Session(boto, endpoint_url=moto_url)
