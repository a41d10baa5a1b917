from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from steps.validate.findings import CHECKS, Culprit, Finding
from steps.validate.report.census import Census, ClassSize, SplitCount
from steps.validate.report.page import render_page
from steps.validate.report.sizes import measure_sizes
from steps.validate.report.statistics import Colours
from tests.steps.page.pages import Page
from tests.steps.validate.datasets import finding

HOSTILE = '"><script>alert(1)</script>\n\udcff'
SHOWN = '"><script>alert(1)</script>\\n\\udcff'
URI = "data:image/jpeg;base64,AAAA"

CENSUS = Census(
    content_hash="ab" * 32,
    splits={
        "train": SplitCount("s3://b/train", 1203, 1200, 31_400_000),
        "validation": SplitCount("s3://b/validation", 300, 300, 999),
    },
    classes=(ClassSize("cat", 1000, 100), ClassSize("dog", 200, 200)),
    formats={"JPEG": 1499, "PNG": 1},
    sizes=measure_sizes([(640, 480, 1500)]),
    colours=Colours(120, (0.4, 0.5, 0.6), (0.1, 0.2, 0.3)),
)
LEAK = finding(
    "leak", Culprit("train", "cat/1.jpg", "same as validation/cat/9.jpg", "validation/cat/9.jpg"), count=39
)
DARK = finding("dark-image", Culprit("train", "dog/2.jpg", "brightness 0.02"), severity="warning")


def page_of(
    *findings: Finding, census: Census = CENSUS, thumbnails: Mapping[str, str] = MappingProxyType({})
) -> Page:
    return Page(render_page(census, findings, thumbnails, (224, 224)))


def test_good_images() -> None:
    text = page_of().text
    assert "The images can be used" in text
    assert "s3://b/train and s3://b/validation" in text
    assert "None: every check passed." in text
    assert "Training images 1 200 of 1 203 files, 31.4 MB" in text
    assert "Validation images 300 all files, 999 bytes" in text
    assert "By format: 1 499 JPEG, 1 PNG." in text
    assert "width 640 640 640 640 640 height 480 480 480 480 480" in text
    assert "120 training images" in text
    assert f"Content hash of the data set: {'ab' * 32}" in text


def test_bad_images() -> None:
    text = page_of(DARK, LEAK).text
    assert "The images cannot be used yet" in text
    assert "Errors 1 must be fixed Warnings 1 worth a look" in text
    assert "V143 leak error train 39 delete one of the two" in text
    assert "39 files in train" in text
    assert "To fix it: delete one of the two" in text
    assert "train/cat/1.jpg: same as validation/cat/9.jpg" in text
    assert "… and 38 more: see problems.jsonl" in text


def test_errors_come_first_and_links_lead_to_them() -> None:
    page = page_of(DARK, LEAK)
    assert page.addresses == ["#V143-train-error", "#V132-train-warning"]
    assert page.ids == ["V143-train-error", "V132-train-warning"]


def test_warnings_alone() -> None:
    text = page_of(DARK).text
    assert "The images can be used" in text
    assert "Errors 0 nothing must be fixed Warnings 1 worth a look" in text


def test_pairs_are_shown_side_by_side() -> None:
    page = page_of(LEAK, thumbnails={"train/cat/1.jpg": URI})
    assert page.tags.count("img") == 1
    assert page.text.count("no picture") == 1
    assert (
        page_of(LEAK, thumbnails={"validation/cat/9.jpg": URI, "train/cat/1.jpg": URI}).tags.count("img") == 2
    )


def test_examples_without_a_picture_are_told_in_words() -> None:
    culprits = [Culprit("train", f"cat/{i}.jpg", "brightness 0.02") for i in range(3)]
    page = page_of(finding("dark-image", *culprits), thumbnails={"train/cat/1.jpg": URI})
    assert page.tags.count("img") == page.tags.count("figure") == 1
    assert "brightness 0.02 train/cat/1.jpg train/cat/0.jpg: brightness 0.02 train/cat/2.jpg" in page.text
    assert "no picture" not in page.text


def test_runs_and_loads_nothing() -> None:
    page = page_of(LEAK, DARK, thumbnails={"train/cat/1.jpg": URI})
    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)
    assert page.handlers == []
    assert all(address.startswith(("data:image/jpeg;base64,", "#")) for address in page.addresses)


def test_names_of_others_are_only_text() -> None:
    census = replace(
        CENSUS,
        classes=(ClassSize(HOSTILE, 1, 1),),
        splits={name: replace(one, uri=f"s3://b/{HOSTILE}") for name, one in CENSUS.splits.items()},
        formats={HOSTILE: 1},
    )
    culprit = Culprit("train", f"{HOSTILE}/1.jpg", f"same as {HOSTILE}", f"validation/{HOSTILE}")
    findings = [finding("leak", culprit), finding("dark-image", culprit, severity="warning")]
    for thumbnails in ({}, {f"train/{HOSTILE}/1.jpg": URI}):
        page = page_of(*findings, census=census, thumbnails=thumbnails)
        assert "script" not in page.tags
        assert page.handlers == []
        assert page.text.count(SHOWN) >= 6
        assert "\udcff" not in page.text


def test_nothing_there() -> None:
    empty = Census("00" * 32, CENSUS.splits, (), {}, None, None)
    page = page_of(finding("no-images", Culprit("train", "", "no images under s3://b/train")), census=empty)
    assert "train: no images under s3://b/train" in page.text
    assert "svg" not in page.tags
    assert "Balance" not in page.text


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_its_place(check: str) -> None:
    assert (
        f"{CHECKS[check].code} {check} error train 1"
        in page_of(finding(check, Culprit("train", "a", "b"))).text
    )


def test_one_place_of_both_splits_is_named_once() -> None:
    splits = {name: replace(one, uri="s3://b/images") for name, one in CENSUS.splits.items()}
    assert page_of(census=replace(CENSUS, splits=splits)).text.count("s3://b/images") == 1


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (999_600, "1 MB"),
        (10**13, "10 TB"),
        (10**19, "1e+04 PB"),
    ],
)
def test_amount_of_data(size: int, told: str) -> None:
    splits = {"train": replace(CENSUS.splits["train"], bytes=size)}
    assert f"of 1 203 files, {told} " in page_of(census=replace(CENSUS, splits=splits)).text
