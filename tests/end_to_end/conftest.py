from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.environment import out_of_date

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Shell:
    """A user's shell: a copy of the project, with a local SageMaker of its own."""

    folder: Path
    environment: dict[str, str]

    def bash(self, script: str) -> subprocess.CompletedProcess[str]:
        """Runs a script as a user would type it, stopping at the first command that fails."""
        return self._run(["bash", "-euo", "pipefail", "-c", script])

    def imgpipe(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self._run(["imgpipe", *map(str, arguments)])

    def json(self, *arguments: str | Path) -> Any:
        done = self.imgpipe(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def popen(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["imgpipe", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=800
        )


def _copy_of_the_project(folder: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            # With its times: make must see that the environment is up to date.
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A project folder and a home of its own; what it started is down at the end."""
    reason = out_of_date(ROOT)
    if reason:
        pytest.fail(reason, pytrace=False)
    folder = tmp_path_factory.mktemp("project")
    _copy_of_the_project(folder)
    keep = ("LANG", "HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
    environment = {name: os.environ[name] for name in keep if name in os.environ} | {
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "IMGPIPE_HOME": str(tmp_path_factory.mktemp("home")),
        "IMGPIPE_LOCAL_PORT": "0",
        # Two trainings that share two cores wait for each other's threads most of the time.
        "OMP_NUM_THREADS": "1",
        # No torch hub cache of this machine: the quickstart must behave as on a new one.
        "TORCH_HOME": str(tmp_path_factory.mktemp("torch")),
    }
    made = Shell(folder, environment)
    yield made
    down = made.imgpipe("local", "down")
    assert down.returncode == 0, down.stderr
