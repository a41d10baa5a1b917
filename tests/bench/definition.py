"""What a definition costs: built by imgpipe, kept by imgpipe, and written by hand against the SDK."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.peers import ROOT

_BIN = Path(sys.executable).parent
_CONFIG = ROOT / "config" / "quickstart.yaml"
_OFFLINE = {
    "AWS_ACCESS_KEY_ID": "offline",
    "AWS_SECRET_ACCESS_KEY": "offline",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAGEMAKER_VALIDATE_ROLE": "false",
}
_ROUNDS = 5
_AGAIN_LIMIT_S = 1.0
"""A second compile, plan, upsert or start of the same config takes under a second."""


def figures() -> list[Figure]:
    """The first and the second compile beside the SDK, and commands on a definition that is kept."""
    sdk = statistics.median(_by_hand() for _ in range(_ROUNDS))
    with _home() as environment:
        first = _once("compile", environment)
        found = [
            Figure("compile-first", first, sdk, "s", "the SDK by hand"),
            Figure("compile-again", _median("compile", environment), sdk, "s", "the SDK by hand"),
            Figure("validate-again", _median("validate", environment), _AGAIN_LIMIT_S, "s", "limit"),
        ]
        _with_data(environment)
        again = {command: _median(command, environment, "--local") for command in ("plan", "upsert")}
        again["start"] = statistics.median(_start(environment) for _ in range(_ROUNDS))
        found += [Figure(f"{one}-again", took, _AGAIN_LIMIT_S, "s", "limit") for one, took in again.items()]
        return found


def _with_data(environment: dict[str, str]) -> None:
    """The pipeline on the local SageMaker, with images, so that it can be started."""
    images = Path(environment["IMGPIPE_HOME"]) / "digits"
    _run([_BIN / "imgpipe", "data", "sample", images], environment)
    _run([_BIN / "imgpipe", "data", "push", images, "-c", _CONFIG, "--local"], environment)
    _once("upsert", environment, "--local")


@contextmanager
def _home() -> Iterator[dict[str, str]]:
    """An environment with a home of its own, whose local SageMaker is stopped at the end."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "IMGPIPE_HOME": home, "IMGPIPE_LOCAL_PORT": "0"}
        try:
            yield environment
        finally:
            _run([_BIN / "imgpipe", "local", "down"], environment)


def _by_hand() -> float:
    script = Path(__file__).parent / "scripts" / "sdk_pipeline.py"
    return _timed([sys.executable, script], {**os.environ, **_OFFLINE})


def _once(command: str, environment: dict[str, str], *options: str) -> float:
    return _timed([_BIN / "imgpipe", command, "-c", _CONFIG, *options], environment)


def _start(environment: dict[str, str]) -> float:
    """A start, with nothing else running."""
    took = _once("start", environment, "--local")
    _once("stop", environment, "--local")
    return took


def _median(command: str, environment: dict[str, str], *options: str) -> float:
    return statistics.median(_once(command, environment, *options) for _ in range(_ROUNDS))


def _timed(command: Sequence[str | Path], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    _run(command, environment)
    return time.perf_counter() - begun


def _run(command: Sequence[str | Path], environment: dict[str, str]) -> None:
    subprocess.run(command, env=environment, check=True, capture_output=True)
