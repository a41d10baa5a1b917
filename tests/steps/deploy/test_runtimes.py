import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from steps.deploy import runtimes
from steps.deploy.open_vino import load as load_openvino
from steps.deploy.runtimes import RUNTIMES, RuntimeChoiceError, choose

from .conftest import SIDE, Folder


class TestChoice:
    @pytest.mark.parametrize(
        ("installed", "wanted", "expected"),
        [
            pytest.param({"openvino", "onnxruntime"}, None, "openvino", id="the fastest"),
            pytest.param({"onnxruntime"}, None, "onnxruntime", id="the one that is there"),
            pytest.param({"openvino", "onnxruntime"}, "onnxruntime", "onnxruntime", id="as told"),
        ],
    )
    def test_found(
        self, monkeypatch: pytest.MonkeyPatch, installed: set[str], wanted: str | None, expected: str
    ) -> None:
        monkeypatch.setattr(runtimes, "find_spec", lambda name: name if name in installed else None)
        assert choose(wanted) == expected

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            (None, "openvino and onnxruntime not installed; install one with pip"),
            ("openvino", "openvino not installed; install one with pip"),
        ],
    )
    def test_not_installed(self, monkeypatch: pytest.MonkeyPatch, wanted: str | None, message: str) -> None:
        monkeypatch.setattr(runtimes, "find_spec", lambda name: None)
        with pytest.raises(RuntimeChoiceError, match=f"^{message}$"):
            choose(wanted)


def images(count: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (count, 3, SIDE, SIDE), dtype=np.uint8)


def expected(batch: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[Any]]:
    """The colours' network of conftest, by numpy."""
    powers = np.exp(batch.mean(axis=(2, 3)) / 32)
    answer: np.ndarray[Any, np.dtype[Any]] = powers / powers.sum(axis=1, keepdims=True)
    return answer


@pytest.mark.parametrize("name", [name for name in RUNTIMES if find_spec(name)])
@pytest.mark.parametrize("count", [1, 5])
def test_same_answers_whatever_the_runtime(model_folder: Folder, name: str, count: int) -> None:
    network = RUNTIMES[name](model_folder() / "model" / "model.onnx", 1)
    # bfloat16 has eight bits of mantissa: a logit of 4 is off by up to 1/64.
    np.testing.assert_allclose(network.run(images(count)), expected(images(count)), atol=0.02)


class TestOpenVinoStandIn:
    """How OpenVINO is asked, where it is not installed."""

    def test_settings_and_answer(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        told: dict[str, Any] = {}
        own = np.zeros((1, 3), np.float32)

        class Core:
            def read_model(self, graph: Path) -> str:
                return f"read {graph.name}"

            def compile_model(self, model: str, device: str, settings: dict[str, Any]) -> Any:
                told.update(model=model, device=device, settings=settings)
                request = SimpleNamespace(infer=lambda inputs: told.update(inputs) or {"probabilities": own})
                return SimpleNamespace(create_infer_request=lambda: request)

        class Steps:
            def __init__(self, model: str) -> None:
                self.model = model

            def input(self, name: str) -> Any:
                return SimpleNamespace(tensor=lambda: self)

            def set_element_type(self, kind: str) -> None:
                self.model += f" as {kind}"

            def build(self) -> str:
                return self.model

        stand_in = SimpleNamespace(
            Core=Core, Type=SimpleNamespace(u8="u8"), preprocess=SimpleNamespace(PrePostProcessor=Steps)
        )
        monkeypatch.setitem(sys.modules, "openvino", stand_in)
        batch = images(1)
        answer = load_openvino(tmp_path / "model.onnx", 2).run(batch)
        own[:] = 1
        assert answer.tolist() == [[0, 0, 0]], "the answer has to outlive the next run"
        assert told == {
            "model": "read model.onnx as u8",
            "device": "CPU",
            "settings": {
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": 2,
                "ENABLE_CPU_PINNING": False,
            },
            "images": batch,
        }
