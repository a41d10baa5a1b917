"""What the MXNet image does by default for Gluon (github.com/aws/sagemaker-mxnet-inference-toolkit)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pipeline.local.jobs.serving.defaults import ArrayDefaults
from pipeline.local.jobs.serving.formats import encode


class MXNet(ArrayDefaults):
    """NDArrays, asked of a Gluon block; a model of the Module API needs functions of the script."""

    def input_fn(self, body: Any, content_type: str) -> Any:
        """An NDArray."""
        return import_module("mxnet").nd.array(super().input_fn(body, content_type))

    def predict_fn(self, data: Any, model: Any) -> Any:
        """What the block answers."""
        return model(data)

    def output_fn(self, prediction: Any, accept: str) -> bytes | tuple[bytes, str]:
        """The NDArray as JSON, CSV or NPY."""
        return encode(prediction.asnumpy().tolist(), accept)
