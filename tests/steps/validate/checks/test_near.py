import io
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from pipeline.data.sample import write_digits
from steps.validate.checking import check
from steps.validate.checks import near
from steps.validate.findings import Problem
from steps.validate.images.facts import Facts, Look
from steps.validate.ledger.ledger import Ledger
from steps.validate.progress import LogProgress
from steps.validate.settings import Severity
from steps.validate.sources.folder import FolderSource
from steps.validate.survey import survey
from tests.steps.validate.ledgers import BOTH, SETTINGS, Files, filled, good, image, look, told


def seen(name: str, base: str, flips: int = 0, contrast: float = 0.2) -> Facts:
    """An image with bytes of its own that looks like `base`, its hash with some bits turned."""
    first = look(base)
    turned = first.hash ^ ((1 << flips) - 1)
    return image(name)._replace(look=Look(turned, first.thumb, 0.5, contrast, 0.05, 6.0))


def pairs(folder: Path, files: Files) -> list[str]:
    problems: list[Problem] = []
    with filled(folder, {**good(BOTH), **files}) as ledger:
        check(ledger, SETTINGS, problems.append)
    found = [one for one in problems if one.check != "class-imbalance"]
    assert all(one.culprit.reason == f"looks like {one.culprit.other}" for one in found)
    return sorted(f"{one.check} {one.culprit.subject} {one.culprit.other}" for one in found)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        pytest.param(["train/cat/a", "train/cat/b"], ["near-duplicate train/cat/b train/cat/a"], id="copy"),
        pytest.param(
            ["train/cat/a", "validation/cat/b"], ["near-leak train/cat/a validation/cat/b"], id="leak"
        ),
        pytest.param(
            ["train/cat/a", "train/dog/b"], ["near-label-conflict train/dog/b train/cat/a"], id="two labels"
        ),
        pytest.param(
            ["train/cat/a", "train/cat/b", "train/dog/c", "validation/cat/d"],
            [
                "near-label-conflict train/dog/c validation/cat/d",
                "near-leak train/cat/a validation/cat/d",
                "near-leak train/cat/b validation/cat/d",
            ],
            id="each once",
        ),
    ],
)
@pytest.mark.parametrize("flips", [0, 1, 8], ids=["same hash", "one bit", "eight bits"])
def test_images_that_look_the_same(tmp_path: Path, paths: list[str], flips: int, expected: list[str]) -> None:
    hashes = {path: flips * (number > 0) for number, path in enumerate(paths)}
    assert pairs(tmp_path, {path: seen(path, "base", turned) for path, turned in hashes.items()}) == expected


def test_nine_bits_are_too_many(tmp_path: Path) -> None:
    assert pairs(tmp_path, {"train/cat/a": seen("a", "x"), "train/cat/b": seen("b", "x", flips=9)}) == []


def test_flat_images_are_not_compared(tmp_path: Path) -> None:
    flat = {f"train/cat/{name}": seen(name, "x", contrast=0.019) for name in "ab"}
    assert pairs(tmp_path, flat) == []


def test_copies_are_left_to_the_exact_checks(tmp_path: Path) -> None:
    files = {"train/cat/a": image("a"), "train/cat/b": image("a"), "train/cat/c": seen("c", "a")}
    assert told(tmp_path, {**good(BOTH), **files}) == [
        ("warning", "duplicate-image", "train/cat/b: same as train/cat/a"),
        ("warning", "near-duplicate", "train/cat/c: looks like train/cat/a"),
    ]


def test_the_gravest_partner_is_told(tmp_path: Path) -> None:
    chain = {
        "train/cat/a": seen("a", "x"),
        "train/cat/b": seen("b", "x", flips=6),
        "train/dog/0": seen("0", "x", flips=12),
        "train/dog/1": seen("1", "x", flips=6),
    }
    assert pairs(tmp_path, chain) == [
        "near-duplicate train/cat/b train/cat/a",
        "near-label-conflict train/dog/0 train/cat/b",
        "near-label-conflict train/dog/1 train/cat/b",
    ]


