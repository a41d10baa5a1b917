import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.validate.images.facts import Channels, Facts, Flaw, Trait
from steps.validate.ledger.ledger import ClassCount, Ledger
from steps.validate.sources.source import Entry
from tests.steps.validate.ledgers import URIS, filled, flawed, good, image

FULL = image("full")._replace(
    traits=Trait.CMYK | Trait.ROTATED,
    frames=3,
    channels=Channels(4, (1.0, 2.0, 3.0), (0.5, 0.25, 0.125)),
)


def entry(path: str, version: str = "v", size: int = 5) -> Entry:
    return Entry(path, "file", size, version)


def waiting(ledger: Ledger, split: str = "train") -> list[str]:
    return [one.path for one in ledger.uninspected(split)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "images.ledger"


class TestListing:
    def test_files_of_classes_and_beside_them_are_to_be_inspected(self, file: Path) -> None:
        with Ledger(file, URIS) as ledger:
            entries = [entry(path) for path in ("cat/2.jpg", "README", "cat/1.jpg", "_READY", "cat/.x")]
            ledger.list_entries("train", entries)
            assert waiting(ledger) == ["cat/2.jpg", "README", "cat/1.jpg"]
            assert waiting(ledger, "validation") == []

    def test_names_that_are_no_text(self, file: Path) -> None:
        odd = os.fsdecode(b"c\xff/\xfe.jpg")
        with Ledger(file, URIS) as ledger:
            ledger.list_entries("train", [entry(odd)])
            assert list(ledger.uninspected("train")) == [entry(odd)]
            ledger.keep("train", [(entry(odd), image("odd"))])
            assert list(ledger.usable("train")) == [odd]
            assert ledger.counts() == [ClassCount("train", "c\\udcff", 1, 1)]

    def test_unchanged_files_keep_their_facts(self, file: Path) -> None:
        paths = ("cat/1.jpg", "cat/2.jpg", "cat/3.jpg", "cat/4.jpg")
        with Ledger(file, URIS) as ledger:
            ledger.list_entries("train", map(entry, paths))
            ledger.keep("train", [(entry(path), image(path)) for path in paths])
        changed = [entry("cat/2.jpg", version="w"), entry("cat/3.jpg", size=6), entry("cat/1.jpg")]
        with Ledger(file, URIS) as ledger:
            ledger.list_entries("train", changed)
            assert list(ledger.uninspected("train")) == changed[:2]
            assert list(ledger.usable("train")) == ["cat/1.jpg", "cat/2.jpg", "cat/3.jpg"]

    def test_listing_that_fails_drops_nothing(self, file: Path) -> None:
        with filled(file.parent, good({"train/cat": 2})) as ledger, pytest.raises(ZeroDivisionError):
            ledger.list_entries("train", (entry(str(1 / 0)) for _ in range(1)))
        with Ledger(file, URIS) as ledger:
            assert list(ledger.usable("train")) == ["cat/0.jpg", "cat/1.jpg"]

    @pytest.mark.parametrize(
        ("check", "reason"),
        [
            ("no-permission", "why"),
            ("changed-while-scanning", "why"),
            ("unreadable-image", "its decoder was killed, mostly for want of memory"),
            ("unreadable-image", "not decoded within 30 s"),
        ],
    )
    def test_what_may_pass_is_tried_again(self, file: Path, check: str, reason: str) -> None:
        files = {
            "train/cat/1.jpg": flawed(check, reason),
            "train/cat/2.jpg": flawed("unreadable-image", "its decoder crashed (SIGSEGV)"),
        }
        with filled(file.parent, files) as ledger:
            assert waiting(ledger) == []
            ledger.list_entries("train", [entry("cat/1.jpg"), entry("cat/2.jpg")])
            assert waiting(ledger) == ["cat/1.jpg"]

    def test_more_than_a_chunk(self, file: Path) -> None:
        paths = [f"cat/{number:05}.jpg" for number in range(10_000)]
        with Ledger(file, URIS) as ledger:
            ledger.list_entries("train", map(entry, paths))
            seen: list[str] = []
            for one in ledger.uninspected("train"):
                ledger.keep(
                    "train", [(one, flawed("unreadable-image", "cut"))] if len(seen) % 100 == 0 else []
                )
                seen.append(one.path)
            assert seen == paths
            assert len(waiting(ledger)) == 9900


class TestResuming:
    def test_what_was_kept_is_there_after_a_kill(self, file: Path, tmp_path: Path) -> None:
        with Ledger(file, URIS) as ledger:
            ledger.list_entries("train", [entry("cat/1.jpg"), entry("cat/2.jpg")])
            ledger.keep("train", [(entry("cat/1.jpg"), FULL)])
            # A killed process leaves the file and the log of what was committed.
            killed = tmp_path / "killed.ledger"
            for suffix in ("", "-wal"):
                Path(f"{killed}{suffix}").write_bytes(Path(f"{file}{suffix}").read_bytes())
        with Ledger(killed, URIS) as ledger:
            assert waiting(ledger) == ["cat/2.jpg"]

    def test_other_rules_forget_the_facts(self, file: Path) -> None:
        with filled(file.parent, good({"train/cat": 1})):
            pass
        with Ledger(file, URIS, rules="other") as ledger:
            assert waiting(ledger) == ["cat/0.jpg"]

    def test_another_place_forgets_its_split(self, file: Path) -> None:
        with filled(file.parent, good({"train/cat": 1, "validation/cat": 1})):
            pass
        with Ledger(file, URIS | {"train": "s3://b/elsewhere"}) as ledger:
            assert list(ledger.usable("train")) == []
            assert list(ledger.usable("validation")) == ["cat/0.jpg"]

    def test_two_runs_do_not_share_a_ledger(self, file: Path) -> None:
        expected = f"{file} cannot be used to keep what is known of the images: database is locked\n  hint: "
        with Ledger(file, URIS), pytest.raises(ProgramError) as caught:
            Ledger(file, URIS)
        assert str(caught.value).startswith(expected)

    def test_file_that_is_no_database(self, file: Path) -> None:
        file.write_bytes(b"my notes, and more of them than fit in a header" * 100)
        with pytest.raises(ProgramError, match="file is not a database"):
            Ledger(file, URIS)

    def test_database_of_somebody_else(self, file: Path) -> None:
        database = sqlite3.connect(file)
        database.execute("CREATE TABLE files (id)")
        database.close()
        with pytest.raises(ProgramError, match="it holds something else"):
            Ledger(file, URIS)


class TestFullDisk:
    """A database that may not grow fails as one does whose disk is full."""

    @pytest.fixture
    def full(self, file: Path) -> Iterator[Ledger]:
        with filled(file.parent, good({"train/cat": 2})) as ledger:
            ledger.change("CREATE TABLE large (content BLOB)")
            (pages,) = next(ledger.query("PRAGMA page_count"))
            list(ledger.query(f"PRAGMA max_page_count = {pages}"))
            yield ledger

    @pytest.mark.parametrize(
        "use",
        [
            lambda ledger: ledger.list_entries("train", [entry(f"cat/{n}.jpg") for n in range(5000)]),
            lambda ledger: ledger.merge(("train", "cat", b"%d" % n, *[1] * 20) for n in range(5000)),
            lambda ledger: ledger.keep(
                "train", [(entry("cat/0.jpg"), flawed("unreadable-image", "cut" * 9999))]
            ),
            lambda ledger: ledger.change("INSERT INTO large VALUES (zeroblob(99999))"),
            lambda ledger: ledger.change_many("INSERT INTO large VALUES (zeroblob(?))", [(99999,)]),
        ],
        ids=["list", "merge", "keep", "change", "change many"],
    )
    def test_is_told(self, full: Ledger, file: Path, use: Callable[[Ledger], None]) -> None:
        expected = (
            f"{file} cannot keep what is known of the images: database or disk is full; {file.parent} has "
        )
        with pytest.raises(ProgramError) as caught:
            use(full)
        assert str(caught.value).startswith(expected)
        assert "\n  hint: free space there, or have TMPDIR " in str(caught.value)
        # What was kept is there still, and can be asked for.
        assert {"cat/0.jpg", "cat/1.jpg"} <= set(full.usable("train"))

    def test_is_told_by_rows(self, file: Path) -> None:
        def fail(number: int) -> int:
            if number > 1:
                raise sqlite3.OperationalError("disk I/O error")
            return number

        with filled(file.parent, good({"train/cat": 2})) as ledger:
            rows = ledger._fetched(map(fail, (1, 2)))  # type: ignore[arg-type]
            next(rows)
            with pytest.raises(ProgramError, match="of the images: disk I/O error; "):
                next(rows)

    def test_is_told_in_opening(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr("steps.validate.ledger.ledger._prepare", fail)
        with pytest.raises(ProgramError, match=r"database or disk is full; (?s:.*)hint: free space there"):
            Ledger(file, URIS)

    def test_other_errors_are_mistakes_of_ours(self, file: Path) -> None:
        with Ledger(file, URIS) as ledger:
            with pytest.raises(sqlite3.OperationalError, match="no such table: missing"):
                ledger.query("SELECT * FROM missing")
            with pytest.raises(sqlite3.OperationalError, match="no such table: missing"):
                ledger.change("DELETE FROM missing")


def test_facts_are_kept_as_they_are(file: Path) -> None:
    assert FULL.look is not None
    with filled(
        file.parent, {"train/cat/1.jpg": FULL, "train/cat/2.jpg": Facts(flaw=Flaw("x", "y"))}
    ) as ledger:
        rows = list(
            ledger.query(
                "SELECT format, width, height, traits, frames, digest, look, brightness, contrast, sharpness,"
                " detail, hex(channels), thumb, flaw, reason FROM files ORDER BY path"
            )
        )
    look = FULL.look
    assert rows[0] == (
        *("JPEG", 640, 480, 34, 3, FULL.digest),
        *(look.hash, look.brightness, look.contrast, look.sharpness, look.detail),
        "000000000000" + "1040" + "000000000000F03F" + "0000000000000040" + "0000000000000840"
        "000000000000E03F" + "000000000000D03F" + "000000000000C03F",
        *(look.thumb, None, None),
    )
    assert rows[1][-2:] == ("x", "y")


def test_counts_of_classes(file: Path) -> None:
    files = good({"validation/dog": 1, "train/dog": 2, "train/cat": 1}) | {"train/fox": "folder"}
    with filled(file.parent, files) as ledger:
        ledger.change(
            "UPDATE files SET left_out = 'leak' WHERE split = 'train' AND path = CAST('dog/0.jpg' AS BLOB)"
        )
        assert ledger.counts() == [
            ClassCount("train", "cat", 1, 1),
            ClassCount("train", "dog", 2, 1),
            ClassCount("train", "fox", 0, 0),
            ClassCount("validation", "dog", 1, 1),
        ]
        assert list(ledger.usable("train")) == ["cat/0.jpg", "dog/1.jpg"]


def test_parts_merge_to_the_whole(tmp_path: Path) -> None:
    files = good({"train/cat": 3, "validation/cat": 2}) | {"train/cat": "folder", "train/.x": "file"}
    parts = [dict(list(files.items())[start::2]) | {"train/cat": "folder"} for start in (0, 1)]
    folders = [tmp_path / name for name in ("whole", "one", "two")]
    for folder in folders:
        folder.mkdir()
    query = "SELECT split, class, path, place, digest, look, thumb FROM files ORDER BY split, path"
    with filled(folders[0], files) as whole, filled(folders[1], parts[0]) as one:
        with filled(folders[2], parts[1]) as two:
            one.merge(two.rows())
        assert list(one.query(query)) == list(whole.query(query))
        assert one.counts() == whole.counts()
