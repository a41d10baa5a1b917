"""The instances of a processing job, as SageMaker tells each of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from steps.container import ProgramError

_PORTS = range(10_000, 30_000)
"""Below those that Linux gives to outgoing connections (ip_local_port_range)."""

_CANDIDATES = 8


@dataclass(frozen=True)
class Cluster:
    """The instances of a job.

    Attributes:
        here: Name of this one, such as algo-2.
        hosts: Names of all of them.
        job: What only the instances of this job know: its ARN.
    """

    here: str
    hosts: tuple[str, ...]
    job: str

    @property
    def leader(self) -> str:
        """The one that gathers what the others found."""
        return min(self.hosts)

    @property
    def peers(self) -> tuple[str, ...]:
        """The others."""
        return tuple(host for host in self.hosts if host != self.leader)

    @property
    def is_leader(self) -> bool:
        """Whether this one is the leader."""
        return self.here == self.leader

    @property
    def key(self) -> bytes:
        """The key by which instances know each other: 32 bytes."""
        return hashlib.sha256(b"imgpipe validate\0" + self.job.encode()).digest()

    @property
    def ports(self) -> tuple[int, ...]:
        """Where the leader listens: at the first that is free.

        Other ones for each job, as jobs of the local SageMaker share one machine.
        """
        digest = hashlib.sha256(b"port\0" + self.key).digest()
        numbers = (int.from_bytes(digest[i : i + 4], "big") for i in range(0, 4 * _CANDIDATES, 4))
        return tuple(_PORTS[number % len(_PORTS)] for number in numbers)


def read_cluster(base: Path) -> Cluster:
    """The cluster that resourceconfig.json and processingjobconfig.json describe.

    Without the former there is one instance.
    https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html

    Raises:
        ProgramError: They say nothing that can be used.
    """
    folder = base / "config"
    try:
        resources = json.loads((folder / "resourceconfig.json").read_bytes())
        hosts = tuple(str(host) for host in resources["hosts"])
        here = str(resources["current_host"])
        if here not in hosts:
            raise ValueError(f"current_host {here} is not among the hosts")
        # One instance talks to nobody, and needs no key.
        job = _arn(folder / "processingjobconfig.json") if len(hosts) > 1 else ""
    except FileNotFoundError:
        return Cluster("algo-1", ("algo-1",), "")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProgramError(
            f"{folder} does not tell which instances this job has ({type(error).__name__}: {error})\n"
            "  hint: it needs resourceconfig.json with current_host and hosts, and with several instances "
            "processingjobconfig.json with ProcessingJobArn"
        ) from error
    return Cluster(here, hosts, job)


def _arn(file: Path) -> str:
    return str(json.loads(file.read_bytes())["ProcessingJobArn"])
