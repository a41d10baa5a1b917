from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pipeline.local.jobs.uploads import Upload, uploading
from pipeline.local.objects import NoSuchBucket

from .place import SECONDS, Place


def test_only_what_has_changed_is_uploaded_again(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = place.objects.write

    def watch(bucket: str, key: str, data: bytes | Path) -> None:
        written.append(key)
        write(bucket, key, data)

    monkeypatch.setattr(place.objects, "write", watch)
    folder = tmp_path / "checkpoints"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_text("1")
    (folder / "sub" / "b").write_text("1")
    upload = Upload(folder, place.uri("c"))
    upload.run(place.objects)
    upload.run(place.objects)
    (folder / "a").write_text("22")
    upload.run(place.objects)
    assert written == ["c/a", "c/sub/b", "c/a"]
    assert place.read("c/a") == b"22"


def test_a_running_block_uploads_again_and_again(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket that is missing at first is only missing then."""
    runs: list[str] = []
    enough = threading.Event()
    run = Upload.run

    def watch(self: Upload, objects: object) -> None:
        runs.append(self.uri)
        if len(runs) == 1:
            raise NoSuchBucket("b")
        run(self, place.objects)
        enough.set()

    monkeypatch.setattr(Upload, "run", watch)
    (tmp_path / "made").write_text("x")
    with uploading(place.objects, [Upload(tmp_path, place.uri("c"))], 0.01):
        assert enough.wait(SECONDS)
    assert "c/made" in place.keys("c/")
    assert not [thread for thread in threading.enumerate() if thread.name == "uploads"]


def test_without_uploads_there_is_no_thread(place: Place) -> None:
    with uploading(place.objects, [], 0.01):
        assert not [thread for thread in threading.enumerate() if thread.name == "uploads"]
