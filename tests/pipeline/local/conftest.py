from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.local.server import new_id
from tests.pipeline.local.fakes import Running, complete, forget_moto, running


@pytest.fixture(scope="session")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests of a worker: a test uses names of its own."""
    forget_moto()
    with running(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def server(one_server: Running) -> Iterator[Running]:
    """The server, with stand-ins as they are by default."""
    yield one_server
    one_server.jobs.finish = complete
    one_server.endpoints.failure = None
    one_server.endpoints.answer = (200, {"Content-Type": "application/json"}, b"[0.1, 0.9]")


@pytest.fixture(scope="session")
def sagemaker(one_server: Running) -> Any:
    return one_server.sagemaker


@pytest.fixture(scope="session")
def s3(one_server: Running) -> Any:
    return one_server.client("s3")


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"t{new_id(10)}"
