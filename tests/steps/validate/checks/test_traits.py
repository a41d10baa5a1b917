from dataclasses import replace
from pathlib import Path

import pytest

from steps.validate.images.facts import Flaw, Trait
from tests.steps.validate.ledgers import BOTH, SETTINGS, good, image, told

ODD = image("odd")


@pytest.mark.parametrize(
    ("trait", "check", "reason"),
    [
        (Trait.WRONG_EXTENSION, "wrong-extension", "JPEG by its content"),
        (Trait.ANIMATED, "animated-image", "12 frames"),
        (Trait.CMYK, "cmyk-image", "CMYK colours"),
        (Trait.TRANSPARENT, "transparent-image", "not fully opaque"),
        (Trait.SIXTEEN_BIT, "sixteen-bit-image", "16 bits a channel"),
        (Trait.PALETTE, "palette-image", "colours of a palette"),
        (Trait.ROTATED, "rotated-image", "turned by its EXIF orientation"),
    ],
)
def test_traits(tmp_path: Path, trait: Trait, check: str, reason: str) -> None:
    files = {**good(BOTH), "train/cat/odd": ODD._replace(traits=trait, frames=12)}
    assert told(tmp_path, files) == [("warning", check, f"train/cat/odd: {reason}")]


def test_several_traits_of_one_image(tmp_path: Path) -> None:
    files = {**good(BOTH), "train/cat/odd": ODD._replace(traits=Trait.CMYK | Trait.ROTATED)}
    assert [check for _, check, _ in told(tmp_path, files)] == ["cmyk-image", "rotated-image"]


def test_every_trait_is_told(tmp_path: Path) -> None:
    everything = Trait(sum(Trait))
    files = {**good(BOTH), "train/cat/odd": ODD._replace(traits=everything)}
    assert len(told(tmp_path, files)) == len(Trait)


@pytest.mark.parametrize(
    ("width", "height", "found"), [(400, 100, False), (401, 100, True), (100, 400, False), (100, 401, True)]
)
def test_aspect(tmp_path: Path, width: int, height: int, found: bool) -> None:
    files = {**good(BOTH), "train/cat/odd": ODD._replace(width=width, height=height)}
    expected = ("warning", "extreme-aspect", f"train/cat/odd: {width}x{height}")
    assert told(tmp_path, files) == ([expected] if found else [])


@pytest.mark.parametrize(
    ("width", "height", "resize", "found"),
    [
        pytest.param(64, 64, 256, False, id="a quarter"),
        pytest.param(63, 200, 256, True, id="narrower than a quarter"),
        pytest.param(200, 63, 256, True, id="lower than a quarter"),
        pytest.param(9, 9, 256, True, id="tiny"),
        pytest.param(9, 9, None, False, id="not scaled"),
    ],
)
def test_enlarged(tmp_path: Path, width: int, height: int, resize: int | None, found: bool) -> None:
    files = {**good(BOTH), "train/cat/odd": ODD._replace(width=width, height=height)}
    expected = ("warning", "enlarged-image", f"train/cat/odd: {width}x{height}, enlarged to {resize}")
    assert told(tmp_path, files, replace(SETTINGS, resize=resize)) == ([expected] if found else [])


def test_nothing_more_is_told_of_an_image_that_cannot_be_used(tmp_path: Path) -> None:
    flaw = Flaw("image-too-small", "100x5, at least 8x8")
    files = {**good(BOTH), "train/cat/odd": ODD._replace(width=100, height=5, traits=Trait.CMYK, flaw=flaw)}
    assert [check for _, check, _ in told(tmp_path, files)] == ["image-too-small"]
