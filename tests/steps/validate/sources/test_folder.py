import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steps.container import ProgramError
from steps.validate.images.facts import Flaw
from steps.validate.ledger.ledger import Ledger
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


@pytest.fixture
def closed(lay: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which dog and cat/deep may not be listed; root, who may run this, may list all."""
    root = lay(cat__a=b"1", cat__deep__b=b"2", dog__c=b"3", fox__d=b"4")
    scan = os.scandir

    def refuse(folder: str) -> Any:
        if folder.endswith(("dog", "deep")):
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    return root


def test_folders_within_that_may_not_be_listed(closed: Path) -> None:
    assert listed(closed) == {
        "cat": "folder",
        "cat/a": "file",
        "cat/deep": "closed",
        "dog": "closed",
        "fox": "folder",
        "fox/d": "file",
    }


def test_folder_that_is_opened_again(closed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Ledger(tmp_path.parent / f"{tmp_path.name}.ledger", {"train": ""}) as ledger:
        ledger.list_entries("train", FolderSource("", closed).entries())
        before = [place for (place,) in ledger.query("SELECT place FROM files WHERE path = ?", b"dog")]
        monkeypatch.undo()
        ledger.list_entries("train", FolderSource("", closed).entries())
        after = [place for (place,) in ledger.query("SELECT place FROM files WHERE path = ?", b"dog")]
    assert (before, after) == (["closed"], ["folder"])


@pytest.mark.parametrize("to", ["folder", "file"])
def test_links_tell_what_they_lead_to(tmp_path: Path, to: str) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "root" / "cat").symlink_to(tmp_path / to)
    (entry,) = FolderSource("", tmp_path / "root", report_links=True).entries()
    assert entry.version == ("folder" if to == "folder" else "")


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

    def test_file_that_changed_but_for_its_size_and_time(self, lay: Callable[..., Path]) -> None:
        root = lay(a=b"00")
        (entry,) = FolderSource("", root).entries()
        told = (root / "a").stat()
        # The clock of a file system may tick only every few milliseconds.
        while (root / "a").stat().st_ctime_ns == told.st_ctime_ns:
            (root / "a").write_bytes(b"11")
            os.utime(root / "a", ns=(told.st_atime_ns, told.st_mtime_ns))
        assert read(root, entry) == [Flaw("changed-while-scanning", "changed after it was listed")]

    def test_another_file_of_several_names_with_the_same_size_and_time(
        self, lay: Callable[..., Path]
    ) -> None:
        root = lay(a=b"00")
        for name, content in (("a", b"00"), ("other", b"11")):
            (root / name).write_bytes(content)
            os.utime(root / name, ns=(1, 1))
            (root / f"{name}-2").hardlink_to(root / name)
        entries = {entry.path: entry for entry in FolderSource("", root).entries()}
        (root / "other").replace(root / "a")
        assert read(root, entries["a"]) == [Flaw("changed-while-scanning", "changed after it was listed")]

    def test_names_that_a_file_gets_or_loses_are_no_change(self, lay: Callable[..., Path]) -> None:
        root = lay(a=b"00", b=b"11")
        (root / "b-2").hardlink_to(root / "b")
        entries = {entry.path: entry for entry in FolderSource("", root).entries()}
        (root / "a-2").hardlink_to(root / "a")
        (root / "b-2").unlink()
        assert read(root, entries["a"], entries["b"]) == [b"00", b"11"]

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
