from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.folder import read_splits
from pipeline.errors import UsageError

BOTH = ("train", "validation")


def lay_out(folder: Path, names: Iterable[str]) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return folder


def refused(folder: Path, names: Iterable[str] = ("train",)) -> str:
    with pytest.raises(UsageError) as caught:
        read_splits(folder, names)
    return str(caught.value)


class TestRead:
    def test_files_are_sorted_and_however_deep(self, tmp_path: Path) -> None:
        lay_out(tmp_path, ["train/dog/1.jpg", "train/cat/tabby/2.jpg", "train/cat/ü 1.jpg", "other/x"])
        split = read_splits(tmp_path, ["train"])["train"]
        assert split.files == ("cat/tabby/2.jpg", "cat/ü 1.jpg", "dog/1.jpg")
        assert split.classes == ("cat", "dog")
        assert split.notes() == []

    def test_hidden_and_system_files_are_skipped(self, tmp_path: Path) -> None:
        skipped = [".DS_Store", "cat/.1.jpg.swp", "cat/Thumbs.db", "dog/desktop.ini"]
        lay_out(tmp_path, [f"train/{name}" for name in ["cat/1.jpg", "dog/2.jpg", *skipped, ".git/HEAD"]])
        split = read_splits(tmp_path, ["train"])["train"]
        assert split.files == ("cat/1.jpg", "dog/2.jpg")
        assert split.skipped == (".DS_Store", ".git", "cat/.1.jpg.swp", "cat/Thumbs.db", "dog/desktop.ini")
        assert split.notes() == [
            (
                f"skipped hidden and system files under {tmp_path}/train:"
                " .DS_Store, .git, cat/.1.jpg.swp, … (5 in all)"
            )
        ]

    def test_what_is_neither_file_nor_folder_is_skipped(self, tmp_path: Path) -> None:
        os.mkfifo(lay_out(tmp_path, ["train/cat/1.jpg"]) / "train/cat/pipe")
        assert read_splits(tmp_path, ["train"])["train"].skipped == ("cat/pipe",)

    def test_notes(self, tmp_path: Path) -> None:
        lay_out(tmp_path, ["train/cat/1.jpg", "train/2.jpg", "train/_SUCCESS", "train/fox/.DS_Store"])
        (tmp_path / "train" / "dog" / "deep").mkdir(parents=True)
        assert read_splits(tmp_path, ["train"])["train"].notes() == [
            f"class folder {tmp_path}/train/dog holds no files",
            f"class folder {tmp_path}/train/fox holds no files",
            f"files outside any class folder under {tmp_path}/train: 2.jpg",
            f"skipped hidden and system files under {tmp_path}/train: fox/.DS_Store",
        ]

    def test_split_without_files(self, tmp_path: Path) -> None:
        lay_out(tmp_path, ["train/.DS_Store"])
        hint = f"  hint: lay images out as {tmp_path}/train/CLASS/x.jpg and {tmp_path}/validation/CLASS/y.jpg"
        assert refused(tmp_path, BOTH) == (
            f"error R204 no-images: {tmp_path}/train holds no files\n{hint}\n\n"
            f"error R204 no-images: {tmp_path}/validation holds no files\n{hint}"
        )


class TestNames:
    def test_all_at_once(self, tmp_path: Path) -> None:
        lay_out(
            tmp_path, ["train/cat/a\nb.jpg", "train/c\tt/1.jpg", "train/dog/1.jpg", "validation/\x85/1.jpg"]
        )
        lay_out(tmp_path, [os.fsdecode(b"validation/dog/\xff.jpg")])
        assert refused(tmp_path, BOTH) == (
            "error R207 bad-name: the list of images cannot hold names with control characters,"
            " S3 none that are not UTF-8\n"
            "  files: train/c\\tt/1.jpg\n"
            "         train/cat/a\\nb.jpg\n"
            "         validation/dog/\\udcff.jpg\n"
            "         validation/\\x85/1.jpg\n"
            "  hint:  rename them"
        )

    def test_many(self, tmp_path: Path) -> None:
        lay_out(tmp_path, [f"train/cat/{number:02}\n" for number in range(23)])
        lines = refused(tmp_path).splitlines()
        assert lines[-3:] == ["         train/cat/19\\n", "         … and 3 more", "  hint:  rename them"]

    @given(
        st.text(
            st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=40
        )
    )
    def test_a_name_is_taken_unless_it_holds_a_control_character(self, name: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            lay_out(Path(folder), ["train/cat/1.jpg", f"train/cat/x{name}"])
            if any(unicodedata.category(letter) == "Cc" for letter in name):
                assert "R207" in refused(Path(folder))
            else:
                split = read_splits(Path(folder), ["train"])["train"]
                assert set(split.files) == {"cat/1.jpg", f"cat/x{name}"}


class TestLinks:
    def test_inside_the_folder_are_followed(self, tmp_path: Path) -> None:
        folder = lay_out(tmp_path, ["train/cat/1.jpg", "all/2.jpg"])
        (folder / "train/cat/same.jpg").symlink_to("1.jpg")
        (folder / "train/dog").symlink_to("../all")
        assert read_splits(folder, ["train"])["train"].files == ("cat/1.jpg", "cat/same.jpg", "dog/2.jpg")

    def test_the_folder_itself_may_be_one(self, tmp_path: Path) -> None:
        lay_out(tmp_path, ["real/train/cat/1.jpg"])
        (tmp_path / "link").symlink_to("real")
        assert read_splits(tmp_path / "link", ["train"])["train"].files == ("cat/1.jpg",)

    def test_that_lead_elsewhere_are_refused(self, tmp_path: Path) -> None:
        folder = lay_out(tmp_path / "data", ["train/cat/1.jpg"])
        secret = lay_out(tmp_path, ["secret/key"]) / "secret"
        (folder / "train/cat/2.jpg").symlink_to(secret / "key")
        (folder / "train/cat/3.jpg").symlink_to("absent")
        (folder / "train/cat/self").symlink_to("self")
        (folder / "train/dog").symlink_to(secret)
        (folder / "train/round").symlink_to("..")
        (folder / "validation").symlink_to(secret)
        assert refused(folder, BOTH) == (
            "error R208 bad-link: symbolic links lead out of the folder, in a circle or to nothing\n"
            "  files: train/cat/2.jpg\n"
            "         train/cat/3.jpg\n"
            "         train/cat/self\n"
            "         train/dog\n"
            "         train/round\n"
            "         validation\n"
            "  hint:  replace each by what it should stand for; `cp -rL DIR COPY` makes a copy without links"
        )

    def test_two_that_lead_to_each_other_end(self, tmp_path: Path) -> None:
        folder = lay_out(tmp_path, ["train/cat/1.jpg", "train/dog/1.jpg"])
        (folder / "train/cat/dog").symlink_to("../dog")
        (folder / "train/dog/cat").symlink_to("../cat")
        assert "train/cat/dog/cat\n" in refused(folder)
