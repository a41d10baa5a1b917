"""What the validation is told on its command line."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NoReturn, get_args

from steps.container import ProgramError
from steps.validate.findings import CHECKS

Severity = Literal["error", "warning", "ignore"]


@dataclass(frozen=True)
class Settings:
    """The rules that the images have to meet.

    Attributes:
        image_shape: (channels, height, width) that the network takes.
        resize: Pixels that the shorter side is scaled to before cropping, or None for no scaling.
        mini_batch_size: Images of one training step.
        min_images_per_class: Least number of training images of every class.
        skip_corrupt: Leave out what cannot be decoded instead of failing.
        skip_leaks: Leave training images out that are validation images as well, instead of failing.
        severities: How grave what a check finds is, by check, where it is not the check's own severity.
            "ignore" keeps silent about it, and takes the files that it is about for good ones;
            only those with unsafe names are left out even so, as no list can hold them.
        validation_share: Share of each class, between 0 and 1, that becomes the validation images where there
            is one prefix only; None where there are two.
    """

    image_shape: tuple[int, int, int]
    resize: int | None
    mini_batch_size: int
    min_images_per_class: int
    skip_corrupt: bool
    skip_leaks: bool = False
    severities: Mapping[str, Severity] = field(default_factory=dict)
    validation_share: float | None = None

    @property
    def smallest(self) -> tuple[int, int] | None:
        """Least (width, height) of an image, or None when images are scaled first and any size will do."""
        _, height, width = self.image_shape
        return None if self.resize else (width, height)

    @property
    def inspection(self) -> str:
        """Those rules that decide on what is found out of one image."""
        return f"smallest {self.smallest}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ProgramError(f"the arguments of the image validation cannot be used: {message}")


def parse_settings(arguments: Sequence[str]) -> Settings:
    """Reads the container's arguments.

    Raises:
        ProgramError: An argument is missing, unknown or out of range.
    """
    parser = _Parser(prog="validate", allow_abbrev=False)
    parser.add_argument("--image-shape", type=_shape, required=True, metavar="C,H,W")
    parser.add_argument("--resize", type=_positive, default=None, metavar="PIXELS")
    parser.add_argument("--mini-batch-size", type=_positive, required=True, metavar="N")
    parser.add_argument("--min-images-per-class", type=_positive, required=True, metavar="N")
    parser.add_argument("--on-corrupt", choices=("fail", "skip"), required=True)
    parser.add_argument("--on-leak", choices=("fail", "skip"), default="fail")
    parser.add_argument("--severity", type=_severity, action="append", default=[], metavar="CHECK=SEVERITY")
    parser.add_argument("--validation-share", type=_share, default=None, metavar="SHARE")
    given = parser.parse_args(arguments)
    return Settings(
        image_shape=given.image_shape,
        resize=given.resize,
        mini_batch_size=given.mini_batch_size,
        min_images_per_class=given.min_images_per_class,
        skip_corrupt=given.on_corrupt == "skip",
        skip_leaks=given.on_leak == "skip",
        severities=dict(given.severity),
        validation_share=given.validation_share,
    )


def _positive(text: str) -> int:
    # Without isascii, int() would take digits of every script.
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)


def _shape(text: str) -> tuple[int, int, int]:
    parts = text.split(",")
    try:
        channels, height, width = (_positive(part.strip()) for part in parts)
    except (ValueError, argparse.ArgumentTypeError):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not channels,height,width, such as 3,224,224"
        ) from None
    return channels, height, width


def _severity(text: str) -> tuple[str, Severity]:
    check, _, severity = text.partition("=")
    if check not in CHECKS:
        raise argparse.ArgumentTypeError(f"there is no check '{check}'")
    for known in get_args(Severity):
        if severity == known:
            return check, known
    raise argparse.ArgumentTypeError(f"'{text}' is not a check with error, warning or ignore")


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:  # NaN is not, either
        raise argparse.ArgumentTypeError(f"'{text}' is not a number between 0 and 1")
    return share
