import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.validate.images.formats import HEAD_BYTES, found_format


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG", id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00", "PNG", id="PNG"),
        pytest.param(b"\xff\xd8", "JPEG", id="JPEG cut after two bytes"),
        pytest.param(b"\x89PN", "PNG", id="PNG cut after three bytes"),
        pytest.param(b"GIF89a", "GIF", id="GIF"),
        pytest.param(b"BM\x00\x00", "BMP", id="BMP"),
        pytest.param(b"II*\x00\x08", "TIFF", id="TIFF"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBPVP8 ", "WebP", id="WebP"),
        pytest.param(b"RIFF\x00\x00\x00\x00WAVEfmt ", None, id="RIFF that is sound"),
        pytest.param(b"\x00\x00\x00\x18ftypheic", "HEIC", id="HEIC"),
        pytest.param(b"\x00\x00\x00\x18ftypavif", "AVIF", id="AVIF"),
        pytest.param(b"\x00\x00\x00\x18ftypisom", "MP4", id="film"),
        pytest.param(b"%PDF-1.7", "PDF", id="PDF"),
        pytest.param(b"<svg xmlns=", "SVG", id="SVG"),
        pytest.param(b"hello world", None, id="text"),
        pytest.param(b"\xff", None, id="one byte says nothing"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_found_format(head: bytes, expected: str | None) -> None:
    assert found_format(head) == expected


@given(st.binary(max_size=HEAD_BYTES))
def test_any_bytes_have_an_answer(head: bytes) -> None:
    assert found_format(head) is None or isinstance(found_format(head), str)
