import itertools
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.validate import inspection
from steps.validate.facts import Flaw
from steps.validate.inspection import PROGRESS_SECONDS, inspect_images

from .conftest import Picture


def lay(root: Path, picture: bytes, count: int) -> list[str]:
    for i in range(count):
        (root / f"{i}.jpg").write_bytes(picture)
    return [f"{i}.jpg" for i in range(count)]


def test_flaws_by_path(tmp_path: Path, picture: Picture) -> None:
    files = lay(tmp_path, picture(), 3)
    (tmp_path / "1.jpg").write_bytes(b"")
    flaws = inspect_images("train", tmp_path, files, None, jobs=1, clock=lambda: 0.0)
    assert flaws == {"1.jpg": Flaw("unreadable-image", "zero bytes")}


def test_no_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert inspect_images("train", tmp_path, [], None, jobs=2, clock=lambda: 0.0) == {}
    assert caplog.messages == ["train: decoded 0 images in 0.0 s"]


def test_progress_with_a_rate(tmp_path: Path, picture: Picture, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    files = lay(tmp_path, picture(width=4, height=4), 200)
    # Each of the four chunks takes 2 s, so that the third is past PROGRESS_SECONDS.
    ticks = itertools.count(start=100.0, step=2.0)
    assert 2 * 2.0 < PROGRESS_SECONDS <= 3 * 2.0
    inspect_images("train", tmp_path, files, None, jobs=1, clock=lambda: next(ticks))
    assert caplog.messages == [
        "train: decoded 192 of 200 images (32 images/s)",
        "train: decoded 200 images (20 images/s) in 10.0 s",
    ]


def test_many_files_on_several_processes(
    tmp_path: Path, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "_WORTH_PROCESSES", 100)
    files = lay(tmp_path, picture(width=4, height=4), 200)
    (tmp_path / "7.jpg").write_bytes(b"text")
    (tmp_path / "199.jpg").write_bytes(picture(width=3, height=4))
    flaws = inspect_images("train", tmp_path, files, (4, 4), jobs=2, clock=lambda: 0.0)
    assert flaws == {
        "7.jpg": Flaw("unreadable-image", "not an image"),
        "199.jpg": Flaw("image-too-small", "3x4, at least 4x4"),
    }


def _die(root: Path, chunk: Sequence[str], smallest: tuple[int, int] | None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_killed_process_is_told(tmp_path: Path, picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "_WORTH_PROCESSES", 1)
    monkeypatch.setattr(inspection, "_inspect_chunk", _die)
    with pytest.raises(ProgramError, match="was killed, mostly for want of memory\n  hint: take a larger"):
        inspect_images("train", tmp_path, lay(tmp_path, picture(), 2), None, jobs=2, clock=lambda: 0.0)
