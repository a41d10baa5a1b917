import os
from pathlib import Path

import pytest

from steps.validate.scan import ClassFolder, Split, scan_split


def scan(root: Path, *paths: str) -> Split:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            file.mkdir(exist_ok=True)
        else:
            file.touch()
    return scan_split("train", "s3://b/train", root)


def test_folders_are_classes(tmp_path: Path) -> None:
    split = scan(tmp_path, "dog/2.jpg", "cat/10.jpg", "cat/1.jpg")
    assert split.classes == (
        ClassFolder("cat", ("cat/1.jpg", "cat/10.jpg")),
        ClassFolder("dog", ("dog/2.jpg",)),
    )
    assert split.files == ("cat/1.jpg", "cat/10.jpg", "dog/2.jpg")
    assert (split.strays, split.hidden) == ((), ())


def test_first_folder_names_the_class(tmp_path: Path) -> None:
    assert scan(tmp_path, "cat/tabby/old/1.jpg").classes == (ClassFolder("cat", ("cat/tabby/old/1.jpg",)),)


def test_files_are_sorted_by_whole_path(tmp_path: Path) -> None:
    assert scan(tmp_path, "cat/1.jpg", "cat-wild/1.jpg").files == ("cat-wild/1.jpg", "cat/1.jpg")


def test_empty_folder_is_a_class(tmp_path: Path) -> None:
    assert scan(tmp_path, "cat/").classes == (ClassFolder("cat", ()),)


def test_files_beside_the_folders_are_strays(tmp_path: Path) -> None:
    assert scan(tmp_path, "cat/1.jpg", "b.jpg", "README.md").strays == ("README.md", "b.jpg")


def test_upload_markers_are_left_out(tmp_path: Path) -> None:
    split = scan(tmp_path, "cat/1.jpg", "_READY", "_SUCCESS")
    assert (split.strays, split.hidden) == ((), ())


def test_underscore_in_a_class_is_a_name_like_any_other(tmp_path: Path) -> None:
    assert scan(tmp_path, "_cat/_1.jpg").files == ("_cat/_1.jpg",)


@pytest.mark.parametrize(
    "path", [".DS_Store", "cat/.DS_Store", "cat/Thumbs.db", "cat/desktop.ini", "cat/._1.jpg", "Thumbs.db"]
)
def test_files_of_operating_systems_are_hidden(tmp_path: Path, path: str) -> None:
    split = scan(tmp_path, "cat/1.jpg", path)
    assert split.hidden == (path,)
    assert split.files == ("cat/1.jpg",)
    assert split.strays == ()


@pytest.mark.parametrize("folder", [".ipynb_checkpoints", "__MACOSX"])
def test_hidden_folder_is_no_class_and_not_entered(tmp_path: Path, folder: str) -> None:
    split = scan(tmp_path, "cat/1.jpg", f"{folder}/1.jpg")
    assert split.hidden == (folder,)
    assert [one.name for one in split.classes] == ["cat"]


def test_missing_root_is_empty(tmp_path: Path) -> None:
    assert scan(tmp_path / "gone").classes == ()


def test_link_to_a_file_is_a_file(tmp_path: Path) -> None:
    scan(tmp_path, "cat/1.jpg")
    (tmp_path / "cat" / "2.jpg").symlink_to(tmp_path / "cat" / "1.jpg")
    assert scan(tmp_path).files == ("cat/1.jpg", "cat/2.jpg")


def test_link_to_a_folder_is_told_and_not_followed(tmp_path: Path) -> None:
    scan(tmp_path, "cat/1.jpg")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert scan(tmp_path).strays == ("loop",)


def test_what_is_no_file_inside_a_class_is_a_stray(tmp_path: Path) -> None:
    scan(tmp_path, "cat/1.jpg")
    os.mkfifo(tmp_path / "cat" / "pipe")
    assert scan(tmp_path).strays == ("cat/pipe",)
