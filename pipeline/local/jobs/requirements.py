"""What the source of a script requires: installed once into a layer that others with the same use again."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.local.jobs.layer import make_layer, python_of
from pipeline.local.jobs.subprogram import call, say

_QUIETLY = ("--no-input", "--disable-pip-version-check")

# What pip needs from this machine to find packages: its own settings, and the way to the network.
_FOR_PIP = (
    "HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
)

INSTALLER = "installer.json"
"""The file in the folder of a model's server that says how to install."""


@dataclass(frozen=True)
class Installer:
    """What installs requirements.

    Attributes:
        layers: The folder of the layers that all have in common.
        pip: Variables that only pip gets: they may hold the user's own settings and secrets.
    """

    layers: str
    pip: Mapping[str, str]

    def write(self, path: Path) -> None:
        """Write it to a file, for nobody else to read."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def read(path: Path) -> Installer:
        """Read it from a file."""
        return Installer(**json.loads(path.read_text(encoding="utf-8")))

    @contextmanager
    def layer(self, folder: Path) -> Iterator[Path | None]:
        """A layer with what the source in a folder requires, kept from being swept; None if it needs none.

        Raises:
            Failed: It cannot be installed.
        """
        if not (wanted := _wanted(folder)):
            yield None
            return
        layer = Path(self.layers) / _key(folder, wanted)
        layer.parent.mkdir(parents=True, exist_ok=True)
        with layer.with_suffix(".lock").open("w") as lock:
            # Shared by all that use it, also by a program that takes the place of this one.
            os.set_inheritable(lock.fileno(), True)
            fcntl.flock(lock, fcntl.LOCK_SH)
            if not (layer / "done").exists():
                fcntl.flock(lock, fcntl.LOCK_EX)
            self._fill(layer, folder, wanted)
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield layer

    def _fill(self, layer: Path, folder: Path, wanted: Sequence[str]) -> None:
        done = layer / "done"
        if done.exists():
            say("The requirements are installed already.")
            os.utime(done)
            return
        shutil.rmtree(layer, ignore_errors=True)
        make_layer(layer)
        command = [str(python_of(layer)), "-m", "pip", "install", *_QUIETLY, *wanted]
        say(f"Installing dependencies with the following command:\n{' '.join(command)}")
        call("InstallRequirementsError", command, {**os.environ, **self.pip}, folder)
        done.touch()


def pip_variables(host: Mapping[str, str]) -> dict[str, str]:
    """What of a machine's variables pip needs."""
    wanted = {name for name in host if name.startswith("PIP_")} | set(_FOR_PIP)
    wanted |= {name.lower() for name in _FOR_PIP if name.endswith("_PROXY")}
    return {name: host[name] for name in sorted(wanted) if name in host}


def _wanted(folder: Path) -> list[str]:
    """What pip is to install for a source, as its arguments."""
    wanted = ["."] if (folder / "setup.py").is_file() else []
    return [*wanted, *(["-r", "requirements.txt"] if (folder / "requirements.txt").is_file() else [])]


def _key(folder: Path, wanted: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{sys.version}\n{sys.prefix}\n".encode())
    files = [folder / "requirements.txt"]
    if "." in wanted:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]
