"""An environment of their own for the peers, so that they never meet our versions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench"
_PEERS = Path(__file__).parent / "peers.txt"


def environment() -> Path:
    """The Python of the peers' environment; made and filled the first time, and when peers.txt changes."""
    python = BUILD / "peers" / "bin" / "python"
    stamp = BUILD / "peers" / "installed"
    if not stamp.exists() or stamp.stat().st_mtime < _PEERS.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", BUILD / "peers"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", _PEERS], check=True)
        stamp.touch()
    return python


def measure(script: str, *arguments: str) -> Any:
    """Runs a script of tests/bench/scripts in the peers' environment and returns the JSON that it prints."""
    command: list[str | Path] = [environment(), Path(__file__).parent / "scripts" / script, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)
