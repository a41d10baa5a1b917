"""Every defect that the checks know is found at its place, and nothing else is told of."""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from steps.container import REASON_LIMIT, ProgramError
from steps.validate.checks.flaws import SKIPPABLE
from steps.validate.conclusion import conclude
from steps.validate.findings import CHECKS
from steps.validate.ledger.ledger import Ledger
from steps.validate.report.thumbnails import MOST
from steps.validate.settings import Settings
from steps.validate.sources.source import Source
from steps.validate.survey import survey

from .conftest import ROOT
from .defects import CLASSES, SETTINGS, Found, lay, lay_links
from .proof import PillowOnly, Silent, Troubled, folders, named, surveyed, told
from .scenes import sound

# One process makes the data set and the ledger for all of them.
pytestmark = [pytest.mark.xdist_group("defects"), pytest.mark.usefixtures("spawnable")]

SPLITS = ("train", "validation")
SCHEMA = ROOT / "docs" / "validation-report.schema.json"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("defects")


@pytest.fixture(scope="module")
def expected(root: Path) -> list[Found]:
    """Lays the data set out once."""
    return sorted(lay(root) | lay_links(root))


@pytest.fixture(scope="module")
def ledger(root: Path, expected: list[Found], spawnable: None) -> Iterator[Ledger]:
    """By one process, as the command line looks at a folder."""
    assert expected
    with surveyed(root / "ledger", troubled(root), SETTINGS, jobs=1) as ledger:
        yield ledger


def troubled(root: Path) -> dict[str, Source]:
    return {split: Troubled(source) for split, source in folders(root, links=True).items()}


class TestFindings:
    def test_are_the_defects(self, ledger: Ledger, expected: list[Found]) -> None:
        assert named(told(ledger, SETTINGS)) == expected

    def test_are_the_same_once_more(self, ledger: Ledger) -> None:
        assert told(ledger, SETTINGS) == told(ledger, SETTINGS)

    def test_are_the_same_by_pillow_alone_in_two_processes(
        self, root: Path, tmp_path: Path, ledger: Ledger
    ) -> None:
        sources = {split: PillowOnly(source) for split, source in troubled(root).items()}
        with surveyed(tmp_path / "ledger", sources, SETTINGS, jobs=2) as other:
            assert named(told(other, SETTINGS)) == named(told(ledger, SETTINGS))

    def test_are_the_same_of_three_instances(self, root: Path, tmp_path: Path, ledger: Ledger) -> None:
        uris = {split: f"s3://b/{split}" for split in SPLITS}
        with Ledger(tmp_path / "ledger", uris, SETTINGS.inspection) as merged:
            for number in range(3):
                part = tmp_path / str(number)
                share(root, part, number, 3)
                with surveyed(part / "ledger", troubled(part), SETTINGS, jobs=1) as one:
                    merged.merge(one.rows())
            assert told(merged, SETTINGS) == told(ledger, SETTINGS)

    def test_are_the_same_after_an_interruption(self, root: Path, tmp_path: Path, ledger: Ledger) -> None:
        sources = troubled(root)
        uris = {split: source.uri for split, source in sources.items()}
        tired, rest = Tired(560), Tired(10_000)
        with (
            Ledger(tmp_path / "ledger", uris, SETTINGS.inspection) as other,
            pytest.raises(InterruptedError),
        ):
            survey(other, sources, SETTINGS, 1, tired)
        with Ledger(tmp_path / "ledger", uris, SETTINGS.inspection) as other:
            survey(other, sources, SETTINGS, 1, rest)
            assert told(other, SETTINGS) == told(ledger, SETTINGS)
        assert 0 < rest.totals["images"] < tired.totals["images"] - 500

    def test_cover_all_checks(self, expected: list[Found]) -> None:
        of_a_whole_split = {"no-images", "too-few-images", "too-few-classes"}
        where_resized = {"enlarged-image"}
        assert {check for check, _ in expected} == CHECKS.keys() - of_a_whole_split - where_resized


def test_report_shows_them(root: Path, tmp_path: Path, ledger: Ledger, expected: list[Found]) -> None:
    with pytest.raises(ProgramError) as failure:
        conclude(ledger, SETTINGS, tmp_path, troubled(root))
    reason = str(failure.value)
    assert reason.startswith("error V001 dataset-invalid: 13 checks failed on ")
    assert len(reason) <= REASON_LIMIT
    report = tmp_path / "report"
    document = json.loads((report / "report.json").read_bytes())
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    assert {finding["check"] for finding in document["findings"]} == {check for check, _ in expected}
    problems = [json.loads(line) for line in (report / "problems.jsonl").read_text().splitlines()]
    assert sorted((one["check"], f"{one['split']}/{one['path']}") for one in problems) == expected
    page = (report / "report.html").read_text()
    assert 20 < len(set(re.findall(r"data:image/jpeg;base64,[\w+/=]+", page))) <= MOST
    assert not (tmp_path / "datasets").exists()


