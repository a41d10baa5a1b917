"""The frameworks whose images serve models with scripts."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.local.jobs.serving.defaults import Defaults
from pipeline.local.jobs.serving.hugging_face import HuggingFace
from pipeline.local.jobs.serving.mxnet import MXNet
from pipeline.local.jobs.serving.pytorch import PyTorch
from pipeline.local.jobs.serving.scikit_learn import ScikitLearn
from pipeline.local.jobs.serving.xgboost import XGBoost

FRAMEWORKS: Mapping[str, Defaults] = {
    "hugging-face": HuggingFace(),
    "mxnet": MXNet(),
    "pytorch": PyTorch(),
    "scikit-learn": ScikitLearn(),
    "xgboost": XGBoost(),
}
"""The default functions of each, by the name that the catalogue of images gives to the program."""
