"""The image validation beside CleanVision and beside a bare loop, and how its memory grows."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from steps.validate.processes.workers import cores
from tests.bench import peers, photos
from tests.bench.figures import Figure
from tests.bench.peers import ROOT

_MANY, _FEW = 20_000, 2_000
_ROUNDS = 5
_ARGUMENTS = (
    "--image-shape=3,224,224",
    "--resize=256",
    "--mini-batch-size=32",
    "--min-images-per-class=20",
    "--on-corrupt=fail",
)


def figures() -> list[Figure]:
    """The same images, machine and number of processes for all."""
    many, few = photos.container(_MANY), photos.container(_FEW)
    ours, floor = _turn_by_turn(
        [_module("tests.bench.surveying", many), _module("tests.bench.bare_loop", many)]
    )
    whole, most = _validate(many)
    theirs = peers.measure("cleanvision_default.py", str(photos.images(many)), peers="cleanvision")
    return [
        Figure("inspect-images", _MANY / ours, _MANY / floor, "images/s", "a bare loop"),
        Figure("validate-images", _MANY / whole, _MANY / theirs, "images/s", "CleanVision's default run"),
        Figure("validate-memory", most, _validate(few)[1], "MB", f"{_FEW} images instead of {_MANY}"),
    ]


def _module(name: str, base: Path) -> Sequence[str]:
    return [sys.executable, "-m", name, str(photos.images(base)), str(cores())]


def _turn_by_turn(commands: Sequence[Sequence[str]]) -> list[float]:
    """The median seconds of each command."""
    took: list[list[float]] = [[] for _ in commands]
    for _ in range(_ROUNDS):
        for command, times in zip(commands, took, strict=True):
            begun = time.perf_counter()
            done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
            times.append(time.perf_counter() - begun)
            assert done.stdout == f"{_MANY}\n", done.stdout
    return [statistics.median(times) for times in took]


def _validate(base: Path) -> tuple[float, float]:
    """Seconds and megabytes of the whole program, as in a job."""
    shutil.rmtree(base / "processing" / "output", ignore_errors=True)
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base)}
    command = [sys.executable, "-m", "steps.validate.program", *_ARGUMENTS]
    begun = time.perf_counter()
    with (base / "log").open("wb") as log:
        program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        most = 0
        while program.poll() is None:
            most = max(most, _resident(program.pid))
            time.sleep(0.05)
    took = time.perf_counter() - begun
    assert program.returncode == 0, (base / "log").read_text()
    return took, most / 1e6


def _resident(process: int) -> int:
    """Bytes in memory of a process and all below it, which counts twice what they share."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(_resident(int(child)) for child in below)
