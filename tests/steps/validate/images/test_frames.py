import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from steps.validate.images.frames import count_frames

FORMATS = {"GIF": "GIF", "WEBP": "WebP", "TIFF": "TIFF"}


def animated(form: str, frames: int) -> bytes:
    buffer = io.BytesIO()
    images = [Image.new("RGB", (9, 7), (40 * place, 90, 10)) for place in range(frames)]
    images[0].save(buffer, form, save_all=True, append_images=images[1:])
    return buffer.getvalue()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_frames_are_counted(form: str, frames: int) -> None:
    assert count_frames(animated(form, frames), FORMATS[form]) == frames


def test_formats_without_frames() -> None:
    assert count_frames(b"BM", "BMP") == 1


def test_pages_in_a_circle_end() -> None:
    assert count_frames(b"II*\0\x08\0\0\0" + b"\0\0" + b"\x08\0\0\0", "TIFF") == 10_000


@given(st.sampled_from(sorted(FORMATS.values())), st.binary(max_size=300))
def test_any_bytes_have_a_number(found: str, data: bytes) -> None:
    assert count_frames(data, found) >= 1