class TestSettings:
    def test_small_images_are_good_where_they_are_scaled(
        self, root: Path, tmp_path: Path, expected: list[Found]
    ) -> None:
        scaled = replace(SETTINGS, resize=64)
        kept = [found for found in expected if found[0] not in ("image-too-small", "symlink")]
        kept.append(("enlarged-image", "train/fox/tiny-15x20.jpg"))
        # Without its links, a folder is as a job sees it: to a file they are that file.
        kept.append(("duplicate-image", "train/cat/to-file.jpg"))
        others = ("cat/to-folder", "cat/round", "cat/dangling.jpg", "cat/circle.jpg", "linked")
        kept += [("stray-file", f"train/{path}") for path in others]
        sources = {split: Troubled(source) for split, source in folders(root).items()}
        with surveyed(tmp_path / "ledger", sources, scaled, jobs=1) as other:
            found = [one for one in named(told(other, scaled)) if not one[1].startswith("train/fox/small")]
        assert found == sorted(kept)

    def test_what_is_left_out_is_not_listed(self, ledger: Ledger, expected: list[Found]) -> None:
        skipping = replace(SETTINGS, skip_corrupt=True, skip_leaks=True)
        assert named(told(ledger, skipping)) == expected
        left_out = {path for check, path in expected if check in (*SKIPPABLE, "leak")}
        usable = {f"{split}/{path}" for split in SPLITS for path in ledger.usable(split)}
        classes = {"/".join((split, os.fsdecode(path))) for split, path in ledger.query(ALL)}
        # Of those that cannot be left out, none are used but those that a warning is told of.
        assert usable & left_out == set()
        assert classes - usable >= left_out
        assert all(f"train/{name}/000.jpg" in usable for name in CLASSES)

    @pytest.mark.parametrize("check", CHECKS)
    def test_each_check_can_be_silenced(self, ledger: Ledger, expected: list[Found], check: str) -> None:
        silent = replace(SETTINGS, severities={check: "ignore"})
        found = named(told(ledger, silent))
        assert not any(one == check for one, _ in found)
        missing = {one for one in expected if one[0] != check} - set(found)
        # Without bad ones, a class may have other numbers; nothing else is lost.
        assert {one for one, _ in missing} <= {"class-imbalance", "class-too-small"}


ALL = "SELECT split, path FROM files WHERE place = 'class'"

_Pictures = Mapping[str, bytes]


def pictures(*places: str) -> _Pictures:
    return {
        f"{place}-{i}.jpg": sound(50_000 + 10 * number + i)
        for number, place in enumerate(places)
        for i in range(3)
    }


@pytest.mark.parametrize(
    ("files", "settings", "found"),
    [
        pytest.param({}, {}, [("no-images", "train"), ("no-images", "validation")], id="nothing"),
        pytest.param(
            pictures("train/cat/a", "train/dog/a"),
            {},
            [("no-images", "validation")],
            id="nothing to validate",
        ),
        pytest.param(
            pictures("train/cat/a", "validation/cat/a"), {}, [("too-few-classes", "train")], id="one class"
        ),
        pytest.param(
            pictures("train/cat/a", "train/dog/a", "train/cat/b", "validation/cat/a", "validation/dog/a"),
            {"mini_batch_size": 8},
            [("too-few-images", "validation")],
            id="less than a batch",
        ),
    ],
)
def test_splits_that_cannot_be_used(
    tmp_path: Path, files: _Pictures, settings: Mapping[str, int], found: list[Found]
) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    rules = Settings((3, 32, 32), None, settings.get("mini_batch_size", 3), 3, skip_corrupt=False)
    with surveyed(tmp_path / "ledger", folders(tmp_path), rules, jobs=1) as ledger:
        assert named(told(ledger, rules)) == found


class Tired(Silent):
    """A progress that ends the work after some images, as a stopped job does."""

    def __init__(self, most: int) -> None:
        self.left = most
        self.totals: dict[str, int] = {}

    def begin(self, task: str, total: int) -> None:
        self.totals[task] = total

    def advance(self, done: int) -> None:
        self.left -= done
        if self.left < 0:
            raise InterruptedError


def share(root: Path, part: Path, number: int, parts: int) -> None:
    """One instance's part of all files, as links to the same ones; empty folders are on the first."""
    for split in SPLITS:
        for folder, folders_below, files in os.walk(root / split):
            here = part / Path(folder).relative_to(root)
            if number == 0:
                here.mkdir(parents=True, exist_ok=True)
            for name in [*files, *filter(lambda one: (Path(folder) / one).is_symlink(), folders_below)]:
                if zlib.crc32(os.fsencode(name)) % parts == number:
                    here.mkdir(parents=True, exist_ok=True)
                    os.link(Path(folder) / name, here / name, follow_symlinks=False)
