from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.local.jobs.catalog import IMAGES
from pipeline.local.jobs.serving.formats import CSV, JSON, NPY, Unsupported, encode
from pipeline.local.jobs.serving.frameworks import FRAMEWORKS

OLD_FORMAT = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
"""The image's default is TorchScript, whatever PyTorch thinks of it today."""


class Doubles(torch.nn.Module):
    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return given * 2


def test_images_name_their_framework() -> None:
    started = [image.serve for image in IMAGES.values() if image.serve and "-m" in image.serve[:4]]
    named = {serve[-1] for serve in started if "serving.program" in serve[-2]}
    assert named == set(FRAMEWORKS)


@pytest.mark.parametrize("name", ["mxnet", "scikit-learn", "xgboost"])
def test_some_have_to_write_how_a_model_is_loaded(name: str) -> None:
    with pytest.raises(
        NotImplementedError, match="this image has no default model_fn: the script has to write"
    ):
        FRAMEWORKS[name].model_fn("/opt/ml/model")


def test_scikit_learn_asks_with_single_precision() -> None:
    scikit_learn = FRAMEWORKS["scikit-learn"]
    data = scikit_learn.input_fn("1,2\n3,4", CSV)
    assert (data.dtype, data.tolist()) == (np.float32, [[1, 2], [3, 4]])
    assert scikit_learn.input_fn("1,2,3", CSV).shape == (3,)
    assert scikit_learn.input_fn(encode([1.0], NPY), NPY).dtype == np.float64
    model = SimpleNamespace(predict=lambda rows: rows.sum(axis=1))
    assert scikit_learn.output_fn(scikit_learn.predict_fn(data, model), JSON) == b"[3.0, 7.0]"


@OLD_FORMAT
@pytest.mark.parametrize("file", ["model.pt", "weights.pth"])
def test_pytorch_serves_a_torchscript_module(tmp_path: Path, file: str) -> None:
    trace: Any = torch.jit.trace
    trace(Doubles(), torch.ones(1, 2)).save(str(tmp_path / file))
    pytorch = FRAMEWORKS["pytorch"]
    data = pytorch.input_fn("[[1, 2]]", JSON)
    assert data.dtype == torch.float32
    prediction = pytorch.predict_fn(data, pytorch.model_fn(str(tmp_path)))
    assert pytorch.output_fn(prediction, "image/png, text/csv") == (b"2.0,4.0\n", CSV)
    assert pytorch.input_fn(encode([1], NPY), NPY).dtype == torch.int64


@OLD_FORMAT
def test_pytorch_loads_no_pickle(tmp_path: Path) -> None:
    torch.save(Doubles().state_dict(), tmp_path / "model.pt")
    with pytest.raises(RuntimeError, match=r"PytorchStreamReader|constants\.pkl"):
        FRAMEWORKS["pytorch"].model_fn(str(tmp_path))


@pytest.mark.parametrize(("files", "found"), [((), "none"), (("a.pt", "b.pth", "c.txt"), "a.pt, b.pth")])
def test_pytorch_says_which_file_it_needs(tmp_path: Path, files: tuple[str, ...], found: str) -> None:
    for name in files:
        (tmp_path / name).touch()
    text = f"the default model_fn needs model.pt, or one .pt or .pth file: {found}"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        FRAMEWORKS["pytorch"].model_fn(str(tmp_path))


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a stand-in in the place of a framework that is not installed."""

    def put(name: str, **members: Any) -> None:
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**members))

    return put


def test_xgboost_asks_with_matrices(module: Any) -> None:
    module(
        "xgboost",
        DMatrix=lambda given: Path(given.partition("?")[0]).read_text() if isinstance(given, str) else given,
    )
    xgboost = FRAMEWORKS["xgboost"]
    assert np.isnan(xgboost.input_fn("1,,3", CSV)).tolist() == [[False, True, False]]
    assert xgboost.input_fn("1\n2", CSV).shape == (2, 1)
    assert xgboost.input_fn(b"1 0:2", "text/libsvm") == "1 0:2"
    with pytest.raises(Unsupported, match="which knows text/csv, text/libsvm, text/x-libsvm"):
        xgboost.input_fn("[1]", JSON)
    model = SimpleNamespace(predict=lambda data, validate_features: [len(data), validate_features])
    assert xgboost.predict_fn([1, 2], model) == [2, False]


def test_mxnet_asks_with_its_arrays(module: Any) -> None:
    module("mxnet", nd=SimpleNamespace(array=lambda given: SimpleNamespace(asnumpy=lambda: given * 2)))
    mxnet = FRAMEWORKS["mxnet"]
    prediction = mxnet.predict_fn(mxnet.input_fn("[1, 2]", JSON), lambda data: data)
    assert mxnet.output_fn(prediction, JSON) == b"[2, 4]"


def test_hugging_face_asks_a_pipeline(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def pipeline(task: str, model: str) -> Any:
        return lambda inputs, **parameters: [task, model, inputs, parameters]

    module("transformers", pipeline=pipeline)
    hugging_face = FRAMEWORKS["hugging-face"]
    monkeypatch.delenv("HF_TASK", raising=False)
    with pytest.raises(ValueError, match="the default model_fn needs the task of the model in HF_TASK"):
        hugging_face.model_fn("/m")
    monkeypatch.setenv("HF_TASK", "fill-mask")
    model = hugging_face.model_fn("/m")
    data = hugging_face.input_fn('{"inputs": "a", "parameters": {"k": 1}}', JSON)
    assert hugging_face.output_fn(hugging_face.predict_fn(data, model), JSON) == (
        b'["fill-mask", "/m", "a", {"k": 1}]'
    )
