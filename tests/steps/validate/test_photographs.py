"""Real images have nothing wrong with them: two photographs, hundreds of parts of them, and 1,797 digits.

The photographs are china.jpg and flower.jpg, which ship in scikit-learn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import sklearn.datasets
from PIL import Image

from pipeline.data.sample import write_digits
from steps.validate.settings import Settings

from .proof import folders, named, surveyed, told
from .scenes import encoded

SETTINGS = Settings((3, 32, 32), None, mini_batch_size=8, min_images_per_class=20, skip_corrupt=False)
FOLDER = Path(sklearn.datasets.__file__).parent / "images"
NAMES = ("china", "flower")

CHANGES: Mapping[str, Callable[[Image.Image], bytes]] = {
    "saved.jpg": lambda image: encoded(image, quality=40),
    "half.jpg": lambda image: encoded(image.resize((image.width // 2, image.height // 2))),
    "copy.png": lambda image: encoded(image, "PNG"),
    "grey.jpg": lambda image: encoded(image.convert("L")),
    "brighter.jpg": lambda image: encoded(Image.eval(image, lambda value: round(value * 1.04))),
}


@cache
def photograph(name: str) -> Image.Image:
    with Image.open(FOLDER / f"{name}.jpg") as image:
        return image.convert("RGB")


def parts(name: str, side: int, step: int) -> Iterator[tuple[str, Image.Image]]:
    """Squares of a photograph by where they are in it: x-y."""
    whole = photograph(name)
    for y in range(0, whole.height - side + 1, step):
        for x in range(0, whole.width - side + 1, step):
            yield f"{x:03}-{y:03}", whole.crop((x, y, x + side, y + side))


def lay(root: Path, side: int, step: int) -> int:
    """Makes a class of each photograph and a part of it an image; every fifth validates. Returns how many."""
    total = 0
    for name in NAMES:
        for number, (place, image) in enumerate(parts(name, side, step)):
            file = root / ("train" if number % 5 else "validation") / name / f"{place}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(encoded(image))
            total += 1
    return total


def found(root: Path, settings: Settings = SETTINGS) -> list[tuple[str, str]]:
    with surveyed(root / "ledger", folders(root), settings, jobs=2) as ledger:
        return named(told(ledger, settings))


def test_whole_photographs(tmp_path: Path) -> None:
    for name in NAMES:
        for split in ("train", "validation"):
            (tmp_path / split / name).mkdir(parents=True)
        (tmp_path / "train" / name / "1.jpg").write_bytes((FOLDER / f"{name}.jpg").read_bytes())
        (tmp_path / "validation" / name / "1.jpg").write_bytes(
            encoded(photograph(name).crop((99, 0, 500, 400)))
        )
    assert found(tmp_path, Settings((3, 224, 224), None, 2, 1, skip_corrupt=False)) == []


def test_large_parts(tmp_path: Path) -> None:
    assert lay(tmp_path, side=240, step=30) == 196
    assert found(tmp_path) == []


def test_copies_of_parts(tmp_path: Path) -> None:
    lay(tmp_path, side=240, step=60)
    copies: list[str] = []
    for name in NAMES:
        for place, image in parts(name, side=240, step=60):
            change = list(CHANGES)[len(copies) % len(CHANGES)]
            file = tmp_path / "train" / name / f"z-{place}-{change}"
            file.write_bytes(CHANGES[change](image))
            copies.append(f"train/{name}/{file.name}")
    problems = found(tmp_path)
    assert {check for check, _ in problems} == {"near-duplicate", "near-leak"}
    assert sorted(path for _, path in problems) == sorted(copies)


def test_small_parts(tmp_path: Path) -> None:
    """Some show nothing but empty sky or what is out of focus, which is told, and nothing else."""
    assert lay(tmp_path, side=64, step=32) == 456
    problems = found(tmp_path)
    assert {check for check, _ in problems} == {"blank-image", "blurred-image", "dark-image"}
    for check, path in problems:
        image = np.asarray(Image.open(tmp_path / path).convert("L"), np.float64)
        if check == "dark-image":
            assert image.mean() < 20
        else:
            # From one pixel to the next, hardly anywhere more than noise.
            steps = np.hypot(np.diff(image, axis=0)[:, :-1], np.diff(image, axis=1)[:-1])
            assert np.percentile(steps, 90) < 12
    assert len(problems) < 456 / 5


def test_digits(tmp_path: Path) -> None:
    write_digits(tmp_path / "digits")
    settings = Settings((3, 64, 64), None, mini_batch_size=32, min_images_per_class=20, skip_corrupt=False)
    assert found(tmp_path / "digits", settings) == []
