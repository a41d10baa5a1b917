import base64
import io
import warnings
from pathlib import Path

import pytest
from PIL import Image

from steps.page.thumbnail import data_uri


def coded(form: str, mode: str = "RGB", size: tuple[int, int] = (20, 10), **options: object) -> io.BytesIO:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.new(mode, size).save(buffer, form, **options)
    buffer.seek(0)
    return buffer


def decode(uri: str | None) -> Image.Image:
    assert uri is not None
    head, data = uri.split(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.mark.parametrize(
    ("form", "mode", "size", "expected"),
    [
        ("JPEG", "RGB", (1000, 500), (96, 48)),
        ("JPEG", "CMYK", (20, 40), (20, 40)),
        ("PNG", "RGBA", (64, 64), (64, 64)),
        ("PNG", "I;16", (200, 400), (48, 96)),
        ("PNG", "P", (9, 9), (9, 9)),
    ],
)
def test_size(form: str, mode: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    with decode(data_uri(coded(form, mode, size), 96)) as image:
        assert (image.mode, image.size) == ("RGB", expected)


def test_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with decode(data_uri(coded("JPEG", exif=exif), 96)) as image:
        assert image.size == (10, 20)


def test_nothing_of_the_original_but_its_pixels() -> None:
    original = coded("JPEG", comment=b"<script>alert(1)</script>")
    assert b"<script>" in original.getvalue()
    uri = data_uri(original, 96)
    assert uri is not None
    assert b"script" not in base64.b64decode(uri.partition(",")[2])


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert data_uri(tmp_path / "gone.jpg", 96) is None
    assert data_uri(io.BytesIO(b"text"), 96) is None
    assert data_uri(io.BytesIO(coded("JPEG", size=(500, 500)).getvalue()[:-300]), 96) is None
    assert data_uri(coded("GIF"), 96) is None


@pytest.mark.parametrize("side", [10_001, 20_000])
def test_bombs_have_none(side: int) -> None:
    assert data_uri(coded("PNG", "1", (side, side), compress_level=1), 96) is None
