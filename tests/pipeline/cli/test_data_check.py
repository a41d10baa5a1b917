from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer

from pipeline.cli import console, data_check
from pipeline.cli.data_place import Asked
from pipeline.errors import RunError, UsageError
from pipeline.session import Session
from tests.pipeline.data.pictures import CONFIG, good_set, keys, lay_out, photo, upload

# Of the good set, validation/cat/0.jpg has the bytes of photo(6), train/cat/0.jpg those of photo(0).
BAD: Mapping[str, bytes] = {
    **good_set(),
    "train/cat/cut.jpg": photo(40)[:700],
    "train/cat/leak.jpg": photo(6),
    "train/dog/conflict.jpg": photo(0),
    "train/README.md": b"hello",
}

TABLE = """\
CODE  CHECK             SEVERITY  SPLIT  COUNT  EXAMPLES
V111  unreadable-image  error     train  1      train/cat/cut.jpg: {reason}
V142  label-conflict    error     train  1      train/dog/conflict.jpg: same as train/cat/0.jpg
V143  leak              error     train  1      train/cat/leak.jpg: same as validation/cat/0.jpg
V102  stray-file        warning   train  1      train/README.md: skipped

how to fix:
  V111  replace or delete these files, or set validate.on_corrupt: skip to leave them out
  V142  keep each of these images in the class that it belongs to
  V143  delete one of the two, or set validate.on_leak: skip to leave the training copy out
  V102  move images into the folder of their class and delete the rest

the images cannot be used, 3 checks failed: 2 classes, 8 images to train, 6 to validate
"""


USUAL = (
    "no config/pipeline.yaml: the usual rules are image_shape 3,224,224, resize 256, mini_batch_size 32, "
    "min_images_per_class 20"
)


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


