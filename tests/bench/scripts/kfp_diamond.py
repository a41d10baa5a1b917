"""A diamond of steps that do nothing, on the local subprocess runner of Kubeflow Pipelines.

Usage: kfp_diamond.py STEPS. Prints, as JSON, the seconds from the call to the end.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import time

from kfp import dsl, local  # type: ignore[import-not-found,unused-ignore]


@dsl.component  # type: ignore[untyped-decorator,unused-ignore]
def nothing() -> None:
    """Does nothing."""


@dsl.pipeline  # type: ignore[untyped-decorator,unused-ignore]
def diamond() -> None:
    """One step, many beside each other, one step."""
    first = nothing()
    middle = [nothing().after(first) for _ in range(int(sys.argv[1]) - 2)]
    nothing().after(*middle)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    local.init(runner=local.SubprocessRunner(use_venv=False))
    begun = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        diamond()
    took = time.perf_counter() - begun
    os.chdir("/")
sys.stdout.write(json.dumps(took))
