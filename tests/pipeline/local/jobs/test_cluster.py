from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.jobs.cluster import Cluster, cluster_of, share


@pytest.mark.parametrize(
    ("kind", "record", "cluster"),
    [
        (
            "ProcessingJob",
            {"ProcessingResources": {"ClusterConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large"}}},
            Cluster(2, "ml.m5.large"),
        ),
        (
            "TrainingJob",
            {"ResourceConfig": {"InstanceCount": 3, "InstanceType": "ml.g5.xlarge"}},
            Cluster(3, "ml.g5.xlarge"),
        ),
        ("TrainingJob", {}, Cluster(1, "")),
    ],
)
def test_a_record_says_how_many_instances_there_are(
    kind: str, record: dict[str, Any], cluster: Cluster
) -> None:
    assert cluster_of(kind, record) == cluster


def test_instances_have_names_and_addresses() -> None:
    cluster = Cluster(2, "ml.m5.large")
    assert cluster.hosts == ("algo-1", "algo-2")
    assert cluster.names("127.0.0.1 localhost\n\n") == (
        "127.0.0.1 localhost\n127.0.0.1 algo-1\n127.0.0.2 algo-2\n"
    )
    assert Cluster(1, "").names("") == "127.0.0.1 algo-1\n"


@pytest.mark.parametrize(
    ("kind", "count", "shares"),
    [
        (None, 2, ["abcde", "abcde"]),
        ("FullyReplicated", 2, ["abcde", "abcde"]),
        ("ShardedByS3Key", 1, ["abcde"]),
        ("ShardedByS3Key", 2, ["ace", "bd"]),
        ("ShardedByS3Key", 7, ["a", "b", "c", "d", "e", "", ""]),
    ],
)
def test_each_instance_gets_its_share(kind: str | None, count: int, shares: list[str]) -> None:
    source = {} if kind is None else {"S3DataDistributionType": kind}
    assert ["".join(share("abcde", source, number, count)) for number in range(count)] == shares
