"""Images like photographs, made by rule: no check has anything to tell of them."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

SIZE = (96, 72)
# Coarse to fine, each with half the strength of the one before, as in nature; the last is grain.
_OCTAVES = ((5, 4, 70), (11, 9, 40), (25, 19, 22))
_GRAIN = 12


def scene(seed: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """One that looks like that of no other seed, in RGB."""
    generator = np.random.default_rng(seed)
    pixels = np.full((size[1], size[0], 3), 120.0, np.float32)
    for width, height, strength in _OCTAVES:
        coarse = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
        smooth = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        pixels += (np.asarray(smooth, np.float32) - 128) * (strength / 64)
    pixels += generator.integers(-_GRAIN, _GRAIN + 1, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """A file of it."""
    buffer = io.BytesIO()
    image.save(buffer, form, **({"quality": 90} if form == "JPEG" else {}) | options)
    return buffer.getvalue()


@cache
def sound(seed: int, form: str = "JPEG") -> bytes:
    """A file of a scene."""
    return encoded(scene(seed), form)
