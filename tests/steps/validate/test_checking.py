from dataclasses import replace
from pathlib import Path

import pytest

from steps.validate.checking import check
from steps.validate.findings import CHECKS, EXAMPLES, Culprit, Finding, Problem
from steps.validate.settings import Severity
from tests.steps.validate.ledgers import BOTH, SETTINGS, Files, filled, flawed, good, image, told

BROKEN = flawed("unreadable-image", "zero bytes")


def findings(folder: Path, files: Files) -> tuple[list[Finding], list[Problem]]:
    problems: list[Problem] = []
    with filled(folder, files) as ledger:
        return check(ledger, SETTINGS, problems.append), problems


def test_good_data_set(tmp_path: Path) -> None:
    assert findings(tmp_path, good(BOTH)) == ([], [])


def test_finding_counts_all_and_keeps_some(tmp_path: Path) -> None:
    broken = {f"train/cat/broken-{number:02}.jpg": BROKEN for number in range(EXAMPLES + 5)}
    found, problems = findings(tmp_path, {**good(BOTH), **broken})
    culprits = [Culprit("train", path.removeprefix("train/"), "zero bytes") for path in broken]
    assert found == [
        Finding("unreadable-image", "train", "error", EXAMPLES + 5, tuple(culprits[:EXAMPLES])),
    ]
    assert problems == [Problem("unreadable-image", "error", culprit) for culprit in culprits]


def test_findings_come_in_the_order_of_the_checks_and_splits(tmp_path: Path) -> None:
    files = {
        **good(BOTH),
        "validation/cat/b": BROKEN,
        "train/cat/b": BROKEN,
        "train/dog/g": flawed("unsupported-format", "GIF"),
        "train/1.jpg": image("stray"),
        "train/README": BROKEN,
        "train/cat/.x": None,
    }
    found, _ = findings(tmp_path, files)
    assert [(one.check, one.split, one.severity) for one in found] == [
        ("stray-file", "train", "error"),
        ("stray-file", "train", "warning"),
        ("hidden-file", "train", "warning"),
        ("unreadable-image", "train", "error"),
        ("unreadable-image", "validation", "error"),
        ("unsupported-format", "train", "error"),
    ]
    order = [list(CHECKS).index(one.check) for one in found]
    assert order == sorted(order)


def test_faulty_files_are_counted_once(tmp_path: Path) -> None:
    files = {
        **good(BOTH),
        "train/cat/a\tb": image("same"),
        "validation/cat/c": image("same"),
        "train/cat/.x": None,
    }
    with filled(tmp_path, files) as ledger:
        found = check(ledger, SETTINGS, lambda problem: None)
        assert [one.check for one in found if one.severity == "error"] == ["unsafe-name", "leak"]
        faulty = ledger.query("SELECT path FROM files WHERE faulty = 1")
        assert [path for (path,) in faulty] == [b"cat/a\tb"]


def test_checking_again_gives_the_same(tmp_path: Path) -> None:
    files = {**good(BOTH), "train/cat/b": BROKEN, "train/cat/c": image("x"), "validation/cat/d": image("x")}
    with filled(tmp_path, files) as ledger:
        first, second = (check(ledger, SETTINGS, lambda problem: None) for _ in range(2))
        assert first == second
        check(ledger, replace(SETTINGS, severities={"unreadable-image": "ignore"}), lambda problem: None)
        assert "cat/b" in ledger.usable("train")


@pytest.mark.parametrize(
    ("check_name", "severity", "expected"),
    [
        pytest.param("unreadable-image", "warning", ["warning"], id="lowered"),
        pytest.param("unreadable-image", "ignore", [], id="ignored"),
        pytest.param("hidden-file", "error", ["error", "error"], id="another one raised"),
    ],
)
def test_severity_of_the_settings(
    tmp_path: Path, check_name: str, severity: Severity, expected: list[str]
) -> None:
    files = {**good(BOTH), "train/cat/b": BROKEN}
    if check_name == "hidden-file":
        files["train/cat/.x"] = None
    settings = replace(SETTINGS, severities={check_name: severity})
    assert [grade for grade, *_ in told(tmp_path, files, settings)] == expected


def test_raised_and_left_out_is_a_warning(tmp_path: Path) -> None:
    settings = replace(SETTINGS, severities={"unreadable-image": "error"}, skip_corrupt=True)
    assert told(tmp_path, {**good(BOTH), "train/cat/b": BROKEN}, settings) == [
        ("warning", "unreadable-image", "train/cat/b: zero bytes")
    ]


def test_all_strays_follow_the_settings(tmp_path: Path) -> None:
    settings = replace(SETTINGS, severities={"stray-file": "error"})
    assert told(tmp_path, {**good(BOTH), "train/README": BROKEN}, settings) == [
        ("error", "stray-file", "train/README: skipped")
    ]
