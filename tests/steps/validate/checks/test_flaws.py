from dataclasses import replace
from pathlib import Path

import pytest

from steps.validate.checking import check
from steps.validate.findings import Problem
from steps.validate.report.outputs import write_outputs
from steps.validate.settings import Settings, Severity
from tests.steps.validate.ledgers import BOTH, SETTINGS, filled, flawed, good, told

SKIPPING = replace(SETTINGS, skip_corrupt=True)
ALL = {**BOTH, "train/cat": 6}
CORRUPT = {
    "train/cat/0.jpg": flawed("unreadable-image", "truncated at byte 8 192"),
    "train/cat/1.jpg": flawed("unsupported-format", "GIF"),
    "train/cat/2.jpg": flawed("image-too-large", "over 100 000 000 pixels"),
    "train/cat/3.jpg": flawed("no-permission", "may not be read"),
}


@pytest.mark.parametrize(
    ("settings", "severity"), [(SETTINGS, "error"), (SKIPPING, "warning")], ids=["fail", "skip"]
)
def test_corrupt_images(tmp_path: Path, settings: Settings, severity: str) -> None:
    assert told(tmp_path, {**good(ALL), **CORRUPT}, settings) == [
        (severity, "image-too-large", "train/cat/2.jpg: over 100 000 000 pixels"),
        (severity, "no-permission", "train/cat/3.jpg: may not be read"),
        (severity, "unreadable-image", "train/cat/0.jpg: truncated at byte 8 192"),
        (severity, "unsupported-format", "train/cat/1.jpg: GIF"),
    ]


@pytest.mark.parametrize("flaw", ["image-too-small", "changed-while-scanning"])
def test_what_is_not_corrupt_is_never_skipped(tmp_path: Path, flaw: str) -> None:
    files = {**good(ALL), "train/cat/0.jpg": flawed(flaw, "why")}
    assert told(tmp_path, files, SKIPPING) == [("error", flaw, "train/cat/0.jpg: why")]


@pytest.mark.parametrize(
    ("severity", "skip", "used"),
    [
        pytest.param(None, False, False, id="fails anyway"),
        pytest.param(None, True, False, id="skipped"),
        pytest.param("warning", False, True, id="made a warning"),
        pytest.param("ignore", False, True, id="ignored"),
        pytest.param("warning", True, False, id="made a warning, skipped"),
        pytest.param("ignore", True, False, id="skipped in silence"),
    ],
)
def test_which_corrupt_images_are_used(
    tmp_path: Path, severity: Severity | None, skip: bool, used: bool
) -> None:
    files = {**good(ALL), "train/cat/0.jpg": flawed("unreadable-image", "zero bytes")}
    severities = {"unreadable-image": severity} if severity else {}
    settings = replace(SETTINGS, skip_corrupt=skip, severities=severities)
    with filled(tmp_path, files) as ledger:
        check(ledger, settings, lambda problem: None)
        assert ("cat/0.jpg" in ledger.usable("train")) == used


def test_unsafe_names(tmp_path: Path) -> None:
    files = good(ALL) | {"train/cat/a\tb.jpg": None, "train/dog/\udcff.jpg": None}
    assert told(tmp_path, files) == [
        ("error", "unsafe-name", "train/cat/a\\tb.jpg: a tab in the name"),
        ("error", "unsafe-name", "train/dog/\\udcff.jpg: the name is not UTF-8"),
    ]


@pytest.mark.parametrize(("severity", "severities"), [("warning", ["warning"]), ("ignore", [])])
def test_unsafe_names_that_are_no_error_are_left_out(
    tmp_path: Path, severity: Severity, severities: list[str]
) -> None:
    settings = replace(SETTINGS, severities={"unsafe-name": severity})
    problems: list[Problem] = []
    with filled(tmp_path, good(ALL) | {"train/cat/a\tb.jpg": None}) as ledger:
        findings = check(ledger, settings, problems.append)
        assert [problem.severity for problem in problems] == severities
        assert "cat/a\tb.jpg" not in ledger.usable("train")
        census = write_outputs(ledger, findings, settings, tmp_path, {})
    lst = tmp_path / "datasets" / census.content_hash / "train_lst" / "train.lst"
    assert len(lst.read_text().splitlines()) == 8
