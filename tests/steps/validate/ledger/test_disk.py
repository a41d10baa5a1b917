import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.validate.ledger.disk import telling_of_disk

_Usage = namedtuple("_Usage", "total used free")


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of the ledger and of temporary files, on disks with 5 and 1 234 MB left."""
    for name in ("home", "temporary"):
        (tmp_path / name).mkdir()
    free = {tmp_path / "home": 5_999_999, tmp_path / "temporary": 1_234_000_000}
    monkeypatch.setattr("shutil.disk_usage", lambda folder: _Usage(0, 0, free[folder]))
    monkeypatch.delenv("SQLITE_TMPDIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    return tmp_path


def fail(path: Path, error: Exception) -> str:
    with pytest.raises(ProgramError) as caught, telling_of_disk(path):
        raise error
    return str(caught.value)


@pytest.mark.parametrize("said", ["database or disk is full", "disk I/O error"])
def test_both_disks_are_told(folders: Path, said: str) -> None:
    ledger = folders / "home" / "images.ledger"
    assert fail(ledger, sqlite3.OperationalError(said)) == (
        f"{ledger} cannot keep what is known of the images: {said}; {folders}/home has 5 MB left and "
        f"{folders}/temporary has 1 234 MB left\n"
        "  hint: free space there, or have TMPDIR and imgpipe's home on a larger disk (in a job, a larger "
        "validate.volume_gb), and run it again"
    )


def test_one_folder_is_told_once(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(folders / "home"))
    text = fail(folders / "home" / "images.ledger", sqlite3.OperationalError("disk I/O error"))
    assert text.partition("\n")[0].endswith(f"disk I/O error; {folders}/home has 5 MB left")


def test_disk_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("shutil.disk_usage", gone)
    text = fail(tmp_path / "images.ledger", sqlite3.OperationalError("disk I/O error"))
    assert f"{tmp_path} has an unknown number of MB left" in text


@pytest.mark.parametrize(
    "error", [sqlite3.OperationalError("no such column: x"), sqlite3.IntegrityError("x"), ValueError("x")]
)
def test_other_errors_pass_through(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as caught, telling_of_disk(tmp_path / "images.ledger"):
        raise error
    assert caught.value is error
