import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from steps.model.preprocessing import Pixels
from steps.train.augmentation import AUGMENTATIONS, crop, shift_colour, transform

KINDS = [None, "crop", "crop_color", "crop_color_transform"]


def numbered(height: int, width: int) -> Pixels:
    """An image each of whose pixels is different: row, column, 0."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.mgrid[:height, :width]
    return pixels


def noise(height: int = 40, width: int = 50) -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_all_kinds_are_there() -> None:
    assert list(AUGMENTATIONS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(32, 32), (40, 50), (33, 64)], ids=str)
def test_the_result_has_the_size_of_the_crop(kind: str | None, size: tuple[int, int]) -> None:
    result = AUGMENTATIONS[kind](noise(*size), np.random.default_rng(0), 32, 32)

    assert result.shape == (32, 32, 3)
    assert result.dtype == np.uint8


@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_same_generator_gives_the_same_image_and_another_another(kind: str) -> None:
    first, again, other = (
        AUGMENTATIONS[kind](noise(), np.random.default_rng(seed), 32, 32) for seed in (5, 5, 6)
    )

    assert (first == again).all()
    assert (first != other).any()


def test_without_augmentation_it_is_always_the_centre() -> None:
    pixels = numbered(40, 50)

    assert (AUGMENTATIONS[None](pixels, np.random.default_rng(0), 32, 32) == pixels[4:36, 9:41]).all()


def test_crop_takes_every_place_and_mirrors_half() -> None:
    pixels = numbered(34, 34)
    rng = np.random.default_rng(0)

    crops = [crop(pixels, rng, 32, 32) for _ in range(400)]

    mirrored = [bool(part[0, 0, 1] > part[0, -1, 1]) for part in crops]
    places = {(int(part[0, 0, 0]), int(part[..., 1].min())) for part in crops}
    assert places == {(top, left) for top in range(3) for left in range(3)}
    assert 150 < sum(mirrored) < 250


def test_crop_does_not_change_the_pixels_themselves() -> None:
    part = crop(numbered(40, 50), np.random.default_rng(3), 32, 32)

    assert (np.diff(part[..., 0].astype(int), axis=0) == 1).all()
    assert (np.abs(np.diff(part[..., 1].astype(int), axis=1)) == 1).all()


@given(arrays(np.uint8, (3, 4, 3)))
def test_no_shift_changes_no_colour(pixels: Pixels) -> None:
    assert (shift_colour(pixels, hue=0, saturation=0, lightness=0) == pixels).all()


@given(
    st.tuples(*[st.integers(0, 255)] * 3),
    st.floats(-36, 36),
    st.floats(-50, 50),
    st.floats(-50, 50),
)
def test_shifts_are_those_of_hsl(
    colour: tuple[int, int, int], hue: float, saturation: float, lightness: float
) -> None:
    result = shift_colour(np.array([[colour]], np.uint8), hue=hue, saturation=saturation, lightness=lightness)

    h, l, s = colorsys.rgb_to_hls(*(value / 255 for value in colour))  # noqa: E741 - their names
    shifted = (h + hue / 180) % 1, min(max(l + lightness / 255, 0), 1), min(max(s + saturation / 255, 0), 1)
    expected = np.array(colorsys.hls_to_rgb(*shifted)) * 255
    assert np.abs(result[0, 0] - expected).max() <= 1


def test_transform_without_change_changes_nothing() -> None:
    assert (transform(noise(), degrees=0, shear=0, aspect=1) == noise()).all()


def test_transform_turns_clockwise() -> None:
    pixels = numbered(33, 33)

    turned = transform(pixels, degrees=90, shear=0, aspect=1)

    assert np.abs(turned.astype(int) - np.rot90(pixels, -1)).max() <= 1


def test_transform_shears_rows_against_each_other() -> None:
    sheared = transform(numbered(40, 40), degrees=0, shear=0.5, aspect=1)

    # Ten rows below the centre, columns come from five further left.
    assert int(sheared[30, 20, 1]) - int(sheared[20, 20, 1]) == -5


def test_transform_stretches_width_against_height() -> None:
    stretched = transform(numbered(40, 40), degrees=0, shear=0, aspect=4)

    across = stretched[20, 30, 1] - stretched[20, 20, 1]
    down = int(stretched[25, 20, 0]) - stretched[20, 20, 0]
    assert (across, down) == (5, 10)


def test_transform_fills_corners_from_the_edge() -> None:
    white = np.full((40, 40, 3), 255, np.uint8)

    assert transform(white, degrees=45, shear=0.1, aspect=0.75).min() == 255
