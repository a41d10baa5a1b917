"""A loaded model at work: image files are decoded by several threads and inferred in batches by one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor, Future

import numpy as np

from steps.deploy.batching import Batcher, Row
from steps.deploy.classifier import Classifier, ModelError

MAX_BATCH = 8
"""Images of a batch at most. On a CPU larger ones give no more images a second, only longer waits."""


class Service:
    """The model behind the requests.

    Args:
        classifier: The model.
        pool: Decodes, so that the event loop stays free to answer /ping.
        batcher: Infers.
    """

    def __init__(self, classifier: Classifier, pool: Executor, batcher: Batcher) -> None:
        self.labels = classifier.labels
        self._classifier = classifier
        self._pool = pool
        self._batcher = batcher

    async def classify(self, files: Sequence[bytes]) -> list[list[float]]:
        """The probabilities of each image file.

        Raises:
            steps.model.preprocessing.ImageError: One is no image that the model takes; of several files the
                text names which.
            ModelError: The model's answer is not finite.
        """
        rows = await asyncio.get_running_loop().run_in_executor(self._pool, self._submit, files)
        return [_finite(await asyncio.wrap_future(row)) for row in rows]

    def _submit(self, files: Sequence[bytes]) -> list[Future[Row]]:
        return [self._batcher.submit(image) for image in self._classifier.decode(files)]


def _finite(row: Row) -> list[float]:
    if not np.isfinite(row).all():
        raise ModelError("the model's probabilities are not finite: its training diverged")
    return [float(probability) for probability in row]
