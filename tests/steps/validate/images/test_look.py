import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from steps.validate.images.facts import Look
from steps.validate.images.look import SIDE, Gallery, scaled


def look(image: Image.Image) -> Look:
    (found,) = Gallery().looks([scaled(image)])
    return found


def noise(seed: int, side: int = SIDE) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8))


def photo(seed: int = 0, side: int = 256) -> Image.Image:
    return noise(seed, 24).resize((side, side), Image.Resampling.BICUBIC)


def distance(one: Look, other: Look) -> int:
    return ((one.hash ^ other.hash) & (1 << 64) - 1).bit_count()


@pytest.mark.parametrize("grey", [0, 100, 255])
def test_blank(grey: int) -> None:
    assert look(Image.new("L", (90, 70), grey)) == Look(0, bytes([grey]) * 256, grey / 255, 0, 0, 0)


def test_figures_by_their_definition() -> None:
    image = noise(0)
    pixels = np.asarray(image).astype(float) / 255
    middle, found = pixels[1:-1, 1:-1], look(image)
    laplacian = pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:] - 4 * middle
    assert found.brightness == pytest.approx(pixels.mean())
    assert found.contrast == pytest.approx(pixels.std())
    assert found.sharpness == pytest.approx(laplacian.var())
    assert found.detail == pytest.approx(image.entropy())
    blocks = np.asarray(image).reshape(16, 4, 16, 4).mean((1, 3))
    assert np.abs(np.frombuffer(found.thumb, np.uint8).reshape(16, 16) - blocks).max() <= 0.5


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 40])
def test_images_do_not_mix(count: int) -> None:
    gallery = Gallery()
    images = [noise(seed) for seed in range(count)]
    list(gallery.looks([noise(99)] * 16))
    assert list(gallery.looks(images)) == [look(image) for image in images]


def test_the_largest_figures_fit() -> None:
    board = np.indices((SIDE, SIDE)).sum(0) % 2 * 255
    found = look(Image.fromarray(board.astype(np.uint8)))
    assert (found.brightness, found.contrast) == (0.5, 0.5)
    assert found.sharpness == pytest.approx(16)
    assert look(Image.new("L", (1, 1), 255)).brightness == 1


def test_hash_falls_to_the_right() -> None:
    ramp = Image.linear_gradient("L").rotate(90)
    darker, brighter = look(ramp), look(ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    assert {darker.hash, brighter.hash} == {0, -1}


@pytest.mark.parametrize("seed", range(5))
def test_hash_stays_where_the_image_looks_the_same(seed: int) -> None:
    image, buffer = photo(seed), io.BytesIO()
    image.save(buffer, "JPEG", quality=50)
    first = look(image)
    assert distance(first, look(Image.open(buffer))) <= 4
    assert distance(first, look(image.resize((180, 200)))) <= 6
    assert distance(first, look(image.point(lambda value: value * 0.8))) <= 6
    assert distance(first, look(photo(seed + 100))) > 12


def test_blur_lowers_sharpness() -> None:
    image = photo()
    blurred = [look(image.filter(ImageFilter.GaussianBlur(radius))).sharpness for radius in (0, 2, 4, 8)]
    assert blurred == sorted(blurred, reverse=True)
    assert blurred[-1] < blurred[0] / 10
