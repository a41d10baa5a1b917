"""What is known of an image once it was read, decoded and looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import NamedTuple


class Trait(IntFlag):
    """What is unusual about an image that can be decoded."""

    ANIMATED = 1
    CMYK = 2
    TRANSPARENT = 4
    SIXTEEN_BIT = 8
    PALETTE = 16
    ROTATED = 32
    WRONG_EXTENSION = 64


NO_TRAITS = Trait(0)


@dataclass(frozen=True)
class Flaw:
    """Why one image cannot be used.

    Attributes:
        check: Which of the checks of `steps.validate.findings` it fails.
        reason: In words, such as "truncated at byte 8 192".
    """

    check: str
    reason: str


# Named tuples, as there are one or two for each of millions of images, which go from process to process.


class Look(NamedTuple):
    """An image as one sees it from afar. All but the hash are of its grey values from 0 to 1.

    Attributes:
        hash: Difference hash, 64 bits as a signed integer: images that look alike differ in few bits.
        thumb: 16 x 16 grey values, one byte each, row by row.
        brightness: Their mean.
        contrast: Their standard deviation.
        sharpness: Variance of the Laplacian at a scale that is the same for all images.
        detail: Entropy of the grey values, in bits.
    """

    hash: int
    thumb: bytes
    brightness: float
    contrast: float
    sharpness: float
    detail: float


@dataclass(frozen=True)
class Channels:
    """Sums over the pixels of one image, to make mean and standard deviation of a data set from.

    Attributes:
        pixels: How many; fewer than the image has where it was scaled down.
        sums: Of red, green and blue, from 0 to 1.
        squares: Of their squares.
    """

    pixels: int
    sums: tuple[float, float, float]
    squares: tuple[float, float, float]


class Facts(NamedTuple):
    """All that is known of one file.

    Attributes:
        format: By its content, such as JPEG; None if it stands for none that is known.
        digest: SHA-256 of its bytes; None if it could not be read.
        width: Pixels; None like `height` and `look` if it could not be decoded.
        height: Pixels.
        flaw: Why it cannot be used.
        traits: What is unusual about it.
        frames: How many images it holds; 1 if that is not told.
        look: How it looks.
        channels: Of a sample of the images only.
    """

    format: str | None = None
    digest: bytes | None = None
    width: int | None = None
    height: int | None = None
    flaw: Flaw | None = None
    traits: Trait = NO_TRAITS
    frames: int = 1
    look: Look | None = None
    channels: Channels | None = None
