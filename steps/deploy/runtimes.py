"""The libraries that run the graph on a CPU, the fastest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from steps.deploy import onnx_runtime, open_vino
from steps.model.preprocessing import Pixels


class Network(Protocol):
    """A loaded graph. One thread at a time may run it."""

    def run(self, images: Pixels) -> NDArray[np.float32]:
        """The graph's answer, by its own account [N, classes], to images [N, 3, H, W] of 0 to 255."""


Load = Callable[[Path, int], Network]
"""Loads an ONNX file for so many CPU cores; what it raises depends on the library."""

RUNTIMES: Mapping[str, Load] = MappingProxyType(
    {"openvino": open_vino.load, "onnxruntime": onnx_runtime.load}
)
"""By the name of the library's package."""


class RuntimeChoiceError(ValueError):
    """No library can run the graph here; the text says which would."""


def choose(wanted: str | None) -> str:
    """The name of the runtime to use.

    Args:
        wanted: One of RUNTIMES; None for the first that is installed.

    Raises:
        RuntimeChoiceError: It is not installed.
    """
    candidates: Sequence[str] = tuple(RUNTIMES) if wanted is None else (wanted,)
    for name in candidates:
        if find_spec(name):
            return name
    raise RuntimeChoiceError(f"{' and '.join(candidates)} not installed; install one with pip")
