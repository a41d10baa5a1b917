"""The log lines of the built-in algorithm, from which metrics are read."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from steps.train.history import Epoch, Score

_EVERY_BATCHES = 20  # as the algorithm does
_EVERY_SECONDS = 10.0  # or sooner: on a processor 20 batches of large images take minutes

_log = logging.getLogger(__name__)


class Speedometer:
    """Says now and then how fast an epoch goes: `Epoch[3] Batch [20]#011Speed: 191.4 samples/sec#011…`.

    The `#011` is a tab as AWS's log shows it; tools that read those logs look for it.

    Args:
        epoch: From 0.
        clock: Seconds from any start.
    """

    def __init__(self, epoch: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._epoch = epoch
        self._clock = clock
        self._since = clock()
        self._samples = 0

    def after(self, batch: int, samples: int, accuracy: float) -> None:
        """Count a finished batch, and say so when it is time.

        Args:
            batch: From 1.
            samples: The images in it.
            accuracy: Of the epoch so far.
        """
        self._samples += samples
        seconds = self._clock() - self._since
        if batch % _EVERY_BATCHES and seconds < _EVERY_SECONDS:
            return
        rate = self._samples / max(seconds, 1e-9)
        _log.info(
            "Epoch[%d] Batch [%d]#011Speed: %.3f samples/sec#011accuracy=%f",
            self._epoch,
            batch,
            rate,
            accuracy,
        )
        self._since, self._samples = self._clock(), 0


def epoch_lines(epoch: Epoch, top_k: int | None) -> None:
    """Log what an epoch brought."""
    _score_lines(epoch.epoch, "Train", epoch.train, top_k)
    _log.info("Epoch[%d] Time cost=%.3f", epoch.epoch, epoch.seconds)
    _score_lines(epoch.epoch, "Validation", epoch.validation, top_k)


def _score_lines(epoch: int, split: str, score: Score, top_k: int | None) -> None:
    _log.info("Epoch[%d] %s-accuracy=%f", epoch, split, score.accuracy)
    if score.top_k_accuracy is not None:
        _log.info("Epoch[%d] %s-top_k_accuracy_%d=%f", epoch, split, top_k, score.top_k_accuracy)
