from __future__ import annotations

import socket
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from pipeline.local.home import Home, key_pair
from pipeline.local.records import Records, RecordsClosed
from pipeline.local.server import Keeping, LocalServer, Runners, new_id
from tests.pipeline.local.fakes import FakeEndpoints, FakeJobs, Running


def test_endpoints_are_restored_and_unfinished_work_is_ended(server: Running, tmp_path: Path) -> None:
    """A second server in this process shares moto with the first, and nothing else."""
    home = Home(tmp_path)
    home.make()
    before = Records(home.records)
    before.create("TransformJob", "t", {"TransformJobStatus": "InProgress"})
    before.close()
    made: list[FakeEndpoints] = []

    def runners(_: Path, records: Records, __: Keeping) -> Runners:
        made.append(FakeEndpoints(records))
        return Runners(server.objects, FakeJobs(records), made[0])

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        second = LocalServer(home, listener, key_pair(home), runners)
        second.start()
        assert made[0].restored
        job = second.records.get("TransformJob", "t")
        assert job is not None
        assert job["TransformJobStatus"] == "Failed"
        second.close()
    with pytest.raises(RecordsClosed):
        second.records.list("TransformJob")
    with pytest.raises(EndpointConnectionError):
        server.client("sagemaker", endpoint_url=second.url).list_models()


def test_ids_differ() -> None:
    made = {new_id(12) for _ in range(100)}
    assert len(made) == 100
    assert all(len(each) == 12 and each.isalnum() and each == each.lower() for each in made)
