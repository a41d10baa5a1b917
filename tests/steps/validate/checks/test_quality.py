from pathlib import Path

import pytest

from tests.steps.validate.ledgers import BOTH, Files, good, poor, told

MANY = {**BOTH, "train/cat": 8}


@pytest.mark.parametrize(
    ("figures", "check", "reason"),
    [
        pytest.param(
            {"contrast": 0.0019, "brightness": 0.01}, "blank-image", "all of one colour", id="blank"
        ),
        pytest.param(
            {"contrast": 0.009},
            "blank-image",
            "contrast 0.009, the median of its class is 0.2",
            id="nearly blank",
        ),
        pytest.param(
            {"brightness": 0.07, "contrast": 0.009},
            "dark-image",
            "brightness 0.07, the median of its class is 0.5",
            id="dark",
        ),
        pytest.param(
            {"detail": 0.9},
            "low-information",
            "0.9 bits of detail, the median of its class is 6",
            id="little in it",
        ),
        pytest.param(
            {"sharpness": 0.0004},
            "blurred-image",
            "sharpness 0.0004, the median of its class is 0.05",
            id="blurred",
        ),
    ],
)
def test_poor_images(tmp_path: Path, figures: dict[str, float], check: str, reason: str) -> None:
    files = {**good(MANY), "train/cat/poor.jpg": poor("poor", **figures)}
    assert told(tmp_path, files) == [("warning", check, f"train/cat/poor.jpg: {reason}")]


@pytest.mark.parametrize(
    "figures",
    [{"contrast": 0.01}, {"brightness": 0.08}, {"detail": 1.0}, {"sharpness": 0.001}],
    ids=lambda figures: next(iter(figures)),
)
def test_images_at_the_limit(tmp_path: Path, figures: dict[str, float]) -> None:
    assert told(tmp_path, {**good(MANY), "train/cat/poor.jpg": poor("poor", **figures)}) == []


def test_class_of_night_skies(tmp_path: Path) -> None:
    sky = {
        f"train/sky/{number}.jpg": poor(
            f"sky{number}", brightness=0.02, contrast=0.008, detail=0.8, sharpness=5e-4
        )
        for number in range(8)
    }
    files: Files = {**good(MANY), **sky, **good({"validation/sky": 1})}
    assert told(tmp_path, files) == []


def test_small_class_is_compared_with_its_split(tmp_path: Path) -> None:
    files = {**good(MANY), "train/dog/poor.jpg": poor("poor", brightness=0.05)}
    reason = "brightness 0.05, the median of its split is 0.5"
    assert told(tmp_path, files) == [("warning", "dark-image", f"train/dog/poor.jpg: {reason}")]


def test_too_few_images_have_no_median(tmp_path: Path) -> None:
    files = {**good(BOTH), "validation/dog/poor.jpg": poor("poor", brightness=0.05)}
    assert told(tmp_path, files) == []


def test_blank_images_need_no_median(tmp_path: Path) -> None:
    files = {**good(BOTH), "validation/dog/poor.jpg": poor("poor", contrast=0.0)}
    assert [check for _, check, _ in told(tmp_path, files)] == ["blank-image"]
