"""What is served is what the trained network says, image by image."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from steps.deploy.application import Application
from steps.deploy.batching import Batcher
from steps.deploy.classifier import load_classifier
from steps.deploy.metrics import Metrics
from steps.deploy.service import MAX_BATCH, Service
from steps.model import artifact, graph, network
from steps.model.artifact import Description
from steps.model.network import Classifier
from steps.model.preprocessing import Preprocessing

from .conftest import ask

SHAPE = (3, 32, 32)


def file(form: str, orientation: int, mode: str = "RGB") -> bytes:
    random = np.random.default_rng(orientation)
    image = Image.fromarray(random.integers(0, 256, (40, 70, 3), dtype=np.uint8)).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, form, exif=exif)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def trained() -> Classifier:
    torch.manual_seed(0)
    preprocessing = Preprocessing(SHAPE)
    return Classifier(network.build(18, 3), preprocessing.mean, preprocessing.std).eval()


@pytest.fixture
def served(trained: Classifier, tmp_path: Path) -> Iterator[Application]:
    description = Description(18, ("a", "b", "c"), Preprocessing(SHAPE))
    artifact.write(tmp_path / "model", description, graph.serialise(trained, SHAPE), b"weights")
    model = load_classifier(tmp_path / "model", "onnxruntime", threads=1)
    metrics = Metrics()
    with Batcher(model.infer, MAX_BATCH, metrics.batch) as batcher, ThreadPoolExecutor(1) as pool:
        loading: Future[Service] = Future()
        loading.set_result(Service(model, pool, batcher))
        yield Application(loading, metrics, clock=lambda: 0.0)


@pytest.mark.parametrize(
    "data",
    [
        *(pytest.param(file("JPEG", turn), id=f"jpeg turned {turn}") for turn in range(1, 9)),
        pytest.param(file("PNG", 6), id="png"),
        pytest.param(file("PNG", 1, "L"), id="grey"),
        pytest.param(file("PNG", 1, "P"), id="palette"),
        pytest.param(file("JPEG", 1, "CMYK"), id="cmyk"),
    ],
)
def test_served_and_trained_agree(trained: Classifier, served: Application, data: bytes) -> None:
    pixels = torch.from_numpy(Preprocessing(SHAPE).for_inference(data))
    with torch.inference_mode():
        expected = trained(pixels[None].float()).softmax(1)[0].tolist()
    answer = ask(served.asgi(), "POST", "/invocations", data, {"Content-Type": "application/x-image"})
    assert answer.json == pytest.approx(expected, abs=1e-4)
