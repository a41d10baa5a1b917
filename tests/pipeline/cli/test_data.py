from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.cli import data
from pipeline.cli.target import Target
from pipeline.errors import UsageError
from pipeline.session import Session


def lay_out(folder: Path, *names: str) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    return folder


@pytest.fixture
def bucket(session: Session, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A bucket of the test's own, and a config that names it."""
    name: str = request.node.name.translate(str.maketrans("_[", "--", "]"))[:63].rstrip("-")
    session.client("s3").create_bucket(Bucket=name)
    uris = SimpleNamespace(prefixes={one: f"s3://{name}/{one}" for one in ("train", "validation")})
    loaded = SimpleNamespace(config=SimpleNamespace(data=uris))
    monkeypatch.setattr(Target, "session", lambda _: session)
    monkeypatch.setattr(Target, "load", lambda *_: loaded)
    return name


def test_push_tells_what_it_did(bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = lay_out(
        tmp_path, "train/cat/1.jpg", "train/cat/.DS_Store", "train/x.jpg", "validation/cat/2.jpg"
    )
    (folder / "train/dog").mkdir()
    data.push(folder)
    out, err = capsys.readouterr()
    assert out == "3 files uploaded, 0 were there already\n"
    assert err.splitlines()[:3] == [
        f"class folder {folder}/train/dog holds no files",
        f"files outside any class folder under {folder}/train: x.jpg",
        f"skipped hidden and system files under {folder}/train: cat/.DS_Store",
    ]


def test_push_for_programs(bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = lay_out(tmp_path, "train/cat/1.jpg", "train/.DS_Store", "validation/cat/2.jpg")
    data.push(folder, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "uploaded": 2,
        "already_present": 0,
        "not_in_folder": 0,
        "deleted": 0,
        "skipped": 1,
    }


@pytest.mark.parametrize(
    ("delete", "told"),
    [
        pytest.param(
            False,
            "warning: the folder lacks 1 that lie under the prefixes and are used too: "
            "s3://{bucket}/train/cat/1.jpg\n"
            "  hint: `--delete` deletes them; other images want prefixes of their own (data: in the YAML)\n",
            id="kept",
        ),
        pytest.param(
            True,
            "deleted what the folder lacks, 1 in all: s3://{bucket}/train/cat/1.jpg\n",
            id="deleted",
        ),
    ],
)
def test_what_the_folder_lacks_is_told(
    delete: bool, told: str, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lay_out(tmp_path, "train/cat/1.jpg", "train/cat/4.jpg", "validation/cat/2.jpg")
    data.push(folder)
    (folder / "train/cat/1.jpg").unlink()
    capsys.readouterr()
    data.push(folder, delete=delete)
    assert capsys.readouterr().err.endswith(told.format(bucket=bucket))


def test_push_looks_at_the_folder_before_it_connects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "session", lambda _: pytest.fail("connected"))
    with pytest.raises(UsageError, match="R204"):
        data.push(tmp_path)
