from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steps.train.batches import Split, shuffled
from steps.train.images import Images


def split(count: int, augmentation: str | None = None) -> Split:
    """Images of 36x40, whose red is their number and whose class is its remainder by 3."""
    pixels = [np.full((36, 40, 3), (n, 10, 20), np.uint8) for n in range(count)]
    images = Images((Path("unused"),) * count, lambda data: pixels[0], tuple(pixels))
    return Split(images, [n % 3 for n in range(count)], (32, 32), augmentation)


def test_validation_sees_every_image_once_and_in_order() -> None:
    batches = list(split(10).validation_batches(4))

    assert [len(batch.classes) for batch in batches] == [4, 4, 2]
    assert torch.cat([batch.images[:, 0, 0, 0] for batch in batches]).tolist() == list(range(10))
    assert torch.cat([batch.classes for batch in batches]).tolist() == [n % 3 for n in range(10)]


def test_training_sees_every_image_in_batches_of_one_size() -> None:
    batches = list(split(10).training_batches(4, seed=0, epoch=0))

    numbers = torch.cat([batch.images[:, 0, 0, 0] for batch in batches]).tolist()
    assert [len(batch.classes) for batch in batches] == [4, 4, 4]
    assert sorted(numbers[:10]) == list(range(10))
    assert numbers[10:] == numbers[:2]
    assert torch.cat([batch.classes for batch in batches]).tolist() == [n % 3 for n in numbers]


def test_batches_are_uint8_and_channels_last() -> None:
    batch = next(split(4).validation_batches(4))

    assert batch.images.shape == (4, 3, 32, 32)
    assert batch.images.dtype == torch.uint8
    assert batch.images.is_contiguous(memory_format=torch.channels_last)
    assert batch.images[1].amax(dim=(1, 2)).tolist() == [1, 10, 20]
    assert batch.classes.dtype == torch.int64


@pytest.mark.parametrize("augmentation", [None, "crop_color_transform"])
def test_an_epoch_is_the_same_for_the_same_seed_only(augmentation: str | None) -> None:
    def epoch(seed: int, number: int) -> torch.Tensor:
        batches = split(9, augmentation).training_batches(3, seed, number)
        return torch.cat([batch.images for batch in batches])

    assert epoch(1, 1).equal(epoch(1, 1))
    assert not epoch(1, 1).equal(epoch(1, 2))
    assert not epoch(1, 1).equal(epoch(2, 1))


def test_validation_is_not_augmented() -> None:
    plain, augmented = (
        torch.cat([batch.images for batch in split(6, kind).validation_batches(3)])
        for kind in (None, "crop_color_transform")
    )

    assert plain.equal(augmented)


def test_batches_that_are_not_wanted_any_more_are_given_up() -> None:
    batches = split(200).training_batches(2, seed=0, epoch=0)
    next(batches)

    batches.close()  # type: ignore[attr-defined]

    assert list(batches) == []


def test_an_image_that_fails_fails_the_batch() -> None:
    broken = Images((Path("/no/such/file"),), lambda data: np.zeros((32, 32, 3), np.uint8), (None,))

    with pytest.raises(FileNotFoundError):
        next(Split(broken, [0], (32, 32)).validation_batches(1))


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 3))
def test_an_order_has_every_position_and_whole_batches(count: int, batch_size: int, epoch: int) -> None:
    order = shuffled(count, batch_size, 0, epoch)

    assert len(order) % batch_size == 0
    assert len(order) - count < batch_size
    assert sorted(order[:count]) == list(range(count))


def test_batches_that_are_left_out_change_none_of_the_others() -> None:
    images = split(10, "crop")

    whole = list(images.training_batches(4, seed=1, epoch=2))
    rest = list(images.training_batches(4, seed=1, epoch=2, done=1))

    assert len(whole) == 3
    assert [batch.classes.tolist() for batch in rest] == [batch.classes.tolist() for batch in whole[1:]]
    assert all(one.images.equal(other.images) for one, other in zip(rest, whole[1:], strict=True))
    assert not list(images.training_batches(4, seed=1, epoch=2, done=3))
