"""The instances of a job: each is a process of its own on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

LARGEST = 8
"""Instances of a job. They share one machine, and a larger number is more likely an oversight."""

FIRST = "algo-1"
"""The host name of a job's first instance."""

GROUP = "homogeneousCluster"
"""The name of the only instance group, where a request has none."""

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Cluster:
    """The instances of one job.

    Attributes:
        count: How many.
        instance_type: Their type; it has no effect here.
    """

    count: int
    instance_type: str

    @property
    def hosts(self) -> tuple[str, ...]:
        """Their host names, the first first."""
        return tuple(f"algo-{number + 1}" for number in range(self.count))

    def names(self, before: str) -> str:
        """A hosts file (hosts(5)): a machine's own, and an address of the loopback for each instance."""
        lines = [f"127.0.0.{number} {host}" for number, host in enumerate(self.hosts, start=1)]
        return "\n".join([before.rstrip("\n"), *lines, ""]).lstrip("\n")


def cluster_of(kind: str, record: Mapping[str, Any]) -> Cluster:
    """The instances of a recorded job."""
    if kind == "ProcessingJob":
        config = record["ProcessingResources"]["ClusterConfig"]
    else:
        config = record.get("ResourceConfig", {})
    return Cluster(config.get("InstanceCount", 1), config.get("InstanceType", ""))


def share(items: Sequence[_Item], source: Mapping[str, Any], number: int, count: int) -> Sequence[_Item]:
    """What one of several instances gets of an input's objects.

    Args:
        items: The objects, in their order.
        source: The data source: S3DataDistributionType is FullyReplicated (also if absent), where each gets
            all, or ShardedByS3Key, where each gets 1/count of them, and some nothing if there are too few
            (S3DataSource of the API).
        number: Which instance, from 0.
        count: How many there are.
    """
    sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
    return items[number::count] if sharded else items
