"""Runs where LitServe is installed: serves ResNet-50 on the port that is named, the way its guide does.

The guide is https://lightning.ai/docs/litserve/speed-up-serving-by-200x: images in JSON, Pillow, batches.
The second argument is "eager" for torchvision's network, or "openvino" or "onnxruntime" for the graph of the
third.
"""

import base64
import io
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import torch
from PIL import Image

# Neither is installed where types are checked.
litserve: Any = import_module("litserve")

_BATCH, _WAIT_S = 8, 0.01

Run = Callable[[Any], Any]


def _eager() -> tuple[Run, object]:
    # torchvision's wheel on PyPI is built beside another build of torch than the CPU one; a classifier never
    # calls the operators that it lacks.
    operators = torch.library.Library("torchvision", "DEF")
    for signature in (
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ):
        operators.define(signature)
    import torchvision

    network = torchvision.models.resnet50(num_classes=10).eval()
    mean = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
    std = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)

    def run(images: Any) -> Any:
        with torch.inference_mode():
            return network((torch.from_numpy(images).float() - mean) / std).softmax(1).numpy()

    return run, operators


def _openvino(graph: str) -> Run:
    openvino = import_module("openvino")

    request = openvino.Core().compile_model(graph, "CPU").create_infer_request()
    return lambda images: request.infer({"images": images.astype(np.float32)})["probabilities"].copy()


def _onnxruntime(graph: str) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"images": images.astype(np.float32)})[0]


class Classifier(litserve.LitAPI):  # type: ignore[misc]
    def setup(self, device: str) -> None:
        if sys.argv[2] == "eager":
            self.run, self.operators = _eager()
        else:
            self.run = {"openvino": _openvino, "onnxruntime": _onnxruntime}[sys.argv[2]](sys.argv[3])

    def decode_request(self, request: dict[str, str]) -> Any:
        image = Image.open(io.BytesIO(base64.b64decode(request["image_data"])))
        image.draft(None, (224, 224))
        return np.asarray(image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)).transpose(
            2, 0, 1
        )

    def batch(self, inputs: Any) -> Any:
        return np.stack(inputs)

    def predict(self, x: Any) -> Any:
        return self.run(x)

    def unbatch(self, output: Any) -> Any:
        return list(output)

    def encode_response(self, output: Any) -> Any:
        return {"probabilities": output.tolist()}


if __name__ == "__main__":
    api = Classifier(max_batch_size=_BATCH, batch_timeout=_WAIT_S)
    server = litserve.LitServer(api, accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
