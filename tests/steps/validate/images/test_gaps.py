from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from steps.validate.images.gaps import GAP, zero_gap
from tests.steps.validate.scenes import encoded, scene

ENCODINGS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "best": {"quality": 100, "subsampling": 0},
    "worst": {"quality": 5},
    "tables of its own": {"optimize": True},
    "restarts": {"restart_marker_blocks": 4},
    "progressive": {"progressive": True},
}
PLAIN_PICTURES: Mapping[str, Image.Image] = {
    "one colour": Image.new("RGB", (600, 600), "red"),
    "black": Image.new("L", (2000, 2000), 0),
    "gradient": Image.linear_gradient("L").resize((800, 800)),
    "fractal": Image.effect_mandelbrot((300, 300), (-2, -2, 2, 2), 50),
    "checks": Image.fromarray((np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)),
    "a dot a block": Image.fromarray(((np.indices((256, 256)) % 8).sum(0) == 0).astype(np.uint8) * 20),
    "scene": scene(1),
}


@pytest.mark.parametrize("options", ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize("image", PLAIN_PICTURES.values(), ids=PLAIN_PICTURES.keys())
def test_plain_images_have_none(image: Image.Image, options: Mapping[str, Any]) -> None:
    if image.mode == "L":
        options = {name: value for name, value in options.items() if name != "subsampling"}
    assert zero_gap(encoded(image, **options)) is None


def test_padding_and_metadata_are_no_coded_data() -> None:
    data = encoded(scene(2), comment=bytes(200), exif=b"Exif\0\0" + bytes(200))
    assert GAP in data
    assert zero_gap(data + bytes(200)) is None


@pytest.mark.parametrize("name", ["plain", "best", "restarts"])
@given(share=st.floats(0, 1), length=st.integers(len(GAP), 1000))
def test_zeros_anywhere_in_the_coded_data(name: str, share: float, length: int) -> None:
    data = encoded(scene(3), **ENCODINGS[name])
    start = data.index(b"\xff\xda") + 14
    place = start + round(share * (len(data) - 2 - len(GAP) - start))
    length = min(length, len(data) - 2 - place)
    found = zero_gap(data[:place] + bytes(length) + data[place + length :])
    assert found is not None
    assert place - 2 <= found <= place


@given(st.binary())
def test_any_bytes(tail: bytes) -> None:
    data = encoded(scene(3))[:-2] + tail + bytes(200)
    found = zero_gap(data)
    assert found is None or data[found : found + len(GAP)] == GAP
