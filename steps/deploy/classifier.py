"""The served model: an image file's bytes in, probabilities out. ONNX Runtime, no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from steps.model.artifact import GRAPH_INPUT, GRAPH_OUTPUT, ArtifactError, read
from steps.model.preprocessing import Preprocessing

_ERRORS_ONLY = 3  # ONNX Runtime's scale of log severity


class ModelError(Exception):
    """The model cannot be loaded, or answers with what are no probabilities; the text says why."""


class Classifier:
    """A loaded model. Several threads may call it at once.

    Attributes:
        labels: The names of the classes in the order of the probabilities.
    """

    def __init__(
        self, session: onnxruntime.InferenceSession, preprocessing: Preprocessing, labels: tuple[str, ...]
    ) -> None:
        self.labels = labels
        self._session = session
        self._preprocessing = preprocessing

    def classify(self, data: bytes) -> list[float]:
        """The probability of every class, in the order of `labels`.

        Args:
            data: An image file.

        Raises:
            steps.model.preprocessing.ImageError: The bytes are no image that the model takes.
            ModelError: The model's answer is not finite.
        """
        images = self._preprocessing.for_inference(data)[np.newaxis].astype(np.float32)
        probabilities = self._run(images)
        if not np.isfinite(probabilities).all():
            raise ModelError("the model's probabilities are not finite: its training diverged")
        return [float(probability) for probability in probabilities]

    def warm_up(self) -> None:
        """Runs the graph once, so that a damaged one is noticed now and the first request is not slow.

        Raises:
            ModelError: The graph does not take or give what model.json says.
        """
        try:
            self._run(np.zeros((1, *self._preprocessing.image_shape), np.float32))
        except ModelError:
            raise
        # ONNX Runtime has a dozen exception types without a common root, and ValueError for a wrong name.
        except Exception as error:
            raise ModelError(f"the graph does not run: {_first_line(error)}") from error

    def _run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probabilities [classes] of images [1, 3, H, W]."""
        (probabilities,) = self._session.run([GRAPH_OUTPUT], {GRAPH_INPUT: images})
        expected = (1, len(self.labels))
        if probabilities.shape != expected:
            raise ModelError(
                f"the graph's answer has shape {probabilities.shape}, but model.json's labels need {expected}"
            )
        answer: NDArray[np.float32] = probabilities[0]
        return answer


def load_classifier(folder: Path, threads: int) -> Classifier:
    """Loads the model of a folder and tries it.

    Args:
        folder: As `steps.model.artifact` describes it.
        threads: CPU cores that one request may use.

    Raises:
        ModelError: The folder holds no such model, or a damaged one.
    """
    try:
        artifact = read(folder)
    except ArtifactError as error:
        raise ModelError(str(error)) from error
    try:
        session = onnxruntime.InferenceSession(
            str(artifact.graph), _options(threads), providers=["CPUExecutionProvider"]
        )
    # As above: no common root.
    except Exception as error:
        raise ModelError(f"{artifact.graph} is damaged: {_first_line(error)}") from error
    description = artifact.description
    classifier = Classifier(session, description.preprocessing, description.labels)
    classifier.warm_up()
    return classifier


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # A ResNet is a chain: there are no branches to run beside each other.
    options.inter_op_num_threads = 1
    # Spinning threads take the cores away from requests that decode.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    return options


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
