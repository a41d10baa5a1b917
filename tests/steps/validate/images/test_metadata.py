import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from steps.validate.images.metadata import JpegMetadata, jpeg_end, jpeg_metadata, orientation
from tests.steps.validate.conftest import Picture


def rotated(order: str, value: int, tag: int = 0x0112, kind: int = 3) -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    field = struct.pack(f"{order}HHIHH", tag, kind, 1, value, 0)
    return mark + struct.pack(f"{order}IH", 8, 1) + field + bytes(4)


class TestOrientation:
    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("value", range(1, 9))
    def test_of_both_byte_orders(self, order: str, value: int) -> None:
        assert orientation(rotated(order, value)) == value

    @pytest.mark.parametrize(
        "exif",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"II*\0", id="cut"),
            pytest.param(b"hello world", id="no EXIF"),
            pytest.param(rotated("<", 0), id="zero"),
            pytest.param(rotated("<", 9), id="nine"),
            pytest.param(rotated("<", 6, tag=0x0110), id="another field"),
            pytest.param(rotated("<", 6, kind=2), id="of another type"),
            pytest.param(b"II*\0\xff\xff\xff\xff", id="fields outside"),
        ],
    )
    def test_none_is_ordinary(self, exif: bytes) -> None:
        assert orientation(exif) == 1

    @given(st.binary(max_size=80))
    def test_any_bytes_have_one(self, exif: bytes) -> None:
        assert 1 <= orientation(b"MM\0*" + exif) <= 8


class TestJpeg:
    def test_plain(self, picture: Picture) -> None:
        assert jpeg_metadata(picture()) == JpegMetadata()

    def test_rotated(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=exif)
        assert jpeg_metadata(buffer.getvalue()) == JpegMetadata(rotated=True)

    def test_several_pictures(self) -> None:
        buffer = io.BytesIO()
        first, second = Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8))
        first.save(buffer, "MPO", save_all=True, append_images=[second])
        assert jpeg_metadata(buffer.getvalue()) == JpegMetadata(several=True)

    @pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
    def test_ends(self, progressive: bool) -> None:
        buffer = io.BytesIO()
        Image.effect_noise((64, 64), 50).save(buffer, "JPEG", progressive=progressive)
        data = buffer.getvalue()
        assert jpeg_end(data) == "whole"
        assert jpeg_end(data + b"padding") == "whole"
        assert jpeg_end(data[:-2]) == "cut"
        assert jpeg_end(data[:-9] + b"\xff\x02" + data[-9:]) == "damaged"

    @given(st.binary(max_size=200))
    def test_any_bytes_have_an_end(self, data: bytes) -> None:
        assert jpeg_end(b"\xff\xd8" + data) in {"whole", "cut", "damaged"}
        assert isinstance(jpeg_metadata(b"\xff\xd8" + data), JpegMetadata)
