import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from steps.model.preprocessing import ImageError, Pixels, Preprocessing, centre_crop

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:  # noqa: A002 - Pillow's name
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def quarters(width: int = 64, height: int = 64) -> Image.Image:
    """Red and green above, blue and white below: tells every orientation from every other."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(WHITE, (width // 2, height // 2, width, height))
    return image


def corners(pixels: Pixels) -> list[tuple[int, ...]]:
    """The colours near the corners of [3, H, W]: top left and right, bottom left and right."""
    _, height, width = pixels.shape
    places = [(y, x) for y in (height // 8, -height // 8) for x in (width // 8, -width // 8)]
    return [tuple(int(value) for value in pixels[:, y, x]) for y, x in places]


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims a size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(64, 64), (32, 32), (20, 90), (300, 200)], ids=str)
def test_inference_squeezes_any_image_to_the_shape(size: tuple[int, int]) -> None:
    pixels = Preprocessing((3, 32, 48)).for_inference(encoded(quarters(*size)))

    assert pixels.shape == (3, 32, 48)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert corners(pixels) == [RED, GREEN, BLUE, WHITE]


def test_an_image_of_the_right_size_is_not_changed() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 40, 3), dtype=np.uint8)

    pixels = Preprocessing((3, 32, 40)).for_inference(encoded(Image.fromarray(noise)))

    assert (pixels.transpose(1, 2, 0) == noise).all()


@pytest.mark.parametrize(
    ("resize", "size", "expected"),
    [
        (None, (90, 70), (70, 90, 3)),
        (40, (80, 60), (40, 53, 3)),
        (40, (60, 80), (53, 40, 3)),
        (40, (40, 40), (40, 40, 3)),
        (64, (33, 35), (68, 64, 3)),
        (32, (1000, 3), (32, 10667, 3)),
    ],
    ids=["none", "wide", "tall", "same", "enlarged", "extreme"],
)
def test_training_sets_the_shorter_side(
    resize: int | None, size: tuple[int, int], expected: tuple[int, int, int]
) -> None:
    pixels = Preprocessing((3, 32, 32), resize).for_training(encoded(Image.new("RGB", size)))

    assert pixels.shape == expected


@pytest.mark.parametrize(
    ("resize", "size", "message"),
    [
        (None, (31, 64), "31x64 pixels, smaller than image_shape's 40x32"),
        (None, (64, 31), "64x31 pixels, smaller than image_shape's 40x32"),
        (32, (64, 64), "32x32 pixels after resize=32, smaller than image_shape's 40x32"),
    ],
)
def test_training_refuses_images_that_are_smaller_than_the_crop(
    resize: int | None, size: tuple[int, int], message: str
) -> None:
    with pytest.raises(ImageError) as caught:
        Preprocessing((3, 32, 40), resize).for_training(encoded(Image.new("RGB", size)))

    assert str(caught.value) == message


@pytest.mark.parametrize("size", [(64, 64), (96, 64)], ids=["square", "wide"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int, size: tuple[int, int]) -> None:
    # How the camera held the sensor: the inverse of what EXIF says to do to see it upright.
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    image = quarters(*size) if stored is None else quarters(*size).transpose(stored)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image, exif=exif)

    assert corners(Preprocessing((3, 32, 48)).for_inference(data)) == [RED, GREEN, BLUE, WHITE]
    trained = Preprocessing((3, 32, 32), 32).for_training(data)
    assert trained.shape == (32, 32 * size[0] // size[1], 3)


def grey16() -> Image.Image:
    return Image.fromarray(np.full((40, 40), 0x8034, np.uint16))


def palette(**info: object) -> Image.Image:
    image = Image.new("P", (40, 40), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    image.info.update(info)
    return image


@pytest.mark.parametrize(
    ("data", "colour"),
    [
        (encoded(Image.new("L", (40, 40), 77)), (77, 77, 77)),
        (encoded(Image.new("1", (40, 40), 1)), WHITE),
        (encoded(Image.new("LA", (40, 40), (77, 5))), (77, 77, 77)),
        (encoded(Image.new("RGBA", (40, 40), (10, 200, 30, 5))), (10, 200, 30)),
        (encoded(palette()), (10, 200, 30)),
        (encoded(palette(), transparency=1), (10, 200, 30)),
        (encoded(palette(), transparency=b"\x00\x80"), (10, 200, 30)),
        (encoded(palette(), "GIF"), (10, 200, 30)),
        (encoded(grey16()), (0x80, 0x80, 0x80)),
        (encoded(grey16(), "TIFF"), (0x80, 0x80, 0x80)),
        (encoded(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "TIFF"), RED),
        (encoded(Image.new("RGB", (40, 40), (10, 200, 30)), "BMP"), (10, 200, 30)),
        (encoded(Image.new("RGB", (40, 40), (10, 200, 30)), "WEBP", lossless=True), (10, 200, 30)),
    ],
    ids=[
        "grey", "black and white", "grey with alpha", "alpha", "palette", "palette with a clear colour",
        "palette with alpha", "gif", "16-bit png", "16-bit tiff", "cmyk", "bmp", "webp",
    ],
)  # fmt: skip
def test_every_kind_of_image_becomes_rgb(data: bytes, colour: tuple[int, int, int]) -> None:
    pixels = Preprocessing((3, 32, 32)).for_inference(data)

    assert {tuple(place) for place in pixels.reshape(3, -1).T.tolist()} == {colour}


def test_jpeg_colours_survive() -> None:
    pixels = Preprocessing((3, 32, 32)).for_inference(encoded(quarters(), "JPEG", quality=95))

    for found, expected in zip(corners(pixels), [RED, GREEN, BLUE, WHITE], strict=True):
        assert np.abs(np.subtract(found, expected)).max() < 12


def test_a_large_jpeg_is_decoded_small_and_looks_the_same() -> None:
    image = quarters(2048, 1536)
    draft = Preprocessing((3, 64, 64)).for_inference(encoded(image, "JPEG", quality=95))
    whole = Preprocessing((3, 64, 64)).for_inference(encoded(image))

    assert np.abs(draft.astype(int) - whole).mean() < 3


def test_the_first_frame_of_an_animation_counts() -> None:
    red, blue = Image.new("RGB", (40, 40), RED), Image.new("RGB", (40, 40), BLUE)
    data = encoded(red, "GIF", save_all=True, append_images=[blue])

    assert corners(Preprocessing((3, 32, 32)).for_inference(data)) == [RED] * 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an image of a known format (JPEG, PNG, BMP, GIF, TIFF, WEBP)"),
        (b"cat.jpg is a text file", "not an image of a known format (JPEG, PNG, BMP, GIF, TIFF, WEBP)"),
        (encoded(quarters(), "PPM"), "not an image of a known format (JPEG, PNG, BMP, GIF, TIFF, WEBP)"),
        (encoded(quarters(), "EPS"), "not an image of a known format (JPEG, PNG, BMP, GIF, TIFF, WEBP)"),
        (encoded(quarters(), "JPEG")[:600], "damaged: Truncated File Read"),
        (encoded(quarters(), "JPEG")[:-9], "damaged: image file is truncated (4 bytes not processed)"),
        (encoded(quarters())[:-30], "damaged: image file is truncated"),
        (
            encoded(Image.fromarray(np.zeros((40, 40), np.int32)), "TIFF"),
            "32-bit samples; save it with 8 or 16 bits a channel",
        ),
        (
            encoded(Image.fromarray(np.zeros((40, 40), np.float32)), "TIFF"),
            "32-bit samples; save it with 8 or 16 bits a channel",
        ),
    ],
    ids=[
        "empty", "text", "ppm", "eps", "jpeg cut in its header", "jpeg cut", "png cut", "32-bit", "float",
    ],
)  # fmt: skip
def test_what_cannot_be_decoded_is_refused_with_the_reason(data: bytes, message: str) -> None:
    with pytest.raises(ImageError) as caught:
        Preprocessing((3, 32, 32)).for_inference(data)

    assert str(caught.value) == message


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((10_000, 9_000), "10,000x9,000 pixels, more than the limit of 89,478,485"),
        ((60_000, 60_000), "more pixels than the limit of 89,478,485"),
    ],
    ids=["above our limit", "above Pillow's"],
)
def test_a_decompression_bomb_is_refused(size: tuple[int, int], message: str) -> None:
    with pytest.raises(ImageError) as caught:
        Preprocessing((3, 32, 32)).for_inference(bomb(*size))

    assert str(caught.value) == message


def test_a_decompression_bomb_is_refused_where_warnings_are_errors() -> None:
    with pytest.raises(ImageError) as caught:
        Preprocessing((3, 32, 32)).for_inference(bomb(10_000, 9_000))

    assert str(caught.value) == "more pixels than the limit of 89,478,485"


def test_the_limit_can_be_lower() -> None:
    with pytest.raises(ImageError) as caught:
        Preprocessing((3, 32, 32), max_pixels=4095).for_inference(encoded(quarters()))

    assert str(caught.value) == "64x64 pixels, more than the limit of 4,095"


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.data())
def test_any_bytes_give_pixels_or_an_image_error(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([encoded(quarters(), kind) for kind in ("JPEG", "PNG", "GIF")]))
    damaged = bytearray(original[: data.draw(st.integers(0, len(original)))])
    for place in data.draw(st.lists(st.integers(0, 200), max_size=4)):
        if place < len(damaged):
            damaged[place] = data.draw(st.integers(0, 255))
    try:
        pixels = Preprocessing((3, 32, 32)).for_inference(bytes(damaged))
    except ImageError:
        return
    assert pixels.shape == (3, 32, 32)


@pytest.mark.parametrize(
    ("size", "first"),
    [((4, 4), 0), ((6, 8), 10), ((5, 7), 1)],
    ids=["whole", "even margins", "odd margins"],
)
def test_centre_crop(size: tuple[int, int], first: int) -> None:
    height, width = size
    pixels = np.arange(height * width, dtype=np.uint8).reshape(height, width, 1).repeat(3, axis=2)

    crop = centre_crop(pixels, 4, 4)

    assert crop.shape == (4, 4, 3)
    assert crop[0, 0, 0] == first


@pytest.mark.parametrize("resize", [None, 256])
def test_it_survives_being_saved(resize: int | None) -> None:
    preprocessing = Preprocessing((3, 48, 64), resize, (1.5, 2.5, 3.5), (4.5, 5.5, 6.5), 1000)

    assert Preprocessing.from_json(preprocessing.to_json()) == preprocessing
