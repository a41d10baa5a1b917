from __future__ import annotations

from pathlib import Path

from steps.validate.ledger.ledger import Ledger
from steps.validate.settings import Settings
from steps.validate.sources.folder import FolderSource
from steps.validate.survey import survey

from .conftest import Picture

SETTINGS = Settings((3, 8, 8), 8, 2, 2, skip_corrupt=False)


class Told:
    """A progress that keeps what it is told."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int]] = []
        self.done = 0

    def begin(self, task: str, total: int) -> None:
        self.tasks.append((task, total))

    def advance(self, done: int) -> None:
        self.done += done

    def end(self) -> None:
        self.tasks.append(("end", self.done))


def surveyed(ledger: Ledger, sources: dict[str, FolderSource]) -> Told:
    told = Told()
    survey(ledger, sources, SETTINGS, 1, told)
    return told


def test_all_files_are_inspected_and_never_again(tmp_path: Path, picture: Picture) -> None:
    sources = {name: FolderSource(f"s3://b/{name}", tmp_path / name) for name in ("train", "validation")}
    for name in ("train/cat/1.jpg", "train/dog/2.jpg", "validation/cat/3.jpg"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture())
    uris = {name: source.uri for name, source in sources.items()}
    with Ledger(tmp_path / "ledger", uris) as ledger:
        first = surveyed(ledger, sources)
        assert first.tasks == [("images", 3), ("end", 3)]
        assert [row[0] for row in ledger.query("SELECT format FROM files WHERE place = 'class'")] == [
            "JPEG"
        ] * 3
    (tmp_path / "train/cat/4.jpg").write_bytes(picture())
    with Ledger(tmp_path / "ledger", uris) as ledger:
        assert surveyed(ledger, sources).done == 1
