from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pipeline.data import sample
from pipeline.data.sample import SIDE, SampleSummary, write_digits
from pipeline.errors import ImgpipeError


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "digits"
    write_digits(folder)
    return folder


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, bytes]:
    """Instead of all digits, three small images."""
    files = {}
    for level, path in enumerate(["train/0/1.png", "validation/0/2.png", "held-out/0_3.png"]):
        buffer = BytesIO()
        Image.new("L", (4, 4), level).save(buffer, "PNG")
        files[path] = buffer.getvalue()
    monkeypatch.setattr(sample, "_render_digits", lambda: dict(files))
    return files


def paths(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


class TestDigits:
    def test_every_image_has_one_place(self, digits: Path) -> None:
        files = paths(digits)
        tops = Counter(path.partition("/")[0] for path in files)
        assert tops == {"train": 1425, "validation": 352, "held-out": 20}
        numbers = [Path(path).stem[-4:] for path in files]
        assert len(set(numbers)) == len(numbers) == 1797

    def test_classes_have_their_share(self, digits: Path) -> None:
        files = paths(digits)
        for digit in "0123456789":
            train = sum(path.startswith(f"train/{digit}/") for path in files)
            validation = sum(path.startswith(f"validation/{digit}/") for path in files)
            assert 3.9 < train / validation < 4.2
            assert sum(path.startswith(f"held-out/{digit}_") for path in files) == 2

    def test_folders_say_what_the_images_show(self, digits: Path) -> None:
        from sklearn.datasets import load_digits

        shown = load_digits().target
        for path in paths(digits):
            label = Path(path).name[0] if path.startswith("held-out") else Path(path).parent.name
            assert shown[int(Path(path).stem[-4:])] == int(label)

    def test_images_are_grey_and_scaled_up(self, digits: Path) -> None:
        with Image.open(digits / "train" / "0" / "0000.png") as image:
            assert (image.format, image.mode, image.size) == ("PNG", "L", (SIDE, SIDE))
            darkest, lightest = image.getextrema()
            assert darkest == 0
            assert lightest == pytest.approx(255, abs=16)

    def test_again_is_left_as_it_is(self, digits: Path) -> None:
        before = {path: (digits / path).stat().st_mtime_ns for path in paths(digits)}
        summary = write_digits(digits)
        assert summary == SampleSummary(digits, 1425, 352, 20, 10, written=False)
        assert {path: (digits / path).stat().st_mtime_ns for path in paths(digits)} == before


class TestSummary:
    def test_written(self) -> None:
        summary = SampleSummary(Path("a/b"), 1425, 352, 20, 10, written=True)
        assert str(summary) == "wrote 1,425 images to train, 352 to validate and 20 held out to a/b"
        assert summary.to_json() == {
            "folder": "a/b",
            "train": 1425,
            "validation": 352,
            "held_out": 20,
            "classes": 10,
            "written": True,
        }

    def test_there_already(self) -> None:
        summary = SampleSummary(Path("a/b"), 1425, 352, 20, 10, written=False)
        expected = "nothing to do: a/b has all 1,425 images to train, 352 to validate and 20 held out"
        assert str(summary) == expected


class TestFolder:
    def test_parents_are_made(self, tmp_path: Path, few: Mapping[str, bytes]) -> None:
        assert write_digits(tmp_path / "a" / "b").written
        assert paths(tmp_path / "a" / "b") == sorted(few)

    def test_empty_folder_is_filled(self, tmp_path: Path, few: Mapping[str, bytes]) -> None:
        (tmp_path / "b").mkdir()
        assert write_digits(tmp_path / "b").written
        assert paths(tmp_path) == sorted(f"b/{path}" for path in few)

    def test_hidden_files_do_not_matter(self, tmp_path: Path, few: Mapping[str, bytes]) -> None:
        write_digits(tmp_path / "b")
        (tmp_path / "b" / "train" / ".DS_Store").write_bytes(b"x")
        assert not write_digits(tmp_path / "b").written

    def test_same_pixels_in_other_bytes_are_the_same(self, tmp_path: Path, few: Mapping[str, bytes]) -> None:
        write_digits(tmp_path / "b")
        file = tmp_path / "b" / "train" / "0" / "1.png"
        with Image.open(file) as image:
            image.save(file, compress_level=0)
        assert file.read_bytes() != few["train/0/1.png"]
        assert not write_digits(tmp_path / "b").written

    def test_changes_are_refused_and_kept(self, tmp_path: Path, few: Mapping[str, bytes]) -> None:
        folder = tmp_path / "b"
        write_digits(folder)
        (folder / "train" / "0" / "1.png").write_bytes(b"mine")
        (folder / "validation" / "0" / "2.png").unlink()
        (folder / "notes.txt").write_text("mine")
        (folder / "held-out" / "0_3.png").write_bytes(few["train/0/1.png"])
        with pytest.raises(ImgpipeError) as caught:
            write_digits(folder)
        assert str(caught.value) == (
            f"error V201 sample-changed: {folder} holds other files than the sample,"
            " and they are yours: nothing was written\n"
            "  differs: validation/0/2.png missing; notes.txt added; held-out/0_3.png changed; … and 1 more\n"
            "  hint:    to start afresh, move the folder away or name another one: imgpipe data sample FOLDER"
        )
        assert (folder / "train" / "0" / "1.png").read_bytes() == b"mine"
        assert not (folder / "validation" / "0" / "2.png").exists()

    def test_file_in_the_place_of_the_folder(self, tmp_path: Path, few: Mapping[str, bytes]) -> None:
        (tmp_path / "b").write_text("mine")
        with pytest.raises(
            ImgpipeError, match=r"V202 sample-not-written: .*/b: Not a directory\n  hint: name another"
        ):
            write_digits(tmp_path / "b")
        assert paths(tmp_path) == ["b"]

    def test_interrupt_leaves_nothing_behind(
        self, tmp_path: Path, few: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(path: Path, mode: int) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "chmod", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_digits(tmp_path / "b")
        assert list(tmp_path.iterdir()) == []
