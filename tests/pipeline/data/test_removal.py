from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.data.removal import going, plan, write_list
from steps.validate.library import FolderSource, Ledger
from tests.pipeline.data.pictures import lay_out

FILES = ("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/\udcff.jpg", "loose.jpg")


def problem(check: str, path: str, other: str | None = None, severity: str = "error") -> dict[str, Any]:
    return {
        "check": check,
        "severity": severity,
        "subject": f"train/{path}",
        "reason": "because\tof this",
        "split": "train",
        "path": path,
        "other": other,
    }


def written(folder: Path, *problems: dict[str, Any]) -> Path:
    file = folder / "problems.jsonl"
    file.write_text("".join(f"{json.dumps(one)}\n" for one in problems))
    return file


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    root = lay_out(tmp_path / "train", dict.fromkeys(FILES, b"x"))
    ledger = Ledger(tmp_path / "ledger", {"train": "t", "validation": "v"})
    ledger.list_entries("train", FolderSource("t", root).entries())
    return ledger


@pytest.mark.parametrize(
    ("problems", "paths"),
    [
        pytest.param([problem("unreadable-image", "a/1.jpg")], ["a/1.jpg"], id="unreadable"),
        pytest.param([problem("unreadable-image", "a/1.jpg", severity="warning")], ["a/1.jpg"], id="skipped"),
        pytest.param([problem("unreadable-image", "b/\udcff.jpg")], ["b/\udcff.jpg"], id="no UTF-8"),
        pytest.param(
            [problem("duplicate-image", "a/2.jpg", "train/a/1.jpg", "warning")], ["a/2.jpg"], id="copy"
        ),
        pytest.param(
            [problem("label-conflict", "b/1.jpg", "train/a/1.jpg")], ["a/1.jpg", "b/1.jpg"], id="two labels"
        ),
        pytest.param([problem("leak", "a/1.jpg", "validation/a/1.jpg")], ["a/1.jpg"], id="leak"),
        pytest.param(
            [problem("unsafe-name", "a/1.jpg"), problem("unreadable-image", "a/1.jpg")],
            ["a/1.jpg"],
            id="twice",
        ),
        pytest.param([problem("stray-file", "loose.jpg")], ["loose.jpg"], id="stray image"),
        pytest.param([problem("stray-file", "loose.jpg", severity="warning")], [], id="stray file"),
        pytest.param([problem("blurred-image", "a/1.jpg", severity="warning")], [], id="to be looked at"),
        pytest.param([problem("no-permission", "a/1.jpg")], [], id="out of reach"),
        pytest.param([problem("unreadable-image", "a/gone.jpg")], [], id="not listed"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_which_files_go(
    ledger: Ledger, tmp_path: Path, problems: list[dict[str, Any]], paths: list[str]
) -> None:
    file = written(tmp_path, *problems)
    with ledger:
        # A plan replaces the one before.
        plan(written(tmp_path, problem("leak", "a/2.jpg")), ledger)
        assert plan(written(tmp_path, *problems), ledger) == len(paths)
        assert [one.path for one in going(ledger)] == paths
        assert all((one.split, one.size) == ("train", 1) for one in going(ledger))
    assert file.exists()


def test_the_list_tells_what_to_do_about_each_problem(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        problem("leak", "a/1.jpg", "validation/a/1.jpg"),
        problem("blurred-image", "a/2.jpg", severity="warning"),
        problem("stray-file", "README", severity="warning"),
    )
    assert write_list(file, tmp_path / "report" / "fix.tsv") == 3
    assert (tmp_path / "report" / "fix.tsv").read_text() == (
        "path\tcheck\twhat to do\twhy\n"
        "train/a/1.jpg\tleak\tremove from train\tbecause of this\n"
        "train/a/2.jpg\tblurred-image\tlook at these files; replace those that nobody could name\t"
        "because of this\n"
        "train/README\tstray-file\tmove images into the folder of their class and delete the rest\t"
        "because of this\n"
    )
