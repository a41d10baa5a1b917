import json
from pathlib import Path

from steps.validate.facts import Flaw
from steps.validate.findings import Culprit, Finding
from steps.validate.former import Inspected
from steps.validate.report import class_names, is_passed, render_problems, render_report
from steps.validate.scan import ClassFolder, Split


def side(name: str, classes: dict[str, int], flaws: dict[str, Flaw] | None = None) -> Inspected:
    folders = tuple(ClassFolder(key, tuple(f"{key}/{i}" for i in range(n))) for key, n in classes.items())
    return Inspected(Split(name, f"s3://b/{name}", Path("/none"), folders), flaws or {})


WARNING = Finding("hidden-file", "train", "warning", 1, (Culprit("train", ".x", "skipped"),))
ERROR = Finding(
    "unreadable-image",
    "train",
    "error",
    2,
    (Culprit("train", "cat/é", "zero bytes"), Culprit("train", "cat/2", "cut")),
)


def test_report_counts_what_can_be_used() -> None:
    train = side("train", {"cat": 3, "dog": 2}, {"cat/1": Flaw("unreadable-image", "zero bytes")})
    report = render_report(train, side("validation", {"cat": 1, "dog": 2}), [WARNING])
    assert report == {
        "passed": True,
        "num_classes": 2,
        "num_training_samples": 4,
        "num_validation_samples": 3,
        "classes": [
            {"name": "cat", "index": 0, "train": 2, "validation": 1},
            {"name": "dog", "index": 1, "train": 2, "validation": 2},
        ],
        "findings": [
            {
                "code": "V103",
                "check": "hidden-file",
                "severity": "warning",
                "split": "train",
                "count": 1,
                "examples": ["train/.x: skipped"],
                "reason": "operating systems leave such files; they are no images",
                "hint": "delete them",
            }
        ],
    }


def test_report_of_different_classes_holds_all_of_them() -> None:
    report = render_report(side("train", {"dog": 2}), side("validation", {"cat": 1}), [ERROR])
    assert report["passed"] is False
    assert report["classes"] == [
        {"name": "cat", "index": 0, "train": 0, "validation": 1},
        {"name": "dog", "index": 1, "train": 2, "validation": 0},
    ]


def test_class_names_are_sorted() -> None:
    train = side("train", {"b": 1, "B": 1, "a": 1, "10": 1, "9": 1})
    assert class_names(train, train) == ["10", "9", "B", "a", "b"]


def test_problems_hold_every_culprit() -> None:
    lines = render_problems([ERROR, WARNING]).decode().splitlines()
    assert [json.loads(line)["subject"] for line in lines] == ["train/cat/é", "train/cat/2", "train/.x"]
    assert json.loads(lines[0]) == {
        "check": "unreadable-image",
        "severity": "error",
        "subject": "train/cat/é",
        "reason": "zero bytes",
    }


def test_passed_is_without_errors() -> None:
    assert is_passed([])
    assert is_passed([WARNING])
    assert not is_passed([WARNING, ERROR])
