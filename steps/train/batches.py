"""Images in an order, put together into batches while the network works on the one before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from steps.model.preprocessing import Pixels, centre_crop
from steps.train.augmentation import AUGMENTATIONS
from steps.train.images import Images, threads

_AHEAD = 2  # batches that are made while one is used

Order = NDArray[np.int64]
Load = Callable[[int, int], Pixels]


@dataclass(frozen=True)
class Batch:
    """A few images.

    Attributes:
        images: [N, 3, H, W] uint8, 0 to 255, channels last in memory.
        classes: [N] int64, class indices.
    """

    images: Tensor
    classes: Tensor


@dataclass(frozen=True)
class Split:
    """All images of a channel with their classes.

    Attributes:
        images: At least as large as the crop.
        classes: Class indices, by position.
        size: Height and width of the crop.
        augmentation: Key of AUGMENTATIONS; used for training only.
    """

    images: Images
    classes: Sequence[int]
    size: tuple[int, int]
    augmentation: str | None = None

    def __len__(self) -> int:
        return len(self.images)

    def training_batches(self, batch_size: int, seed: int, epoch: int, done: int = 0) -> Iterator[Batch]:
        """Every image once, shuffled and augmented; the same for the same seed and epoch.

        The last batch is filled up with the epoch's first images, so all have the same size, as those of
        MXNet's record iterator have.

        Args:
            batch_size: Images in a batch.
            seed: Of the order and the augmentation.
            epoch: From 0.
            done: Batches to leave out at the beginning.
        """
        order = shuffled(len(self), batch_size, seed, epoch)
        augment = AUGMENTATIONS[self.augmentation]

        def load(position: int, index: int) -> Pixels:
            return augment(self.images[index], np.random.default_rng((seed, epoch, position)), *self.size)

        yield from self._batches(order, batch_size, load, done)

    def validation_batches(self, batch_size: int) -> Iterator[Batch]:
        """Every image exactly once, its centre; the last batch may be smaller."""

        def load(_: int, index: int) -> Pixels:
            return centre_crop(self.images[index], *self.size)

        yield from self._batches(np.arange(len(self)), batch_size, load)

    def _batches(self, order: Order, batch_size: int, load: Load, done: int = 0) -> Iterator[Batch]:
        pending: deque[tuple[Order, Iterator[Pixels]]] = deque()
        pool = ThreadPoolExecutor(threads())
        try:
            for start in range(done * batch_size, len(order), batch_size):
                indices = order[start : start + batch_size]
                positions = range(start, start + len(indices))
                pending.append((indices, pool.map(load, positions, indices.tolist())))
                if len(pending) > _AHEAD:
                    yield self._collate(*pending.popleft())
            while pending:
                yield self._collate(*pending.popleft())
        finally:
            # When training stops in the middle, what is queued is not wanted any more.
            pool.shutdown(wait=True, cancel_futures=True)

    def _collate(self, indices: Order, pixels: Iterator[Pixels]) -> Batch:
        # [N, H, W, 3] in memory is what channels_last wants: permute() only renames the axes.
        images = torch.from_numpy(np.stack(list(pixels))).permute(0, 3, 1, 2)
        return Batch(images, torch.tensor([self.classes[index] for index in indices]))


def shuffled(count: int, batch_size: int, seed: int, epoch: int) -> Order:
    """A random order of all positions, then the first of them again up to a multiple of the batch size."""
    order: Order = np.random.default_rng((seed, epoch)).permutation(count)
    missing = -count % batch_size
    return np.concatenate([order, np.resize(order, missing)])
