import json
from pathlib import Path

import pytest

from steps.validate.findings import Culprit, Problem
from steps.validate.report.problems import writing_problems


def test_each_problem_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "report" / "problems.jsonl"
    with writing_problems(file) as write:
        write(Problem("leak", "error", Culprit("train", "cat/é\n.jpg", "same", "validation/cat/1.jpg")))
        write(Problem("hidden-file", "warning", Culprit("train", "\udcff", "skipped")))
        assert not file.exists()
    lines = file.read_text("ascii").splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "code": "V143",
            "check": "leak",
            "severity": "error",
            "subject": "train/cat/é\\n.jpg",
            "reason": "same",
            "split": "train",
            "path": "cat/é\n.jpg",
            "other": "validation/cat/1.jpg",
        },
        {
            "code": "V103",
            "check": "hidden-file",
            "severity": "warning",
            "subject": "train/\\udcff",
            "reason": "skipped",
            "split": "train",
            "path": "\udcff",
            "other": None,
        },
    ]


def test_no_problems_are_an_empty_file(tmp_path: Path) -> None:
    with writing_problems(tmp_path / "a" / "problems.jsonl"):
        pass
    assert (tmp_path / "a" / "problems.jsonl").read_bytes() == b""


def test_half_a_list_is_none(tmp_path: Path) -> None:
    def fail() -> None:
        with writing_problems(tmp_path / "a" / "problems.jsonl") as write:
            write(Problem("leak", "error", Culprit("train", "cat/1.jpg", "same")))
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert not (tmp_path / "a" / "problems.jsonl").exists()
