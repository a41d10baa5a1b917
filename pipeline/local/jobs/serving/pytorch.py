"""What the PyTorch image does by default (github.com/aws/sagemaker-pytorch-inference-toolkit)."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.local.jobs.serving.formats import TEXTS, decode, encode, first_known

_MODEL = "model.pt"


class PyTorch:
    """A TorchScript module, asked with tensors."""

    def model_fn(self, model_dir: str) -> Any:
        """The TorchScript module of model.pt, or of the only file of its kind; never a pickle."""
        path = Path(model_dir, _MODEL)
        if not path.exists():
            files = sorted(each for each in Path(model_dir).iterdir() if each.suffix in (".pt", ".pth"))
            if len(files) != 1:
                found = ", ".join(each.name for each in files) or "none"
                raise ValueError(f"the default model_fn needs {_MODEL}, or one .pt or .pth file: {found}")
            (path,) = files
        return _torch().jit.load(str(path), map_location=_device()).eval()

    def input_fn(self, body: Any, content_type: str) -> Any:
        """A tensor; of single precision if it was text."""
        array = decode(body, content_type)
        tensor = _torch().from_numpy(array)
        return (tensor.float() if content_type in TEXTS else tensor).to(_device())

    def predict_fn(self, data: Any, model: Any) -> Any:
        """What the model answers, without gradients."""
        with _torch().no_grad():
            return model.to(_device()).eval()(data.to(_device()))

    def output_fn(self, prediction: Any, accept: str) -> bytes | tuple[bytes, str]:
        """The prediction in the first type that is known."""
        if isinstance(prediction, _torch().Tensor):
            prediction = prediction.detach().cpu().numpy().tolist()
        chosen = first_known(accept)
        return encode(prediction, chosen), chosen


def _torch() -> Any:
    """PyTorch: it is the model's, and takes a second to import, so only who needs it does."""
    return import_module("torch")


def _device() -> str:
    return "cuda" if _torch().cuda.is_available() else "cpu"
