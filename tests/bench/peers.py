"""An environment of their own for the peers, so that they never meet our versions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench"


def environment(name: str = "peers") -> Path:
    """The Python of the environment for the peers of NAME.txt.

    It is made and filled the first time, and when that file changes.
    """
    python = BUILD / name / "bin" / "python"
    stamp = BUILD / name / "installed"
    wanted = Path(__file__).parent / f"{name}.txt"
    if not stamp.exists() or stamp.stat().st_mtime < wanted.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", BUILD / name], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", wanted], check=True)
        stamp.touch()
    return python


def measure(script: str, *arguments: str, peers: str = "peers") -> Any:
    """Runs a script of tests/bench/scripts in an environment of peers and returns the JSON that it prints."""
    command: list[str | Path] = [environment(peers), Path(__file__).parent / "scripts" / script, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)
