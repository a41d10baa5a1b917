"""The tests, on all cores, install aside."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.bench.figures import Figure
from tests.bench.peers import ROOT

_LIMIT_S = 600.0


def figures() -> list[Figure]:
    """`make test` in an installed environment."""
    begun = time.perf_counter()
    subprocess.run(["make", "--silent", "test"], cwd=ROOT, check=True, stdout=sys.stderr)
    return [Figure("make-test", time.perf_counter() - begun, _LIMIT_S, "s", "limit")]
