from dataclasses import replace
from pathlib import Path

import pytest

from steps.validate.checking import check
from steps.validate.findings import Problem
from steps.validate.images.facts import Flaw
from steps.validate.settings import Severity
from tests.steps.validate.ledgers import BOTH, SETTINGS, filled, good, image, told

SAME = image("same")
SKIPPING = replace(SETTINGS, skip_leaks=True)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        pytest.param(["train/cat/a", "validation/cat/b"], ["leak train/cat/a validation/cat/b"], id="leak"),
        pytest.param(
            ["train/cat/a", "train/dog/b"], ["label-conflict train/dog/b train/cat/a"], id="two labels"
        ),
        pytest.param(
            ["train/dog/a", "validation/cat/b"],
            ["label-conflict train/dog/a validation/cat/b"],
            id="two labels in two splits",
        ),
        pytest.param(["train/cat/b", "train/cat/a"], ["duplicate-image train/cat/b train/cat/a"], id="copy"),
        pytest.param(
            ["train/cat/a", "train/cat/b", "train/dog/c", "validation/cat/d", "validation/cat/e"],
            [
                "duplicate-image validation/cat/e validation/cat/d",
                "label-conflict train/dog/c validation/cat/d",
                "leak train/cat/a validation/cat/d",
                "leak train/cat/b validation/cat/d",
            ],
            id="each once, against the first of validation",
        ),
        pytest.param(["train/cat/x", "train/x.jpg"], [], id="a stray file is told of as such"),
    ],
)
def test_same_bytes(tmp_path: Path, paths: list[str], expected: list[str]) -> None:
    problems: list[Problem] = []
    with filled(tmp_path, {**good(BOTH), **dict.fromkeys(paths, SAME)}) as ledger:
        check(ledger, SETTINGS, problems.append)
    found = [(one.check, one.culprit) for one in problems if one.check != "stray-file"]
    assert sorted(f"{name} {culprit.subject} {culprit.other}" for name, culprit in found) == expected
    assert all(culprit.reason == f"same as {culprit.other}" for _, culprit in found)


def test_broken_copies_are_told_of_as_broken(tmp_path: Path) -> None:
    broken = SAME._replace(flaw=Flaw("unreadable-image", "zero bytes"))
    files = {**good(BOTH), "train/cat/a": broken, "train/cat/b": broken}
    assert [name for _, name, _ in told(tmp_path, files)] == ["unreadable-image"] * 2


def test_name_of_the_other_is_printable(tmp_path: Path) -> None:
    files = {**good(BOTH), "train/cat/a": SAME, "train/cat/\udcff": SAME}
    assert ("warning", "duplicate-image", "train/cat/\\udcff: same as train/cat/a") in told(tmp_path, files)


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        ([], "label-conflict"),
        (["label-conflict"], "leak"),
        (["label-conflict", "leak"], "duplicate-image"),
        (["label-conflict", "leak", "duplicate-image"], None),
    ],
    ids=["none", "labels", "labels and leaks", "all"],
)
def test_what_is_ignored_is_told_as_something_lesser(
    tmp_path: Path, ignored: list[str], expected: str | None
) -> None:
    severities: dict[str, Severity] = dict.fromkeys(ignored, "ignore")
    files = {**good(BOTH), "train/dog/a": SAME, "validation/cat/b": SAME}
    found = told(tmp_path, files, replace(SETTINGS, severities=severities))
    assert [name for _, name, _ in found] == ([expected] if expected else [])


LEAKS = {**good(BOTH), "train/cat/a": SAME, "train/dog/b": SAME, "validation/cat/c": SAME}


class TestSkippingLeaks:
    def test_training_copies_are_left_out(self, tmp_path: Path) -> None:
        with filled(tmp_path, LEAKS) as ledger:
            check(ledger, SKIPPING, lambda problem: None)
            assert list(ledger.usable("train")) == ["cat/0.jpg", "cat/1.jpg", "dog/0.jpg", "dog/1.jpg"]
            assert list(ledger.usable("validation")) == ["cat/0.jpg", "cat/c", "dog/0.jpg"]

    def test_a_leak_is_a_warning_then_and_two_labels_are_not(self, tmp_path: Path) -> None:
        assert told(tmp_path, LEAKS, SKIPPING) == [
            ("error", "label-conflict", "train/dog/b: same as validation/cat/c"),
            ("warning", "leak", "train/cat/a: same as validation/cat/c"),
        ]

    def test_nothing_is_left_out_otherwise(self, tmp_path: Path) -> None:
        with filled(tmp_path, LEAKS) as ledger:
            check(ledger, SETTINGS, lambda problem: None)
            assert "cat/a" in ledger.usable("train")
