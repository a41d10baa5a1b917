"""How long a command takes from Enter to prompt."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.peers import ROOT

_BIN = Path(sys.executable).parent
_ROUNDS = 7


def figures() -> list[Figure]:
    """--help and validate beside their limits, and --help beside the AWS CLI's way to say who it is."""
    ours = _median([_BIN / "imgpipe", "--help"])
    validate = _median([_BIN / "imgpipe", "validate", "-c", ROOT / "config" / "pipeline.yaml"])
    return [
        Figure("cli-help", ours, 0.25, "s", "limit"),
        Figure("cli-help-aws", ours, _median([_BIN / "aws", "--version"]), "s", "aws --version"),
        Figure("cli-validate", validate, 0.6, "s", "limit"),
    ]


def _median(command: Sequence[str | Path]) -> float:
    took = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        took.append(time.perf_counter() - begun)
    return statistics.median(took)
