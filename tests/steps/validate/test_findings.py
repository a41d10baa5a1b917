import json

import pytest

from steps.validate.findings import CHECKS, Culprit, Problem


def test_codes_are_unique_and_in_order() -> None:
    codes = [check.code for check in CHECKS.values()]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize(
    ("culprit", "subject"),
    [
        pytest.param(Culprit("train", "", "1 class"), "train", id="split"),
        pytest.param(Culprit("train", "fox", "1 image"), "train/fox", id="class"),
        pytest.param(
            Culprit("train", "fox/a\tb\udcff", "a tab"), "train/fox/a\\tb\\udcff", id="not printable"
        ),
    ],
)
def test_subject_is_printable(culprit: Culprit, subject: str) -> None:
    assert culprit.subject == subject
    assert str(culprit) == f"{subject}: {culprit.reason}"


def test_line_of_a_problem() -> None:
    culprit = Culprit("train", "cat/\udcff.jpg", "same as validation/cat/7.jpg", other="validation/cat/7.jpg")
    line = json.dumps(Problem("leak", "error", culprit).to_json())
    assert json.loads(line) == {
        "code": "V143",
        "check": "leak",
        "severity": "error",
        "subject": "train/cat/\\udcff.jpg",
        "reason": "same as validation/cat/7.jpg",
        "split": "train",
        "path": "cat/\udcff.jpg",
        "other": "validation/cat/7.jpg",
    }
