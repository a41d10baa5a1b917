from __future__ import annotations

from pathlib import Path

from steps.validate.images.facts import Flaw
from steps.validate.sources.elsewhere import AnywhereSource
from steps.validate.sources.folder import FolderSource
from steps.validate.sources.source import Entry


def test_files_of_others_are_fetched_and_own_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "here.jpg").write_bytes(b"here")
    own = FolderSource("s3://b/train", tmp_path)
    (here,) = own.entries()
    asked: list[tuple[str, str]] = []

    def fetch(split: str, entry: Entry) -> bytes | None:
        asked.append((split, entry.path))
        return b"there" if entry.path == "there.jpg" else None

    source = AnywhereSource("train", own, fetch)
    wanted = [here, Entry("there.jpg", "file", 5, "1"), Entry("nowhere.jpg", "file", 5, "1")]
    assert list(source.open().read(wanted)) == [
        b"here",
        b"there",
        Flaw("changed-while-scanning", "vanished after it was listed"),
    ]
    assert asked == [("train", "there.jpg"), ("train", "nowhere.jpg")]
    assert (source.uri, list(source.entries())) == (own.uri, [here])
