"""OpenVINO: where the CPU has bfloat16, it computes in that by default, twice as fast as float32."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steps.model.artifact import GRAPH_INPUT, GRAPH_OUTPUT
from steps.model.preprocessing import Pixels


class OpenVinoNetwork:
    """See steps.deploy.runtimes.Network.

    Args:
        request: An openvino.InferRequest.
    """

    def __init__(self, request: Any) -> None:
        self._request = request

    def run(self, images: Pixels) -> NDArray[np.float32]:
        """See Network."""
        # The request's own output is overwritten by the next run.
        answer: NDArray[np.float32] = self._request.infer({GRAPH_INPUT: images})[GRAPH_OUTPUT].copy()
        return answer


def load(graph: Path, threads: int) -> OpenVinoNetwork:
    """See steps.deploy.runtimes.Load."""
    # It has no wheel for every platform, so the checks of types must pass without it.
    openvino = import_module("openvino")
    core = openvino.Core()
    steps = openvino.preprocess.PrePostProcessor(core.read_model(graph))
    # The graph turns the bytes into floats: a quarter of the memory to copy.
    steps.input(GRAPH_INPUT).tensor().set_element_type(openvino.Type.u8)
    settings = {
        # All cores work on one batch: two streams give a quarter more images a second under load, but double
        # the latency of a single request.
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        # Pinned threads fight those that decode, and those of another server, for one core.
        "ENABLE_CPU_PINNING": False,
    }
    return OpenVinoNetwork(core.compile_model(steps.build(), "CPU", settings).create_infer_request())