def failing(place: Path | str | None, config: Path, **options: object) -> None:
    with pytest.raises(typer.Exit) as caught:
        data_check.check(None if place is None else str(place), config=config, **options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 1


def test_images_that_can_be_used(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = lay_out(tmp_path / "set", good_set())
    (folder / "held-out").mkdir()
    data_check.check(str(folder), config=config, out=tmp_path / "out")
    out, err = capsys.readouterr()
    assert out == "the images can be used: 2 classes, 6 images to train, 6 to validate\n"
    lines = err.splitlines()
    assert lines[0] == "not looked at, beside train/ and validation/: held-out"
    assert lines[1].startswith("images 12/12, ")
    assert lines[-1] == f"report: {tmp_path}/out/report/report.html"
    assert (tmp_path / "out/report/report.html").exists()


def test_what_is_wrong_and_how_to_mend_it(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(lay_out(tmp_path / "set", BAD), config)
    reason = next(line for line in capsys.readouterr().out.splitlines() if "cut.jpg" in line).split(": ", 1)[
        1
    ]
    assert reason
    failing(tmp_path / "set", config)
    out, err = capsys.readouterr()
    assert out == TABLE.format(reason=reason)
    # The second check had nothing to look at any more.
    assert "images" not in err


def test_the_report_for_programs(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failing(lay_out(tmp_path / "set", BAD), config, as_json=True)
    report = json.loads(capsys.readouterr().out)
    assert [found["code"] for found in report["findings"]] == ["V102", "V111", "V142", "V143"]
    assert report["passed"] is False


def test_usual_rules_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        data_check.check(str(lay_out(tmp_path / "set", {"cat/1.jpg": photo(1), "dog/1.jpg": photo(2)})))
    assert capsys.readouterr().err.splitlines()[:2] == [
        USUAL,
        f"{tmp_path}/set has no validation images of its own: 20% of each class is kept for that",
    ]


def test_no_images_are_named() -> None:
    with pytest.raises(UsageError) as caught:
        data_check.check()
    assert str(caught.value) == (
        "error R219 no-place: no images are named, and there is no config/pipeline.yaml that does\n"
        "  hint: name a folder or a prefix, such as `imgpipe data check DIR`"
    )


def test_a_quarantine_alone() -> None:
    with pytest.raises(UsageError) as caught:
        data_check.check("x", quarantine="y")
    assert str(caught.value) == "error R217 no-fix: --quarantine needs --fix\n  hint: add --fix"


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_fix_lists_what_to_do_and_leaves_all_where_it_is(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lay_out(tmp_path / "set", BAD)
    failing(folder, config, fix=True, out=tmp_path / "out")
    assert (
        f"what to do about 4 problems: {tmp_path}/out/report/fix.tsv" in capsys.readouterr().err.splitlines()
    )
    lines = (tmp_path / "out/report/fix.tsv").read_text().splitlines()
    assert sorted(line.split("\t")[:3] for line in lines[1:]) == [
        ["train/README.md", "stray-file", "move images into the folder of their class and delete the rest"],
        ["train/cat/cut.jpg", "unreadable-image", "remove or replace"],
        ["train/cat/leak.jpg", "leak", "remove from train"],
        ["train/dog/conflict.jpg", "label-conflict", "remove both, or keep the one whose class is right"],
    ]
    assert files(folder) == BAD.keys()


def test_files_are_moved_only_when_that_is_wanted(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, quarantine = lay_out(tmp_path / "set", BAD), tmp_path / "q"
    failing(folder, config, fix=True, quarantine=str(quarantine))
    err = capsys.readouterr().err.splitlines()
    at = err.index(f"4 files would move to {quarantine}:")
    assert err[at + 1 : at + 6] == [
        "  train/cat/0.jpg",
        "  train/cat/cut.jpg",
        "  train/cat/leak.jpg",
        "  train/dog/conflict.jpg",
        "nothing was moved; --yes moves without asking",
    ]
    assert files(folder) == BAD.keys()
    monkeypatch.setattr(console, "confirm", lambda question: question == "Move them?")
    data_check.check(str(folder), config=config, fix=True, quarantine=str(quarantine))
    out, told = capsys.readouterr()
    assert out.splitlines()[-1] == "the images can be used: 2 classes, 5 images to train, 6 to validate"
    assert f"moved 4; to put them back: cp -Rn {quarantine}/. {folder}/" in told.splitlines()
    gone = {"train/cat/0.jpg", "train/cat/cut.jpg", "train/cat/leak.jpg", "train/dog/conflict.jpg"}
    assert files(quarantine) == gone
    assert files(folder) == BAD.keys() - gone
    # Nothing is left to do.
    data_check.check(str(folder), config=config, fix=True, quarantine=str(quarantine), yes=True)
    assert "no file has to go" in capsys.readouterr().err.splitlines()


def test_what_cannot_be_moved_is_told(tmp_path: Path, config: Path) -> None:
    folder = lay_out(tmp_path / "set", BAD)
    lay_out(tmp_path / "q", {"train/cat/cut.jpg": b"another"})
    with pytest.raises(RunError) as caught:
        data_check.check(str(folder), config=config, fix=True, quarantine=str(tmp_path / "q"), yes=True)
    assert str(caught.value) == (
        "error R218 not-moved: 1 of 4 files stayed where they were\n"
        f"  files: {folder}/train/cat/cut.jpg: something else lies at {tmp_path}/q/train/cat/cut.jpg\n"
        "  hint:  clear away what lies in the quarantine, or name another one; then run it again to go on "
        "with the rest"
    )
    assert (folder / "train/cat/cut.jpg").exists()


def test_nothing_is_to_be_put_back_where_nothing_was_moved(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lay_out(tmp_path / "set", {**good_set(), "train/cat/cut.jpg": b"junk"})
    lay_out(tmp_path / "q", {"train/cat/cut.jpg": b"another"})
    with pytest.raises(RunError, match="R218 not-moved: 1 of 1 files"):
        data_check.check(str(folder), config=config, fix=True, quarantine=str(tmp_path / "q"), yes=True)
    assert "to put them back" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fresh", "same"), [(False, "the same command"), (True, "the same command without --fresh")]
)
def test_an_interrupted_check_says_how_it_goes_on(
    tmp_path: Path,
    config: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fresh: bool,
    same: str,
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.data.check.survey", interrupt)
    with pytest.raises(KeyboardInterrupt):
        data_check.check(str(lay_out(tmp_path / "set", good_set())), config=config, fresh=fresh)
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"interrupted; what was checked is kept, and {same} goes on from there"
    )


def test_the_prefixes_of_a_config(
    session: Session, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Asked, "session", lambda _: session)
    upload(session, "my-pets", BAD)
    failing(None, config, fix=True, quarantine="s3://my-pets/q")
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:5]] == ["V111", "V142", "V143", "V102"]
    data_check.check(None, config=config, fix=True, quarantine="s3://my-pets/q", yes=True)
    gone = {"train/cat/0.jpg", "train/cat/cut.jpg", "train/cat/leak.jpg", "train/dog/conflict.jpg"}
    assert set(keys(session, "my-pets")) == {f"q/{name}" for name in gone} | BAD.keys() - gone
