"""What the Hugging Face image does by default (github.com/aws/sagemaker-huggingface-inference-toolkit)."""

from __future__ import annotations

import json
import os
from importlib import import_module
from typing import Any

from pipeline.local.jobs.serving.defaults import ArrayDefaults
from pipeline.local.jobs.serving.formats import JSON, decode

_TASK = "HF_TASK"


class HuggingFace(ArrayDefaults):
    """A pipeline of transformers for the task that HF_TASK names, asked with JSON."""

    def model_fn(self, model_dir: str) -> Any:
        """The pipeline of the model's folder."""
        if not (task := os.environ.get(_TASK)):
            raise ValueError(f"the default model_fn needs the task of the model in {_TASK}")
        return import_module("transformers").pipeline(task, model=model_dir)

    def input_fn(self, body: Any, content_type: str) -> Any:
        """The members `inputs` and `parameters`."""
        return decode(body, content_type, {JSON: json.loads})

    def predict_fn(self, data: Any, model: Any) -> Any:
        """What the pipeline answers."""
        return model(data.get("inputs", data), **data.get("parameters", {}))
