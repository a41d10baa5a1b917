"""How images look from afar.

A chunk of them is looked at together: a call of numpy costs more than its work on one small image.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.validate.facts import Look

SIDE = 64
"""Each image is scaled to a square of so many pixels, so that figures of all images can be compared."""

_THUMB = 16
_WHITE = 255.0
# Nine columns for eight differences, overlapping, as nine do not divide SIDE.
_COLUMNS, _COLUMN_STEP = 9, 7


class Gallery:
    """The images of a chunk, side by side in one canvas."""

    def __init__(self, most: int) -> None:
        """Makes room for so many images."""
        self._canvas = Image.new("L", (SIDE, SIDE * most))
        self._details: list[float] = []

    def hang(self, grey: Image.Image) -> None:
        """Adds one image of mode L."""
        scaled = grey if grey.size == (SIDE, SIDE) else grey.resize((SIDE, SIDE), Image.Resampling.BOX)
        self._canvas.paste(scaled, (0, SIDE * len(self._details)))
        self._details.append(scaled.entropy())

    def looks(self) -> Iterator[Look]:
        """How each image looks, in the order in which they were hung."""
        count = len(self._details)
        if not count:
            return iter(())
        pixels = np.asarray(self._canvas).reshape(-1, SIDE, SIDE)[:count]
        brightness, contrast = _spread(pixels)
        columns = (
            _hashes(pixels),
            _thumbs(pixels),
            brightness,
            contrast,
            _sharpness(pixels),
            self._details,
        )
        return map(Look, *columns)


def _spread(pixels: NDArray[np.uint8]) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each image, from 0 to 1. Sums of integers, so that they are exact."""
    flat = pixels.reshape(len(pixels), -1).astype(np.uint32)
    return _moments(flat.sum(1), (flat * flat).sum(1), flat.shape[1])


def _moments(sums: NDArray[Any], squares: NDArray[Any], count: int) -> tuple[list[float], list[float]]:
    mean = sums / count
    deviation = np.sqrt(np.maximum(squares / count - mean * mean, 0))
    return (mean / _WHITE).tolist(), (deviation / _WHITE).tolist()


def _sharpness(pixels: NDArray[np.uint8]) -> list[float]:
    """Variance of the Laplacian of each image."""
    wide = pixels.astype(np.int16)
    middle = wide[:, 1:-1, 1:-1]
    edges = wide[:, :-2, 1:-1] + wide[:, 2:, 1:-1] + wide[:, 1:-1, :-2] + wide[:, 1:-1, 2:] - 4 * middle
    flat = edges.reshape(len(pixels), -1).astype(np.int32)
    mean = flat.mean(1)
    squares = (flat * flat).sum(1, dtype=np.int64) / flat.shape[1]
    found: list[float] = (np.maximum(squares - mean * mean, 0) / _WHITE**2).tolist()
    return found


def _thumbs(pixels: NDArray[np.uint8]) -> list[bytes]:
    step = SIDE // _THUMB
    blocks = pixels.reshape(-1, _THUMB, step, _THUMB, step).astype(np.uint16)
    means = ((blocks.sum(4, dtype=np.uint16).sum(2, dtype=np.uint16) + step * step // 2) // step**2).astype(
        np.uint8
    )
    return [thumb.tobytes() for thumb in means]


def _hashes(pixels: NDArray[np.uint8]) -> list[int]:
    """Difference hashes: whether each of 8 x 8 places is brighter than the one to its right."""
    rows = SIDE // 8
    bands = pixels.reshape(-1, 8, rows, SIDE).sum(2, dtype=np.uint16)
    width = SIDE - _COLUMN_STEP * (_COLUMNS - 1)
    starts = range(0, _COLUMN_STEP * _COLUMNS, _COLUMN_STEP)
    columns = np.stack(
        [bands[:, :, start : start + width].sum(2, dtype=np.uint32) for start in starts], axis=2
    )
    bits = columns[:, :, :-1] > columns[:, :, 1:]
    found: list[int] = np.packbits(bits.reshape(-1, 64), axis=1).view(">i8")[:, 0].tolist()
    return found
