import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.validate.images.facts import Flaw
from steps.validate.sources.folder import FolderSource
from steps.validate.sources.source import Entry


def listed(root: Path, report_links: bool = False) -> dict[str, str]:
    return {entry.path: entry.kind for entry in FolderSource("s3://b/train", root, report_links).entries()}


def read(root: Path, *entries: Entry) -> list[bytes | Flaw]:
    return list(FolderSource("s3://b/train", root).open().read(entries))


@pytest.fixture
def lay(tmp_path: Path) -> Callable[..., Path]:
    def make(**files: bytes) -> Path:
        for name, data in files.items():
            file = tmp_path / name.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return tmp_path

    return make


def test_files_and_folders(lay: Callable[..., Path]) -> None:
    root = lay(a=b"1", cat__b=b"22", cat__deep__c=b"333")
    assert listed(root) == {
        "a": "file",
        "cat": "folder",
        "cat/b": "file",
        "cat/deep": "folder",
        "cat/deep/c": "file",
    }


def test_sizes_are_told(lay: Callable[..., Path]) -> None:
    root = lay(a=b"", b=b"22")
    sizes = {entry.path: entry.size for entry in FolderSource("", root).entries()}
    assert sizes == {"a": 0, "b": 2}


def test_folder_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert listed(tmp_path / "gone") == {}


def test_hidden_folders_are_told_but_not_entered(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_bytes(b"x")
    assert listed(tmp_path) == {".git": "folder"}


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff")).write_bytes(b"x")
    (entry,) = FolderSource("", tmp_path).entries()
    assert entry.path == "a\udcff"
    assert read(tmp_path, entry) == [b"x"]


@pytest.mark.parametrize(
    ("report", "kinds"),
    [
        (False, {"file": "file", "folder": "other", "gone": "other", "round": "other"}),
        (True, dict.fromkeys(("file", "folder", "gone", "round"), "link")),
    ],
    ids=["as in a job", "told of"],
)
def test_links(tmp_path: Path, report: bool, kinds: dict[str, str]) -> None:
    root, target = tmp_path / "root", tmp_path / "target"
    root.mkdir()
    target.write_bytes(b"x")
    (root / "file").symlink_to(target)
    (root / "folder").symlink_to(tmp_path)
    (root / "gone").symlink_to(tmp_path / "nowhere")
    (root / "round").symlink_to(root / "round")
    assert listed(root, report) == kinds


def test_file_that_vanishes_during_the_listing(lay: Callable[..., Path]) -> None:
    root = lay(a=b"1", b=b"22", c=b"333")
    entries = FolderSource("", root).entries()
    first = next(entries)
    for name in "abc":
        (root / name).unlink()
    assert {first, *entries} == {first, *(Entry(name, "file", 0, "") for name in "abc" if name != first.path)}


def test_folder_that_vanishes_during_the_listing(lay: Callable[..., Path]) -> None:
    root = lay(cat__a=b"1")
    entries = FolderSource("", root).entries()
    assert next(entries).path == "cat"
    shutil.rmtree(root / "cat")
    assert list(entries) == []


def test_pipes_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert listed(tmp_path) == {"pipe": "other"}


def test_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ProgramError, match=f"{tmp_path} cannot be listed: Permission denied\n  hint: allow"):
        listed(tmp_path)


class TestReading:
    def test_content(self, lay: Callable[..., Path]) -> None:
        root = lay(a=b"", b=b"22")
        entries = sorted(FolderSource("", root).entries(), key=lambda entry: entry.path)
        assert read(root, *entries) == [b"", b"22"]

    @pytest.mark.parametrize("content", [b"1", b"4444", b"22"], ids=["shorter", "longer", "same size"])
    def test_file_that_changed(self, lay: Callable[..., Path], content: bytes) -> None:
        root = lay(a=b"00")
        (entry,) = FolderSource("", root).entries()
        (root / "a").write_bytes(content)
        os.utime(root / "a", ns=(1, 1))
        assert read(root, entry) == [Flaw("changed-while-scanning", "changed after it was listed")]

    def test_file_that_vanished(self, tmp_path: Path) -> None:
        found = read(tmp_path, Entry("gone", "file", 1, "1-1"))
        assert found == [Flaw("changed-while-scanning", "vanished after it was listed")]

    def test_file_that_became_a_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a")
        found = read(tmp_path, Entry("a", "file", 1, "1-1"))
        assert found == [Flaw("changed-while-scanning", "changed after it was listed")]

    @pytest.mark.parametrize(
        ("error", "flaw"),
        [
            (
                PermissionError(13, "Permission denied"),
                Flaw("no-permission", "cannot be read: Permission denied"),
            ),
            (
                OSError(5, "Input/output error"),
                Flaw("unreadable-image", "cannot be read: Input/output error"),
            ),
        ],
        ids=["not allowed", "broken disk"],
    )
    def test_file_that_cannot_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, flaw: Flaw
    ) -> None:
        def refuse(path: str, flags: int) -> int:
            raise error

        monkeypatch.setattr(os, "open", refuse)
        assert read(tmp_path, Entry("a", "file", 1, "1-1")) == [flaw]
