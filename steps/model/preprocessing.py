"""From an image file to the array that the network takes: one object for training and for serving.

It is saved with the weights (`to_json`), so a served image always goes the way that the trained ones went.
Needs numpy and Pillow, not torch: the server has none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)
"""Of ImageNet's RGB channels, 0 to 255: what torchvision's published weights were trained with."""

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")
"""The only decoders that may see a file. Pillow has more, among them EPS, which starts Ghostscript."""

MAX_PIXELS = 89_478_485
"""Above it an image is refused: 256 MiB when decoded to RGB. Pillow warns of a bomb from here on too."""

_ORIENTATION = 0x0112  # the EXIF tag
_AS_STORED = 1  # its value for an image that is upright already
_UPRIGHT = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
_SIDEWAYS = frozenset({5, 6, 7, 8})  # the orientations that exchange width and height
# What Pillow's decoders raise on damaged files: what Image.open itself takes for damage, and ValueError.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, IndexError, struct.error)

Pixels = NDArray[np.uint8]


class ImageError(ValueError):
    """The bytes are no image that the network can take; the text says why."""


class TooManyPixelsError(ImageError):
    """The image is larger than the limit; its pixels were not decoded."""


@dataclass(frozen=True)
class Preprocessing:
    """How images become arrays.

    The mean and the deviation are not applied here but in the first layer of the graph, which is faster.

    Attributes:
        image_shape: Channels, height and width that the network takes. Channels are always 3, RGB.
        resize: The shorter side of a training image in pixels, before it is cropped to `image_shape`;
            None keeps the size of the file. Serving does not use it, as the built-in algorithm does not
            (https://docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html, image_shape).
        mean: Of each channel, 0 to 255.
        std: Of each channel, 0 to 255.
        max_pixels: Width times height above which an image is refused.
    """

    image_shape: tuple[int, int, int]
    resize: int | None = None
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    max_pixels: int = MAX_PIXELS

    def for_inference(self, data: bytes) -> Pixels:
        """The whole image, squeezed to `image_shape` without keeping its aspect ratio.

        Returns:
            [3, H, W], contiguous, 0 to 255. The graph takes it as float32 with a batch axis in front.

        Raises:
            ImageError: It cannot be decoded, or is too large.
        """
        _, height, width = self.image_shape
        return np.ascontiguousarray(_decode(data, self.max_pixels, (width, height)).transpose(2, 0, 1))

    def count_pixels(self, data: bytes) -> int:
        """Width times height by the file's header; no pixel is decoded.

        Raises:
            ImageError: It is no image, or is too large.
        """
        with _opened(data, self.max_pixels) as image:
            return image.width * image.height

    def for_training(self, data: bytes) -> Pixels:
        """The image with its shorter side at `resize`, aspect ratio kept, not cropped yet.

        Returns:
            [h, w, 3], contiguous, 0 to 255; h and w differ from image to image.

        Raises:
            ImageError: It cannot be decoded, is too large, or is smaller than `image_shape` in a side.
        """
        pixels = _decode(data, self.max_pixels, self.resize)
        height, width = pixels.shape[:2]
        _, least_height, least_width = self.image_shape
        if height < least_height or width < least_width:
            when = "" if self.resize is None else f" after resize={self.resize}"
            raise ImageError(
                f"{width}x{height} pixels{when}, smaller than image_shape's {least_width}x{least_height}"
            )
        return pixels

    def to_json(self) -> dict[str, Any]:
        """The fields for model.json, with what the code fixes said in words for readers without it."""
        return {
            "colour": "RGB",
            "interpolation": "bilinear",
            "inference_size": "squeezed to image_shape",
            "image_shape": list(self.image_shape),
            "resize": self.resize,
            "mean": list(self.mean),
            "std": list(self.std),
            "max_pixels": self.max_pixels,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Preprocessing:
        """The inverse of `to_json`.

        Raises:
            KeyError, TypeError, ValueError: A field is missing or is of another kind.
        """
        channels, height, width = (int(side) for side in fields["image_shape"])
        resize = fields["resize"]
        return cls(
            image_shape=(channels, height, width),
            resize=None if resize is None else int(resize),
            mean=_three(fields["mean"]),
            std=_three(fields["std"]),
            max_pixels=int(fields["max_pixels"]),
        )


def centre_crop(pixels: Pixels, height: int, width: int) -> Pixels:
    """The middle of [h, w, 3], as a view; odd margins leave the larger part below and on the right."""
    top = (pixels.shape[0] - height) // 2
    left = (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]


def _decode(data: bytes, max_pixels: int, size: tuple[int, int] | int | None) -> Pixels:
    """Decode to upright RGB [h, w, 3].

    Args:
        data: The file's bytes.
        max_pixels: Width times height above which the image is refused, before its pixels are decoded.
        size: (width, height) to squeeze it to; or its shorter side, aspect ratio kept; or None.
    """
    with _opened(data, max_pixels) as image:
        return np.array(_upright_rgb(image, size))


@contextmanager
def _opened(data: bytes, max_pixels: int) -> Iterator[Image.Image]:
    """The image of a file, not larger than the limit. What its decoder raises becomes an ImageError."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise TooManyPixelsError(_too_large(image, max_pixels))
            yield image
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(f"not an image of a known format ({', '.join(FORMATS)})") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixelsError(f"more pixels than the limit of {max_pixels:,}") from error
    except _DAMAGE as error:
        raise ImageError(f"damaged: {error}") from error


def _too_large(image: Image.Image, max_pixels: int) -> str:
    return f"{image.width:,}x{image.height:,} pixels, more than the limit of {max_pixels:,}"


def _upright_rgb(image: Image.Image, size: tuple[int, int] | int | None) -> Image.Image:
    """Resize as stored, then turn upright: turning the small image is cheaper."""
    orientation = image.getexif().get(_ORIENTATION, _AS_STORED)
    target = _stored_size(image, size, sideways=orientation in _SIDEWAYS)
    # Lets the JPEG decoder leave out what the resize would throw away; a no-op for other formats.
    image.draft(None, target)
    resized = _as_rgb(image)
    if resized.size != target:
        resized = resized.resize(target, Image.Resampling.BILINEAR)
    turn = _UPRIGHT.get(orientation)
    return resized if turn is None else resized.transpose(turn)


def _stored_size(
    image: Image.Image, size: tuple[int, int] | int | None, *, sideways: bool
) -> tuple[int, int]:
    """The (width, height) to resize to, on the axes of the file."""
    if size is None:
        return image.size
    if isinstance(size, tuple):
        width, height = size
        return (height, width) if sideways else (width, height)
    scale = size / min(image.size)
    return max(size, round(image.width * scale)), max(size, round(image.height * scale))


def _as_rgb(image: Image.Image) -> Image.Image:
    """To 8-bit RGB. Transparency is dropped, as OpenCV does for the built-in algorithm.

    Raises:
        ImageError: Samples of 32 bits, which have no agreed range.
    """
    if image.mode.startswith("I;16"):
        # convert() would clip at 255 rather than scale.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise ImageError("32-bit samples; save it with 8 or 16 bits a channel")
    if image.mode == "P":
        # The direct way warns about palettes with transparency.
        return image.convert("RGBA").convert("RGB")
    return image.convert("RGB")


def _three(values: Any) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
