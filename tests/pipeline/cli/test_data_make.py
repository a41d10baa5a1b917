from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from pipeline.cli import data_make
from pipeline.errors import RunError, UsageError
from steps.recordio import read_records
from tests.pipeline.data.pictures import CONFIG, good_set, lay_out, photo


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a config/pipeline.yaml, and a home of its own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("IMGPIPE_HOME", str(tmp_path / "home"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "pets.yaml"
    file.write_text(CONFIG)
    return file


def test_pack(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = lay_out(tmp_path / "set", good_set()), tmp_path / "out"
    data_make.pack(str(folder), out, config=config)
    assert capsys.readouterr().out == f"{out}: 6 to train, 6 to validate\n"
    assert json.loads((out / "classes.json").read_text()) == ["cat", "dog"]
    assert sorted(str(file.relative_to(out)) for file in out.rglob("*.*")) == [
        "classes.json",
        "train/train.idx",
        "train/train.lst",
        "train/train.rec",
        "validation/validation.idx",
        "validation/validation.lst",
        "validation/validation.rec",
    ]
    with pytest.raises(UsageError, match=f"R221 out-in-use: nothing can be made in {out}: it is not empty"):
        data_make.pack(str(folder), out, config=config)
    out = tmp_path / "small"
    data_make.pack(str(folder), out, resize=48, quality=50, config=config, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"train": 6, "validation": 6, "out": str(out)}
    originals = set(good_set().values())
    assert all(record.content not in originals for record in read_records(out / "train" / "train.rec"))


@pytest.mark.parametrize("place", ["set", "set/packed", "set/train/cat/packed", "."])
def test_nothing_is_packed_among_the_images(tmp_path: Path, config: Path, place: str) -> None:
    folder = lay_out(tmp_path / "set", good_set())
    before = sorted(folder.rglob("*"))
    with pytest.raises(UsageError, match=r"R221 out-in-use: .* lie one within the other"):
        data_make.pack(str(folder), tmp_path / place, config=config)
    assert sorted(folder.rglob("*")) == before


def test_packing_that_fails_midway_leaves_nothing(
    tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        data_make.pack(str(lay_out(tmp_path / "set", good_set())), tmp_path / "out", config=config)
    assert {item.name for item in tmp_path.iterdir()} == {"here", "home", "pets.yaml", "set"}


def test_pack_keeps_a_share_to_validate(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {f"{name}/{number}.jpg": photo(ord(name) + 100 * number) for name in "ab" for number in range(5)}
    data_make.pack(str(lay_out(tmp_path / "set", files)), tmp_path / "out", config=config)
    assert capsys.readouterr().out == f"{tmp_path}/out: 8 to train, 2 to validate\n"


def test_nothing_is_packed_with_errors(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lay_out(tmp_path / "set", {**good_set(), "train/cat/cut.jpg": b"junk"})
    with pytest.raises(typer.Exit) as caught:
        data_make.pack(str(folder), tmp_path / "out", config=config)
    assert caught.value.exit_code == 1
    assert "V111  unreadable-image  error     train  1      train/cat/cut.jpg: not an image" in (
        capsys.readouterr().out.splitlines()
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "made"), [({}, "jpg"), ({"copy": True}, "jpg"), ({"lists": True}, "lst")]
)
def test_split(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict[str, bool], made: str
) -> None:
    files = {f"{name}/{number}.jpg": photo(ord(name) + 100 * number) for name in "ab" for number in range(5)}
    folder = lay_out(tmp_path / "set", {**files, "a/cut.jpg": b"junk"})
    data_make.split(folder, tmp_path / "out", 0.4, **options)
    out, err = capsys.readouterr()
    assert out == f"{tmp_path}/out: 6 to train, 4 to validate\n"
    assert f"left out: 1 that cannot be used; `imgpipe data check {folder}` tells why" in err.splitlines()
    found = sorted(file.suffix for file in (tmp_path / "out").rglob("*.*"))
    assert found == [f".{made}"] * (2 if made == "lst" else 10)


def test_nothing_to_split(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "set", {"1.jpg": photo(1)})
    with pytest.raises(RunError, match="R223 nothing-to-divide"):
        data_make.split(folder, tmp_path / "out", 0.2)
    assert not (tmp_path / "out").exists()


def test_a_division_beside_train_would_be_taken_for_a_class(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "set", {"train/a/1.jpg": photo(1)})
    with pytest.raises(UsageError, match="R221 out-in-use"):
        data_make.split(folder, folder / "out", 0.2)
