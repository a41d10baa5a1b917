"""What the XGBoost image does by default for scripts (github.com/aws/sagemaker-xgboost-container)."""

from __future__ import annotations

import tempfile
from importlib import import_module
from typing import Any

from pipeline.local.jobs.serving.defaults import ArrayDefaults
from pipeline.local.jobs.serving.formats import CSV, decode, table


def _of_csv(text: str) -> Any:
    return import_module("xgboost").DMatrix(table(text, empty="nan"))


def _of_libsvm(body: Any) -> Any:
    # XGBoost reads this format from files alone.
    with tempfile.NamedTemporaryFile("wb", suffix=".libsvm") as file:
        file.write(body.encode() if isinstance(body, str) else body)
        file.flush()
        return import_module("xgboost").DMatrix(f"{file.name}?format=libsvm")


_DECODERS = {CSV: _of_csv, "text/libsvm": _of_libsvm, "text/x-libsvm": _of_libsvm}


class XGBoost(ArrayDefaults):
    """Matrices of XGBoost, and `predict` of a Booster."""

    def input_fn(self, body: Any, content_type: str) -> Any:
        """A DMatrix of CSV or libsvm."""
        return decode(body, content_type, _DECODERS)

    def predict_fn(self, data: Any, model: Any) -> Any:
        """What the model says, whatever its features are called."""
        return model.predict(data, validate_features=False)
