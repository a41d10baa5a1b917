"""The main job, install aside."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.peers import ROOT

_LIMIT_S = 150.0


def figures() -> list[Figure]:
    """`make run` from nothing but an installed environment, in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "IMGPIPE_HOME": home, "IMGPIPE_LOCAL_PORT": "0", "TORCH_HOME": home}
        begun = time.perf_counter()
        try:
            subprocess.run(
                ["make", "--silent", "run"], cwd=ROOT, env=environment, check=True, stdout=sys.stderr
            )
            took = time.perf_counter() - begun
        finally:
            imgpipe = Path(sys.executable).parent / "imgpipe"
            subprocess.run([imgpipe, "local", "down"], env=environment, check=True, stdout=sys.stderr)
    return [Figure("make-run", took, _LIMIT_S, "s", "limit")]
