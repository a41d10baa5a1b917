"""Random changes to training images: the built-in algorithm's augmentation_type.

Each is a function of pixels [h, w, 3], both sides at least those of the crop, and a random generator, so the
same generator gives the same image whatever thread makes it. Ranges are those of
https://docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from steps.model.preprocessing import Pixels, centre_crop

Augment = Callable[[Pixels, Generator, int, int], Pixels]

HUE, SATURATION, LIGHTNESS = 36, 50, 50
"""Most that is added to or taken from a channel, on OpenCV's scale: hue 0 to 180, the others 0 to 255."""

DEGREES, SHEAR, ASPECT = 10.0, 0.1, 0.25
"""Most that an image is turned and sheared, and that one side is stretched against the other."""

_HUE_SCALE = 180.0
_FULL = 255.0


def none(pixels: Pixels, rng: Generator, height: int, width: int) -> Pixels:
    """The centre."""
    del rng
    return centre_crop(pixels, height, width)


def crop(pixels: Pixels, rng: Generator, height: int, width: int) -> Pixels:
    """A random part, mirrored in half of the cases."""
    top = rng.integers(pixels.shape[0] - height + 1)
    left = rng.integers(pixels.shape[1] - width + 1)
    part = pixels[top : top + height, left : left + width]
    return part[:, ::-1] if rng.random() < 0.5 else part


def crop_color(pixels: Pixels, rng: Generator, height: int, width: int) -> Pixels:
    """As `crop`; then hue, saturation and lightness are shifted."""
    return shift_colour(
        crop(pixels, rng, height, width),
        hue=rng.uniform(-HUE, HUE),
        saturation=rng.uniform(-SATURATION, SATURATION),
        lightness=rng.uniform(-LIGHTNESS, LIGHTNESS),
    )


def crop_color_transform(pixels: Pixels, rng: Generator, height: int, width: int) -> Pixels:
    """As `crop_color`, of an image that was turned, sheared and stretched."""
    transformed = transform(
        pixels,
        degrees=rng.uniform(-DEGREES, DEGREES),
        shear=rng.uniform(-SHEAR, SHEAR),
        aspect=rng.uniform(1 - ASPECT, 1 + ASPECT),
    )
    return crop_color(transformed, rng, height, width)


AUGMENTATIONS: Mapping[str | None, Augment] = MappingProxyType(
    {None: none, "crop": crop, "crop_color": crop_color, "crop_color_transform": crop_color_transform}
)
"""By augmentation_type; None is "not set"."""


def transform(pixels: Pixels, *, degrees: float, shear: float, aspect: float) -> Pixels:
    """Turn, shear and stretch about the centre; the size stays, and the corners are filled from the edge.

    Args:
        pixels: [h, w, 3].
        degrees: Clockwise.
        shear: Columns that a row moves for each row of distance from the centre.
        aspect: Width against height, relative to the image's; the area stays.
    """
    height, width = pixels.shape[:2]
    # As far as a corner can come in from outside.
    margin = math.ceil(math.hypot(height, width) / 2)
    padded = np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[cos, sin], [-sin, cos]])
    stretch = np.diag([1 / math.sqrt(aspect), math.sqrt(aspect)])
    # Pillow wants the way back: from a place in the result to its source, counted in x and y.
    matrix = turn @ np.array([[1.0, -shear], [0.0, 1.0]]) @ stretch
    centre = np.array([width / 2, height / 2])
    x, y = centre + margin - matrix @ centre
    (a, b), (d, e) = matrix
    image = Image.fromarray(padded)
    moved = image.transform(
        (width, height), Image.Transform.AFFINE, (a, b, x, d, e, y), Image.Resampling.BILINEAR
    )
    return np.asarray(moved, np.uint8)


def shift_colour(pixels: Pixels, *, hue: float, saturation: float, lightness: float) -> Pixels:
    """Add to hue, saturation and lightness; hue goes round, the others stop at their ends.

    Args:
        pixels: [h, w, 3] RGB.
        hue: 180 is once round.
        saturation: Of 255.
        lightness: Of 255.
    """
    hues, saturations, lightnesses = _to_hsl(pixels.astype(np.float32) / _FULL)
    hues = (hues + hue / _HUE_SCALE) % 1
    saturations = np.clip(saturations + saturation / _FULL, 0, 1)
    lightnesses = np.clip(lightnesses + lightness / _FULL, 0, 1)
    shifted: Pixels = np.rint(_to_rgb(hues, saturations, lightnesses) * _FULL).astype(np.uint8)
    return shifted


Plane = NDArray[np.float32]


def _to_hsl(rgb: Plane) -> tuple[Plane, Plane, Plane]:
    """RGB [h, w, 3] to hue, saturation and lightness [h, w], all 0 to 1."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    top, bottom = rgb.max(axis=-1), rgb.min(axis=-1)
    chroma = top - bottom
    lightness = (top + bottom) / 2
    divisor = np.where(chroma == 0, 1, chroma)
    sixth = np.select(
        [chroma == 0, top == red, top == green],
        [np.zeros_like(top), (green - blue) / divisor % 6, (blue - red) / divisor + 2],
        (red - green) / divisor + 4,
    )
    reach = 1 - np.abs(2 * lightness - 1)
    saturation = np.where(chroma == 0, 0, chroma / np.where(reach == 0, 1, reach))
    return sixth / 6, np.clip(saturation, 0, 1), lightness


def _to_rgb(hue: Plane, saturation: Plane, lightness: Plane) -> Plane:
    """The inverse of `_to_hsl`."""
    reach = saturation * np.minimum(lightness, 1 - lightness)

    def channel(offset: int) -> Plane:
        place = (offset + hue * 12) % 12
        return np.asarray(lightness - reach * np.clip(np.minimum(place - 3, 9 - place), -1, 1), np.float32)

    return np.stack([channel(0), channel(8), channel(4)], axis=-1)
