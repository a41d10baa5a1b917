import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from steps.validate.decode import MAX_PIXELS, inspect_image, looks_like_image
from steps.validate.facts import Flaw

from .conftest import Picture


def _png_header_only(width: int, height: int) -> bytes:
    """A PNG that claims a size and has a tenth of a kilobyte of data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.fixture
def flaw(tmp_path: Path) -> "FlawOf":
    return FlawOf(tmp_path / "image.jpg")


class FlawOf:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, data: bytes, smallest: tuple[int, int] | None = None) -> Flaw | None:
        self.path.write_bytes(data)
        return inspect_image(self.path, smallest)


class TestGood:
    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    @pytest.mark.parametrize("mode", ["RGB", "L"])
    def test_taken_formats(self, flaw: FlawOf, picture: Picture, form: str, mode: str) -> None:
        assert flaw(picture(form, mode=mode)) is None

    @pytest.mark.parametrize("mode", ["RGBA", "P", "1", "LA"])
    def test_png_modes(self, flaw: FlawOf, picture: Picture, mode: str) -> None:
        assert flaw(picture("PNG", mode=mode)) is None

    def test_cmyk_jpeg(self, flaw: FlawOf, picture: Picture) -> None:
        assert flaw(picture(mode="CMYK")) is None

    def test_jpeg_with_several_pictures(self, flaw: FlawOf) -> None:
        buffer = io.BytesIO()
        first, second = (Image.new("RGB", (30, 20), color) for color in ("red", "blue"))
        first.save(buffer, "MPO", save_all=True, append_images=[second])
        assert flaw(buffer.getvalue()) is None

    def test_zeros_behind_the_end_marker_are_padding(self, flaw: FlawOf, picture: Picture) -> None:
        assert flaw(picture() + bytes(500)) is None

    def test_size_that_is_just_enough(self, flaw: FlawOf, picture: Picture) -> None:
        assert flaw(picture(width=40, height=30), (40, 30)) is None


class TestUnreadable:
    def test_zero_bytes(self, flaw: FlawOf) -> None:
        assert flaw(b"") == Flaw("unreadable-image", "zero bytes")

    def test_text_named_jpg(self, flaw: FlawOf) -> None:
        assert flaw(b"hello\n") == Flaw("unreadable-image", "not an image")

    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    @pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 0.97])
    def test_truncated(self, flaw: FlawOf, picture: Picture, form: str, share: float) -> None:
        data = picture(form, 300, 300, "RGB")
        cut = int(len(data) * share)
        assert flaw(data[:cut]) == Flaw("unreadable-image", f"truncated at byte {cut:,}".replace(",", " "))

    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    @pytest.mark.parametrize("cut", [2, 3, 7, 12])
    def test_truncated_in_its_first_bytes(self, flaw: FlawOf, picture: Picture, form: str, cut: int) -> None:
        assert flaw(picture(form)[:cut]) == Flaw("unreadable-image", f"truncated at byte {cut}")

    @pytest.mark.parametrize("lost", [2, 4, 12])
    def test_png_without_its_end(self, flaw: FlawOf, picture: Picture, lost: int) -> None:
        data = picture("PNG")[:-lost]
        assert flaw(data) == Flaw("unreadable-image", f"truncated at byte {len(data)}")

    def test_jpeg_filled_with_zeros(self, flaw: FlawOf, picture: Picture) -> None:
        data = picture(width=300, height=300)
        cut = len(data) // 2
        while data[cut - 1] == 0:
            cut -= 1
        found = flaw(data[:cut] + bytes(100_000))
        assert found == Flaw("unreadable-image", f"only zeros from byte {cut:,} on".replace(",", " "))

    def test_wrong_checksum(self, flaw: FlawOf, picture: Picture) -> None:
        data = bytearray(picture("PNG"))
        data[-17] ^= 1
        found = flaw(bytes(data))
        assert found is not None
        assert found.check == "unreadable-image"
        assert found.reason.startswith("damaged PNG: broken PNG file")

    def test_missing_file(self, tmp_path: Path) -> None:
        found = inspect_image(tmp_path / "gone.jpg", None)
        assert found == Flaw("unreadable-image", "cannot be read: No such file or directory")

    @pytest.mark.filterwarnings("error")
    def test_pillow_warnings_are_no_flaws(self, flaw: FlawOf, picture: Picture) -> None:
        data = picture()
        broken_exif = b"\xff\xe1\x00\x10Exif\x00\x00II*\x00\xff\xff\xff\xff"
        assert flaw(data[:2] + broken_exif + data[2:]) is None


class TestRefused:
    @pytest.mark.parametrize(
        ("form", "name"), [("GIF", "GIF"), ("BMP", "BMP"), ("TIFF", "TIFF"), ("WEBP", "WebP")]
    )
    def test_format_is_named(self, flaw: FlawOf, picture: Picture, form: str, name: str) -> None:
        assert flaw(picture(form)) == Flaw("unsupported-format", name)

    @pytest.mark.parametrize("side", [10_001, 20_000, 60_000])
    def test_decompression_bomb(self, flaw: FlawOf, side: int) -> None:
        assert side * side > MAX_PIXELS
        assert flaw(_png_header_only(side, side)) == Flaw("image-too-large", "over 100 000 000 pixels")

    @pytest.mark.parametrize("smallest", [(41, 30), (40, 31)], ids=["too narrow", "too low"])
    def test_too_small(self, flaw: FlawOf, picture: Picture, smallest: tuple[int, int]) -> None:
        width, height = smallest
        expected = Flaw("image-too-small", f"40x30, at least {width}x{height}")
        assert flaw(picture(width=40, height=30), smallest) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"\xff\xd8\xff\xe0", True), (b"GIF89a", False), (b"text", False), (b"", False)],
    ids=["JPEG", "GIF", "text", "empty"],
)
def test_looks_like_image(tmp_path: Path, data: bytes, expected: bool) -> None:
    (tmp_path / "x").write_bytes(data)
    assert looks_like_image(tmp_path / "x") is expected


def test_what_is_gone_looks_like_no_image(tmp_path: Path) -> None:
    assert not looks_like_image(tmp_path / "x")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_mutilated_images_never_stop_the_check(
    flaw: FlawOf, picture: Picture, form: str, data: st.DataObject
) -> None:
    whole = picture(form, 64, 48)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    middle = data.draw(st.binary(max_size=40))
    found = flaw(whole[:start] + middle + whole[end:])
    assert found is None or found.check in {"unreadable-image", "unsupported-format", "image-too-large"}
