"""ONNX Runtime: installs everywhere, and runs the graph as float32."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from steps.model.artifact import GRAPH_INPUT, GRAPH_OUTPUT
from steps.model.preprocessing import Pixels

if TYPE_CHECKING:
    import onnxruntime

_ERRORS_ONLY = 3  # its scale of log severity


class OnnxNetwork:
    """See steps.deploy.runtimes.Network."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    def run(self, images: Pixels) -> NDArray[np.float32]:
        """See Network."""
        answer: NDArray[np.float32]
        (answer,) = self._session.run([GRAPH_OUTPUT], {GRAPH_INPUT: images.astype(np.float32)})
        return answer


def load(graph: Path, threads: int) -> OnnxNetwork:
    """See steps.deploy.runtimes.Load."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # A ResNet is a chain: there are no branches to run beside each other.
    options.inter_op_num_threads = 1
    # Spinning threads take the cores away from requests that decode.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    return OnnxNetwork(onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"]))
