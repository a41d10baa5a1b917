from dataclasses import replace
from pathlib import Path

import pytest

from steps.validate.checking import check
from steps.validate.findings import Culprit, Problem
from steps.validate.ledger.ledger import Ledger
from steps.validate.settings import Settings
from steps.validate.sources.folder import FolderSource
from tests.steps.validate.ledgers import BOTH, SETTINGS, Files, flawed, good, told

Told = tuple[str, str, str]


def errors(*found: tuple[str, str]) -> list[Told]:
    return sorted(("error", check, culprit) for check, culprit in found)


CASES: dict[str, tuple[Files, Settings, list[Told]]] = {
    "good": (good(BOTH), SETTINGS, []),
    "no images at all": (
        {},
        SETTINGS,
        errors(
            ("no-images", "train: no images under s3://b/train"),
            ("no-images", "validation: no images under s3://b/validation"),
        ),
    ),
    "an empty folder alone": (
        {"train/cat": "folder", **good({"validation/cat": 2, "validation/dog": 2})},
        SETTINGS,
        errors(("no-images", "train: no images under s3://b/train")),
    ),
    "empty classes": (
        {**good(BOTH), "train/fox": "folder", "validation/fox": "folder"},
        SETTINGS,
        errors(("empty-class", "train/fox: no images"), ("empty-class", "validation/fox: no images")),
    ),
    "one class": (
        good({"train/cat": 4, "validation/cat": 1}),
        SETTINGS,
        errors(("too-few-classes", "train: 1 class, at least 2")),
    ),
    "class with too few images": (
        good({"train/cat": 1, "train/dog": 2, "validation/cat": 1, "validation/dog": 1}),
        replace(SETTINGS, min_images_per_class=2),
        errors(("class-too-small", "train/cat: 1 image, at least 2")),
    ),
    "class with too few usable images": (
        {**good(BOTH), "train/cat/0.jpg": flawed("unreadable-image", "zero bytes")},
        replace(SETTINGS, min_images_per_class=2),
        errors(
            ("class-too-small", "train/cat: 1 usable of 2 images, at least 2"),
            ("unreadable-image", "train/cat/0.jpg: zero bytes"),
        ),
    ),
    "small images do count": (
        {**good(BOTH), "train/cat/0.jpg": flawed("image-too-small", "7x7, at least 8x8")},
        replace(SETTINGS, min_images_per_class=2),
        errors(("image-too-small", "train/cat/0.jpg: 7x7, at least 8x8")),
    ),
    "fewer than a mini-batch": (
        good(BOTH),
        replace(SETTINGS, mini_batch_size=5),
        errors(
            ("too-few-images", "train: 4 images, at least 5 (mini_batch_size)"),
            ("too-few-images", "validation: 2 images, at least 5 (mini_batch_size)"),
        ),
    ),
    "class only in validation": (
        good({**BOTH, "validation/newt": 1}),
        SETTINGS,
        errors(("class-mismatch", "validation/newt: not in train")),
    ),
    "class only in train": (
        good({**BOTH, "train/newt": 1}),
        SETTINGS,
        errors(("class-mismatch", "train/newt: not in validation")),
    ),
    "class spelt otherwise": (
        good({"train/cat": 2, "train/dog": 2, "validation/cat": 1, "validation/Dogs": 1}),
        SETTINGS,
        errors(
            ("class-mismatch", "train/dog: not in validation, which has 'Dogs'"),
            ("class-mismatch", "validation/Dogs: not in train, which has 'dog'"),
        ),
    ),
    "ten times as many": (good({**BOTH, "train/cat": 1, "train/dog": 10}), SETTINGS, []),
    "more than ten times as many": (
        good({**BOTH, "train/cat": 1, "train/dog": 11}),
        SETTINGS,
        [("warning", "class-imbalance", "train/cat: 1 image, 'dog' has 11")],
    ),
    "imbalance of validation is none of ours": (good({**BOTH, "validation/dog": 30}), SETTINGS, []),
}


@pytest.mark.parametrize(("files", "settings", "expected"), CASES.values(), ids=CASES.keys())
def test_classes(tmp_path: Path, files: Files, settings: Settings, expected: list[Told]) -> None:
    assert told(tmp_path, files, settings) == expected


def test_images_left_out_do_not_count(tmp_path: Path) -> None:
    files = {**good(BOTH), "train/dog/0.jpg": flawed("unreadable-image", "zero bytes")}
    settings = replace(SETTINGS, mini_batch_size=4, skip_corrupt=True)
    reason = "3 usable of 4 images, at least 4 (mini_batch_size)"
    assert ("error", "too-few-images", str(Culprit("train", "", reason))) in told(tmp_path, files, settings)


def test_classes_that_are_links(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "train").mkdir()
    for name in ("cat", "dog"):
        (tmp_path / "train" / name).symlink_to(tmp_path / "elsewhere")
    problems: list[Problem] = []
    with Ledger(tmp_path / "ledger", {"train": "photos"}) as ledger:
        ledger.list_entries("train", FolderSource("photos", tmp_path / "train", report_links=True).entries())
        check(ledger, SETTINGS, problems.append)
    assert [str(one.culprit) for one in problems if one.check == "no-images"] == [
        "train: no images under photos; 2 links to folders skipped"
    ]