def test_many_with_one_look_are_each_told_once(tmp_path: Path) -> None:
    many = {f"train/cat/{number:04}": seen(str(number), "x") for number in range(1500)}
    assert pairs(tmp_path, many) == [
        f"near-duplicate train/cat/{number:04} train/cat/0000" for number in range(1, 1500)
    ]


def test_one_hash_but_different_looks(tmp_path: Path) -> None:
    alike = {f"train/cat/{name}": seen(name, name[0]) for name in ("a1", "b1", "c1", "a2", "b2")}
    same = {
        path: facts._replace(look=facts.look._replace(hash=5)) for path, facts in alike.items() if facts.look
    }
    assert pairs(tmp_path, same) == [
        "near-duplicate train/cat/a2 train/cat/a1",
        "near-duplicate train/cat/b2 train/cat/b1",
    ]


def test_nothing_is_searched_if_all_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(near, "find_pairs")
    ignored: dict[str, Severity] = dict.fromkeys(
        ("near-duplicate", "near-leak", "near-label-conflict"), "ignore"
    )
    assert told(tmp_path, good(BOTH), replace(SETTINGS, severities=ignored)) == []


def test_too_many_pairs_lower_the_distance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(near, "MOST_PAIRS", 10)
    files = {f"train/cat/{number}": seen(str(number), "x", flips=number % 9) for number in range(36)}
    with caplog.at_level(logging.INFO):
        assert len(pairs(tmp_path, files)) == 35
    assert caplog.messages == ["the images are much alike: near duplicates are searched within 1 bits"]


class TestRealImages:
    def test_handwritten_digits_are_all_different(self, tmp_path: Path) -> None:
        write_digits(tmp_path / "digits")
        assert surveyed(tmp_path / "digits", tmp_path / "ledger") == []

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda scene: saved(scene, quality=50), id="saved at quality 50"),
            pytest.param(lambda scene: saved(scene.resize((160, 120))), id="halved"),
            pytest.param(
                lambda scene: saved(Image.open(io.BytesIO(saved(scene))), "PNG"), id="PNG of the JPEG"
            ),
            pytest.param(lambda scene: saved(ImageEnhance.Brightness(scene).enhance(1.05)), id="brighter"),
            pytest.param(lambda scene: saved(scene.convert("L")), id="grey"),
        ],
    )
    def test_changed_copies_are_found(self, tmp_path: Path, change: Callable[[Image.Image], bytes]) -> None:
        for number in range(12):
            for name, data in (
                (f"{number}.jpg", saved(scene(number))),
                (f"{number}-b", change(scene(number))),
            ):
                file = tmp_path / "data" / ("validation" if name.endswith("b") else "train") / "cat" / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        problems = surveyed(tmp_path / "data", tmp_path / "ledger")
        found = [str(one.culprit) for one in problems if one.check == "near-leak"]
        assert sorted(found) == sorted(
            f"train/cat/{number}.jpg: looks like validation/cat/{number}-b" for number in range(12)
        )


def scene(seed: int) -> Image.Image:
    """A picture of 320 x 240 pixels: a coloured ground with shapes and grain."""
    dice, noise = random.Random(seed), np.random.default_rng(seed)
    picture = Image.new("RGB", (320, 240), tuple(dice.choices(range(40, 200), k=3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y, size = dice.randrange(300), dice.randrange(220), dice.randrange(20, 110)
        colour = tuple(dice.choices(range(20, 230), k=3))
        dice.choice((draw.ellipse, draw.rectangle))((x, y, x + size, y + size), fill=colour)
    grain = np.asarray(picture, np.int16) + noise.integers(-12, 13, (240, 320, 1))
    return Image.fromarray(grain.clip(0, 255).astype(np.uint8))


def saved(picture: Image.Image, form: str = "JPEG", **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def surveyed(folder: Path, file: Path) -> list[Problem]:
    """What is found in real images."""
    problems: list[Problem] = []
    sources = {split: FolderSource(f"s3://b/{split}", folder / split) for split in ("train", "validation")}
    with Ledger(file, {split: source.uri for split, source in sources.items()}) as ledger:
        survey(ledger, sources, SETTINGS, 1, LogProgress(lambda: 0.0))
        check(ledger, SETTINGS, problems.append)
    return [one for one in problems if one.check not in ("wrong-extension", "too-few-classes")]
