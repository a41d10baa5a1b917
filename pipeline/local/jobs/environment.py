"""The environment of a job's program: what the container contract names, and what this machine needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.local.jobs.folder import JobFolder

# How programs are found and text is shown, which device and how many threads to use: no secrets.
_FROM_HOST = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "PYTHONDONTWRITEBYTECODE",
)


def environment(
    host: Mapping[str, str],
    folder: JobFolder,
    contract: Mapping[str, str],
    requested: Mapping[str, str],
) -> dict[str, str]:
    """All the variables of a program.

    Args:
        host: The server's own environment; only what has no secrets is passed on.
        folder: The job's folder.
        contract: What SageMaker sets for this kind of job.
        requested: The request's Environment; paths below /opt/ml are rewritten.

    Returns:
        The variables. SAGEMAKER_BASE_DIR is the job's own whatever the request says.
    """
    return {
        **{name: host[name] for name in _FROM_HOST if name in host},
        "HOME": str(folder.home),
        "TMPDIR": str(folder.temporary),
        "TORCH_HOME": torch_home(host),
        "PYTHONUNBUFFERED": "1",
        **contract,
        **{name: folder.rewritten(value) for name, value in requested.items()},
        "SAGEMAKER_BASE_DIR": folder.seen,
    }


def torch_home(host: Mapping[str, str]) -> str:
    """Where the host's torch hub keeps what it downloaded (the rule of torch.hub.get_dir).

    A job has a home of its own, and would download the same weights each time.
    """
    if chosen := host.get("TORCH_HOME"):
        return chosen
    cache = host.get("XDG_CACHE_HOME") or str(Path(host.get("HOME") or "/nonexistent") / ".cache")
    return str(Path(cache) / "torch")
