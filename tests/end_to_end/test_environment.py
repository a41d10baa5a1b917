from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.environment import out_of_date

ROOT = Path(__file__).parents[2]
FILES = ("pyproject.toml", "constraints.txt", ".venv/installed", ".venv/installed-dev")


def project(folder: Path, *times: int | None) -> Path:
    """A project whose FILES have these times, in seconds; None for a file that is missing."""
    shutil.copy(ROOT / "Makefile", folder)
    (folder / ".venv").mkdir()
    for name, time in zip(FILES, times, strict=True):
        if time is not None:
            (folder / name).touch()
            os.utime(folder / name, (time, time))
    return folder


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        pytest.param((1, 1, 2, 3), None, id="up-to-date"),
        pytest.param((1, 1, 1, 1), None, id="all-at-once"),
        pytest.param((3, 1, 2, 2), "is older than pyproject.toml", id="pyproject"),
        pytest.param((1, 3, 2, 2), "is older than constraints.txt", id="constraints"),
        pytest.param((1, 1, 3, 2), "is older than .venv/installed", id="tools-older"),
        pytest.param((1, 1, None, 2), "has no .venv/installed", id="none"),
        pytest.param((1, 1, 2, None), "has no .venv/installed-dev", id="no-tools"),
    ],
)
def test_it_says_what_make_does(tmp_path: Path, times: tuple[int | None, ...], reason: str | None) -> None:
    folder = project(tmp_path, *times)
    assert out_of_date(folder) == (reason and f"run `make test`: the environment {reason}")
    asked = subprocess.run(["make", "--question", ".venv/installed-dev"], cwd=folder, capture_output=True)
    assert asked.returncode == (1 if reason else 0)
