"""Whether programs can see their job's folder as /opt/ml on this machine."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from pipeline.local.jobs import container

_PROBE_S = 10.0

_log = logging.getLogger(__name__)


class Mounts:
    """Finds out, when it is first asked, whether a program can have mounts of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: bool | None = None

    def works(self) -> bool:
        """Whether it can; if not, the log says why."""
        with self._lock:
            if self._works is None:
                why = probe()
                self._works = not why
                if why:
                    _log.warning(
                        "programs do not see their folder as %s here (%s): they get its path in their "
                        "arguments, in their variables and in SAGEMAKER_BASE_DIR",
                        container.ROOT,
                        why,
                    )
            return self._works


class NoMounts(Mounts):
    """For programs that are told where their folder is."""

    def works(self) -> bool:
        """Never."""
        return False


def command(folder: Path, hosts: Path) -> list[str]:
    """What goes before a program and its arguments: `folder` becomes /opt/ml, `hosts` /etc/hosts."""
    return [sys.executable, "-I", "-S", container.__file__, str(folder), str(hosts)]


def probe() -> str:
    """Why it does not work; empty if it does."""
    if sys.platform != "linux":
        return f"{sys.platform} has no mounts of a process's own"
    with tempfile.TemporaryDirectory() as folder:
        hosts = Path(folder, "hosts")
        hosts.touch()
        arguments = [*command(Path(folder), hosts), "test", "-e", f"{container.ROOT}/hosts"]
        try:
            done = subprocess.run(
                arguments, capture_output=True, text=True, timeout=_PROBE_S, check=False, cwd=folder
            )
        except (OSError, subprocess.SubprocessError) as error:
            return str(error)
    return "" if done.returncode == 0 else done.stdout.strip() or f"exit code {done.returncode}"
