"""What a framework's image does for the functions that a script does not write."""

from __future__ import annotations

from typing import Any, Protocol

from pipeline.local.jobs.serving.formats import decode, encode


class Defaults(Protocol):
    """The functions of one framework."""

    def model_fn(self, model_dir: str) -> Any:
        """Load the model."""

    def input_fn(self, body: Any, content_type: str) -> Any:
        """Read a request's body."""

    def predict_fn(self, data: Any, model: Any) -> Any:
        """Ask the model."""

    def output_fn(self, prediction: Any, accept: str) -> bytes | tuple[bytes, str]:
        """Write the answer, in the type that is asked for or in another that is named."""


class ArrayDefaults:
    """Functions on NumPy arrays; loading is the script's affair."""

    def model_fn(self, model_dir: str) -> Any:
        """There is none."""
        raise NotImplementedError("this image has no default model_fn: the script has to write one")

    def input_fn(self, body: Any, content_type: str) -> Any:
        """An array of JSON, CSV or NPY."""
        return decode(body, content_type)

    def predict_fn(self, data: Any, model: Any) -> Any:
        """What the model's `predict` says."""
        return model.predict(data)

    def output_fn(self, prediction: Any, accept: str) -> bytes | tuple[bytes, str]:
        """The prediction as JSON, CSV or NPY."""
        return encode(prediction, accept)
