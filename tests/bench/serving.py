"""The server beside its own parts, which nobody can beat, and beside LitServe."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from steps.deploy.classifier import Classifier, load_classifier
from steps.deploy.runtimes import choose
from steps.model import artifact, graph, network
from steps.model.artifact import Description
from steps.model.preprocessing import Preprocessing
from tests.bench import load, peers
from tests.bench.figures import Figure
from tests.bench.load import Target
from tests.bench.peers import ROOT

_CLIENTS = 16
_SECONDS = 4.0
_ROUNDS = 5
_REQUESTS = 20
_START_SECONDS = 120
_BATCHES = (8, 32)
_LATENCY_LIMIT = 1.15
_THROUGHPUT_LIMIT = 0.9
_LABELS = tuple("abcdefghij")


def figures() -> list[Figure]:
    """ResNet-50 at 224 and JPEGs of a data set's size, turn by turn."""
    runtime = choose(None)
    with tempfile.TemporaryDirectory() as folder, ours(Path(folder), runtime) as (own, _):
        model = load_classifier(Path(folder) / "model", runtime, len(os.sched_getaffinity(0)))
        found = [_latency(own, model), _throughput(own, model, runtime)]
        for kind in ("eager", runtime):
            with _litserve(Path(folder), kind) as theirs:
                found.append(_beside(own, theirs, kind))
    return found


def _latency(ours: Target, model: Classifier) -> Figure:
    served: list[float] = []
    alone: list[float] = []
    for _ in range(_ROUNDS):
        served += load.latencies(ours, _REQUESTS)
        for _ in range(_REQUESTS):
            begun = time.perf_counter()
            model.infer(np.stack(model.decode([ours.body])))
            alone.append(time.perf_counter() - begun)
    limit = statistics.median(alone) * _LATENCY_LIMIT
    peer = f"{_LATENCY_LIMIT} x decode and inference alone"
    return Figure("serve-p50", statistics.median(served), limit, "s", peer)


def _throughput(ours: Target, model: Classifier, runtime: str) -> Figure:
    served, alone = [], []
    for _ in range(_ROUNDS):
        served.append(load.rate(ours, _CLIENTS, _SECONDS))
        alone.append(max(_batched(model, size) for size in _BATCHES))
    limit = statistics.median(alone) * _THROUGHPUT_LIMIT
    peer = f"{_THROUGHPUT_LIMIT} x batches of {runtime} alone"
    return Figure("serve-throughput", statistics.median(served), limit, "requests/s", peer)


def _batched(model: Classifier, size: int) -> float:
    images = np.zeros((size, 3, 224, 224), np.uint8)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < _SECONDS / len(_BATCHES):
        model.infer(images)
        count += size
    return count / (time.perf_counter() - begun)


def _beside(ours: Target, theirs: Target, kind: str) -> Figure:
    rates = [
        (load.rate(ours, _CLIENTS, _SECONDS), load.rate(theirs, _CLIENTS, _SECONDS)) for _ in range(_ROUNDS)
    ]
    own, other = (statistics.median(column) for column in zip(*rates, strict=True))
    return Figure(f"serve-beside-litserve-{kind}", own, other, "requests/s", f"LitServe, {kind}")


@contextmanager
def ours(folder: Path, runtime: str, layers: int = 50, side: int = 224) -> Iterator[tuple[Target, int]]:
    """Our server with a ResNet of random weights, written to a folder; with the number of its process."""
    preprocessing = Preprocessing((3, side, side))
    classifier = network.Classifier(
        network.build(layers, len(_LABELS)), preprocessing.mean, preprocessing.std
    ).eval()
    onnx = graph.serialise(classifier, preprocessing.image_shape)
    artifact.write(folder / "model", Description(layers, _LABELS, preprocessing), onnx, b"")
    port = _free_port()
    environ = {"SAGEMAKER_BASE_DIR": str(folder), "SAGEMAKER_BIND_TO_PORT": str(port)}
    command = [sys.executable, "-m", "steps.deploy.server", "--runtime", runtime]
    target = Target(port, "/invocations", _photo(), {"Content-Type": "image/jpeg"})
    with _running(command, environ, target) as process:
        yield target, process


@contextmanager
def _litserve(folder: Path, kind: str) -> Iterator[Target]:
    port = _free_port()
    script = Path(__file__).parent / "scripts" / "litserve_resnet.py"
    python = str(peers.environment("litserve"))
    command = [python, str(script), str(port), kind, str(folder / "model" / artifact.GRAPH_FILE)]
    body = json.dumps({"image_data": base64.b64encode(_photo()).decode()}).encode()
    target = Target(port, "/predict", body, {"Content-Type": "application/json"})
    with _running(command, {}, target):
        yield target


@contextmanager
def _running(command: Sequence[str], environ: Mapping[str, str], target: Target) -> Iterator[int]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environ, stdout=log, stderr=log, start_new_session=True
        )
        try:
            load.wait(target, _START_SECONDS)
            yield process.pid
        finally:
            # LitServe's workers outlive it when it is only told to end.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _photo() -> bytes:
    """384x256 pixels, about 20 kB."""
    rough = np.random.default_rng(0).integers(0, 256, (12, 19, 3), dtype=np.uint8)
    smooth = Image.fromarray(rough).resize((384, 256), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(1).integers(-10, 11, (256, 384, 1), dtype=np.int16)
    file = io.BytesIO()
    Image.fromarray((np.asarray(smooth) + grain).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=80)
    return file.getvalue()
