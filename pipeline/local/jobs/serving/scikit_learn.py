"""What the scikit-learn image does by default (github.com/aws/sagemaker-scikit-learn-container)."""

from __future__ import annotations

from typing import Any

from pipeline.local.jobs.serving.defaults import ArrayDefaults
from pipeline.local.jobs.serving.formats import CSV, DECODERS, TEXTS, decode, table


def _squeezed(text: str) -> Any:
    # A single row becomes a vector there too, for which most models ask to be reshaped.
    return table(text).squeeze()


_DECODERS = {**DECODERS, CSV: _squeezed}


class ScikitLearn(ArrayDefaults):
    """Arrays of 32-bit floats of text; `predict` of the model."""

    def input_fn(self, body: Any, content_type: str) -> Any:
        """An array; of single precision if it was text."""
        array = decode(body, content_type, _DECODERS)
        return array.astype("float32") if content_type in TEXTS else array
