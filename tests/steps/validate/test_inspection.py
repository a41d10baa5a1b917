import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from steps.container import ProgramError
from steps.validate import inspection
from steps.validate.images.facts import Facts, Flaw
from steps.validate.images.sampling import EVERY
from steps.validate.inspection import File, Inspection, inspect
from steps.validate.processes.workers import Limits
from steps.validate.sources.folder import FolderSource
from steps.validate.sources.source import Entry

from .conftest import Picture

ROOT = Path(__file__).parents[3]


@dataclass
class Counter:
    """Progress that only counts."""

    done: list[int] = field(default_factory=list)

    def begin(self, task: str, total: int) -> None:
        raise AssertionError("the caller begins")

    def advance(self, done: int) -> None:
        self.done.append(done)

    def end(self) -> None:
        raise AssertionError("the caller ends")


@dataclass(frozen=True)
class Awkward:
    """A source of one image, whose reader does what the names of the files say."""

    image: bytes
    uri: str = "s3://b/train"

    def entries(self) -> Iterator[Entry]:
        return iter(())

    def open(self) -> "Awkward":
        return self

    def read(self, entries: Sequence[Entry]) -> Iterator[bytes | Flaw]:
        for entry in entries:
            if entry.path == "no access":
                raise ProgramError("s3://b/train cannot be read: AccessDenied")
            yield self.image


def inspected(root: Path, smallest: tuple[int, int] | None = None, jobs: int = 2) -> dict[str, Facts]:
    source, progress = FolderSource("s3://b/train", root), Counter()
    files = [("train", entry) for entry in source.entries() if entry.kind == "file"]
    task = Inspection({"train": source}, smallest, EVERY)
    found = {entry.path: facts for _, some in inspect(task, files, jobs, progress) for entry, facts in some}
    assert sum(progress.done) == len(files) == len(found)
    return found


def test_no_files(tmp_path: Path) -> None:
    assert inspected(tmp_path) == {}


def test_facts_by_path(tmp_path: Path, picture: Picture) -> None:
    for number in range(200):
        (tmp_path / f"{number}.jpg").write_bytes(picture(width=8 + number % 3, height=8))
    (tmp_path / "7.jpg").write_bytes(b"text")
    (tmp_path / "199.jpg").write_bytes(picture(width=7, height=8))
    found = inspected(tmp_path, (8, 8))
    assert {path: facts.flaw for path, facts in found.items() if facts.flaw} == {
        "7.jpg": Flaw("unreadable-image", "not an image"),
        "199.jpg": Flaw("image-too-small", "7x8, at least 8x8"),
    }
    assert all(facts.width == 8 + int(path[:-4]) % 3 for path, facts in found.items() if not facts.flaw)


@pytest.mark.parametrize("jobs", [1, 2])
def test_same_whatever_the_number_of_processes(tmp_path: Path, picture: Picture, jobs: int) -> None:
    for number in range(100):
        (tmp_path / f"{number}.png").write_bytes(picture("PNG", width=9 + number))
    assert inspected(tmp_path, jobs=jobs) == inspected(tmp_path, jobs=3)


def test_image_that_takes_too_long(tmp_path: Path, picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "LIMITS", Limits(seconds=0.4, bytes=3 << 30))
    (tmp_path / "slow.jpg").write_bytes(slow_jpeg())
    (tmp_path / "good.jpg").write_bytes(picture())
    flaws = {path: facts.flaw for path, facts in inspected(tmp_path).items()}
    assert flaws == {"good.jpg": None, "slow.jpg": Flaw("unreadable-image", "not decoded within 0.4 s")}


def slow_jpeg() -> bytes:
    """Takes minutes: each scan of a progressive JPEG goes through all of the image."""
    buffer = io.BytesIO()
    Image.new("L", (5000, 5000)).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 3000 + data[-2:]


def test_source_that_cannot_be_read(picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    files = [("train", Entry(name, "file", 9, "")) for name in ("1.jpg", "no access")]
    task = Inspection({"train": Awkward(picture())}, None, EVERY)
    with pytest.raises(ProgramError, match=r"^s3://b/train cannot be read: AccessDenied$"):
        list(inspect(task, files, 1, Counter()))


@pytest.mark.parametrize(
    ("sizes", "chunks"),
    [
        ([], []),
        ([1] * 258, [128, 128, 2]),
        ([40 << 20, 30 << 20, 10 << 20, 100 << 20, 1], [1, 2, 1, 1]),
    ],
    ids=["none", "many small ones", "few large ones"],
)
def test_chunks_are_bounded(sizes: list[int], chunks: list[int]) -> None:
    files = [("train", Entry(str(number), "file", size, "")) for number, size in enumerate(sizes)]
    found = list(inspection._chunks(files))
    assert [len(chunk) for chunk in found] == chunks
    assert [file for chunk in found for file in chunk] == files


def test_chunks_are_of_one_split() -> None:
    files: list[File] = [(split, Entry("1", "file", 1, "")) for split in ("train", "train", "validation")]
    assert list(inspection._chunks(files)) == [files[:2], files[2:]]
