from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.validate.instances.cluster import Cluster, read_cluster

ARN = "arn:aws:sagemaker:us-east-1:111122223333:processing-job/one"
TWO = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]}


def described(base: Path, resources: object, job: object = None) -> Path:
    folder = base / "config"
    folder.mkdir(parents=True)
    (folder / "resourceconfig.json").write_text(json.dumps(resources))
    if job is not None:
        (folder / "processingjobconfig.json").write_text(json.dumps(job))
    return base


def test_several_instances(tmp_path: Path) -> None:
    cluster = read_cluster(described(tmp_path, TWO, {"ProcessingJobArn": ARN}))
    assert cluster == Cluster("algo-2", ("algo-1", "algo-2"), ARN)
    assert (cluster.leader, cluster.peers, cluster.is_leader) == ("algo-1", ("algo-2",), False)


def test_one_instance_needs_no_key(tmp_path: Path) -> None:
    cluster = read_cluster(described(tmp_path, {"current_host": "algo-1", "hosts": ["algo-1"]}))
    assert (cluster.is_leader, cluster.peers) == (True, ())


def test_without_a_description_there_is_one_instance(tmp_path: Path) -> None:
    assert read_cluster(tmp_path) == Cluster("algo-1", ("algo-1",), "")


def test_the_leader_is_the_same_whatever_the_order(tmp_path: Path) -> None:
    hosts = tuple(f"algo-{number}" for number in range(12, 0, -1))
    assert Cluster("algo-3", hosts, ARN).leader == "algo-1"


def test_jobs_have_keys_and_ports_of_their_own() -> None:
    one, other = (Cluster("algo-1", ("algo-1", "algo-2"), f"{ARN}{end}") for end in "ab")
    assert one.key != other.key
    assert one.ports != other.ports
    assert len(set(one.ports)) == 8
    assert all(10_000 <= port < 30_000 for port in one.ports)


@pytest.mark.parametrize(
    ("resources", "job", "why"),
    [
        pytest.param([], {}, "TypeError: ", id="no object"),
        pytest.param({"hosts": ["algo-1"]}, {}, "KeyError: 'current_host'", id="no name"),
        pytest.param(
            {**TWO, "current_host": "algo-3"},
            {},
            "ValueError: current_host algo-3 is not among the hosts",
            id="a stranger",
        ),
        pytest.param(TWO, {}, "KeyError: 'ProcessingJobArn'", id="no ARN"),
    ],
)
def test_descriptions_that_cannot_be_used(tmp_path: Path, resources: object, job: object, why: str) -> None:
    base = described(tmp_path, resources, job)
    text = f"{base / 'config'} does not tell which instances this job has ({why}"
    with pytest.raises(ProgramError, match=f"^{re.escape(text)}"):
        read_cluster(base)
