"""The served model: image files in, probabilities out. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.deploy.runtimes import RUNTIMES, Network
from steps.model.artifact import ArtifactError, read
from steps.model.preprocessing import ImageError, Pixels, Preprocessing, TooManyPixelsError


class ModelError(Exception):
    """The model cannot be loaded, or answers with what are no probabilities; the text says why."""


class Classifier:
    """A loaded model.

    Attributes:
        labels: The names of the classes in the order of the probabilities.
    """

    def __init__(self, network: Network, preprocessing: Preprocessing, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self._network = network
        self._preprocessing = preprocessing

    def decode(self, files: Sequence[bytes]) -> list[Pixels]:
        """Image files as the graph's inputs [3, H, W]. Any thread may call it.

        Several files are together held to the limit of pixels of one: small files may hold large images.

        Raises:
            steps.model.preprocessing.ImageError: One is no image that the model takes; of several files the
                text names which.
        """
        if len(files) == 1:
            return [self._preprocessing.for_inference(files[0])]
        images = []
        room = self._preprocessing.max_pixels
        for number, data in enumerate(files, 1):
            try:
                room -= self._preprocessing.count_pixels(data)
                if room < 0:
                    limit = self._preprocessing.max_pixels
                    raise TooManyPixelsError(f"together with those before more than {limit:,} pixels")
                images.append(self._preprocessing.for_inference(data))
            except ImageError as error:
                raise type(error)(f"image {number} of {len(files)}: {error}") from error
        return images

    def infer(self, images: Pixels) -> NDArray[np.float32]:
        """The probabilities [N, classes] of images [N, 3, H, W]. One thread at a time may call it.

        Raises:
            ModelError: The graph's answer is of another shape.
        """
        probabilities = self._network.run(images)
        expected = (len(images), len(self.labels))
        if probabilities.shape != expected:
            raise ModelError(
                f"the graph's answer has shape {probabilities.shape}, but model.json's labels need {expected}"
            )
        return probabilities

    def warm_up(self) -> None:
        """Runs the graph once, so that a damaged one is noticed now and the first request is not slow.

        Raises:
            ModelError: The graph does not take or give what model.json says.
        """
        try:
            self.infer(np.zeros((1, *self._preprocessing.image_shape), np.uint8))
        except ModelError:
            raise
        # The runtimes have a dozen exception types without a common root.
        except Exception as error:
            raise ModelError(f"the graph does not run: {_first_line(error)}") from error


def load_classifier(folder: Path, runtime: str, threads: int) -> Classifier:
    """Loads the model of a folder and tries it.

    Args:
        folder: As `steps.model.artifact` describes it.
        runtime: One of steps.deploy.runtimes.RUNTIMES.
        threads: CPU cores that one run may use.

    Raises:
        ModelError: The folder holds no such model, or a damaged one.
    """
    try:
        artifact = read(folder)
    except ArtifactError as error:
        raise ModelError(str(error)) from error
    try:
        network = RUNTIMES[runtime](artifact.graph, threads)
    # As above: no common root.
    except Exception as error:
        raise ModelError(f"{artifact.graph} is damaged: {_first_line(error)}") from error
    description = artifact.description
    classifier = Classifier(network, description.preprocessing, description.labels)
    classifier.warm_up()
    return classifier


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
