"""How images look from afar.

A few of them are looked at together: a call of numpy costs more than its work on one small image. All large
arrays are made once, as new ones would be fetched from the operating system each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from steps.validate.images.facts import Look

SIDE = 64
"""Each image is scaled to a square of so many pixels, so that figures of all images can be compared."""

_BOX = (SIDE, SIDE)
_AREA = SIDE * SIDE
_INNER_AREA = (SIDE - 2) ** 2
_THUMB = 16
_BLOCK = SIDE // _THUMB
_HASH_ROWS = 8
_WHITE = 255.0
# Nine columns make eight differences. They overlap, as nine does not divide SIDE.
_COLUMN_WIDTH, _COLUMN_STEP = 8, 7
# The arrays of so many images stay in a core's cache.
_TOGETHER = 16


def scaled(grey: Image.Image) -> Image.Image:
    """A square of SIDE pixels of an image of mode L."""
    return grey if grey.size == _BOX else grey.resize(_BOX, Image.Resampling.BOX)


class Gallery:
    """Looks at images. Use it for many chunks."""

    def __init__(self) -> None:
        """Makes room for some images at a time."""
        self._canvas = Image.new("L", (SIDE, SIDE * _TOGETHER))
        self._pixels = np.zeros((_TOGETHER, _AREA), np.uint8)
        self._narrow = np.zeros((_TOGETHER, _AREA), np.int16)
        self._edges = np.zeros((_TOGETHER, _AREA), np.int16)
        self._wide = np.zeros((_TOGETHER, _AREA), np.int32)
        self._upto = np.zeros((_TOGETHER, _HASH_ROWS, SIDE + 1), np.uint16)

    def looks(self, images: Sequence[Image.Image]) -> Iterator[Look]:
        """How each image looks. All are `scaled`."""
        for start in range(0, len(images), _TOGETHER):
            some = images[start : start + _TOGETHER]
            for place, image in enumerate(some):
                self._canvas.paste(image, (0, SIDE * place))
            self._pixels = np.frombuffer(self._canvas.tobytes(), np.uint8).reshape(_TOGETHER, _AREA)
            thumbs, hashes = self._thumbs_and_hashes()
            yield from map(Look, hashes, thumbs, *self._figures(), [image.entropy() for image in some])

    def _thumbs_and_hashes(self) -> tuple[list[bytes], list[int]]:
        np.copyto(self._narrow, self._pixels)
        rows = self._narrow.reshape(-1, SIDE, SIDE)
        bands = _every(rows, _BLOCK)
        sums = _every(bands.transpose(0, 2, 1), _BLOCK).transpose(0, 2, 1)
        thumbs = ((sums + _BLOCK**2 // 2) // _BLOCK**2).astype(np.uint8)
        return [thumb.tobytes() for thumb in thumbs], self._hashes(bands)

    def _hashes(self, bands: NDArray[np.int16]) -> list[int]:
        """Whether each of 8 x 8 places is brighter than the one to its right, from [N, _THUMB, SIDE] sums."""
        # Sums may pass 16 bits, the differences of sums do not, and those come out right.
        np.cumsum(_every(bands, _THUMB // _HASH_ROWS), axis=2, out=self._upto[:, :, 1:])
        columns = (
            self._upto[:, :, _COLUMN_WIDTH::_COLUMN_STEP] - self._upto[:, :, :-_COLUMN_WIDTH:_COLUMN_STEP]
        )
        bits = columns[:, :, :-1] > columns[:, :, 1:]
        found: list[int] = np.packbits(bits.reshape(-1, 64), axis=1).view(">i8")[:, 0].tolist()
        return found

    def _figures(self) -> tuple[list[float], list[float], list[float]]:
        """Brightness, contrast and sharpness of each image."""
        np.copyto(self._wide, self._pixels)
        brightness, variance = self._moments(_AREA)
        self._find_edges()
        np.copyto(self._wide, self._edges)
        _, sharpness = self._moments(_INNER_AREA)
        return (
            (brightness / _WHITE).tolist(),
            (np.sqrt(variance) / _WHITE).tolist(),
            (sharpness / _WHITE**2).tolist(),
        )

    def _moments(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and variance of `count` values of each row; the others are zero. All sums are exact."""
        mean = self._wide.sum(1, dtype=np.int32) / count
        # Up to 62 x 62 squares of 4 x 255 just fit.
        unsigned = self._wide.view(np.uint32)
        squares = np.einsum("ij,ij->i", unsigned, unsigned) / count
        return mean, np.maximum(squares - mean * mean, 0)

    def _find_edges(self) -> None:
        """The Laplacian of each image, zero along its border."""
        # Along all images as if they were one line: what is wrong for the borders is overwritten.
        flat, inner = self._narrow.reshape(-1), self._edges.reshape(-1)[SIDE:-SIDE]
        np.multiply(flat[SIDE:-SIDE], np.int16(-4), out=inner)
        for place in (0, SIDE - 1, SIDE + 1, 2 * SIDE):
            inner += flat[place : place + len(inner)]
        square = self._edges.reshape(-1, SIDE, SIDE)
        square[:, 0] = square[:, -1] = 0
        square[:, :, 0] = square[:, :, -1] = 0


def _every(values: NDArray[np.int16], step: int) -> NDArray[np.int16]:
    """Sums of `step` neighbours along the middle axis: much faster than a reduction of so few."""
    total = values[:, ::step] + values[:, 1::step]
    for offset in range(2, step):
        total += values[:, offset::step]
    return total
