from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.config.loader import load_config
from pipeline.data.check import Workspace, check, opened, workspace
from pipeline.data.dataset import DataSet, find_folder, find_prefix
from pipeline.data.rules import in_words, rules_of
from pipeline.errors import RunError, UsageError
from pipeline.session import Session
from steps.container import ProgramError
from steps.validate.library import Judgement, Settings
from tests.pipeline.data.pictures import CONFIG, RULES, Quiet, good_set, lay_out, photo, upload


def run(
    data: DataSet, place: Workspace, rules: Settings = RULES, *, fresh: bool = False
) -> tuple[Judgement, list[tuple[str, int]]]:
    quiet = Quiet()
    with opened(place, data, rules, fresh=fresh) as ledger:
        return check(ledger, data, rules, place, 1, quiet), quiet.tasks


def test_the_second_check_looks_at_what_is_new_or_changed(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "set", good_set())
    data = find_folder(folder)
    place = workspace(tmp_path / "home", data, None)
    judgement, tasks = run(data, place)
    assert judgement.passed
    assert tasks == [("images", 12)]
    assert json.loads((place.report / "report.json").read_text())["num_training_samples"] == 6
    lists = list((place.out / "datasets").iterdir())
    assert [one.name for one in lists] == [judgement.census.content_hash]
    lay_out(folder, {"train/cat/new.jpg": photo(90), "train/cat/0.jpg": photo(91)})
    judgement, tasks = run(data, place)
    assert tasks == [("images", 2)]
    assert [one.name for one in (place.out / "datasets").iterdir()] == [judgement.census.content_hash]
    assert judgement.census.splits["train"].usable == 7
    _, tasks = run(data, place, fresh=True)
    assert tasks == [("images", 13)]


def test_an_interrupted_check_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting(Quiet):
        def advance(self, done: int) -> None:
            raise KeyboardInterrupt

    data = find_folder(lay_out(tmp_path / "set", good_set()))
    place = workspace(tmp_path / "home", data, None)
    with pytest.raises(KeyboardInterrupt), opened(place, data, RULES) as ledger:
        check(ledger, data, RULES, place, 1, Interrupting())
    judgement, tasks = run(data, place)
    assert judgement.passed
    assert tasks == [("images", 6)]


def test_one_set_of_classes_is_divided_and_seen_once(tmp_path: Path) -> None:
    files = {f"{name}/{number}.jpg": photo(ord(name) + 100 * number) for name in "ab" for number in range(5)}
    data = find_folder(lay_out(tmp_path / "set", files))
    rules = rules_of(None, is_divided=data.is_divided)
    rules = Settings(**{**vars(RULES), "validation_share": rules.validation_share})
    place = workspace(tmp_path / "home", data, None)
    judgement, tasks = run(data, place, rules)
    assert judgement.passed
    assert [split.usable for split in judgement.census.splits.values()] == [8, 2]
    again, tasks = run(data, place, rules)
    assert tasks == [("images", 0)]
    assert again.census == judgement.census


def test_images_on_s3_are_checked_as_those_of_a_folder(session: Session, tmp_path: Path) -> None:
    files = {**good_set(), "train/cat/cut.jpg": photo(50)[:900], "train/dog/copy.jpg": photo(0)}
    upload(session, "check-s3", files, "set/")
    reports = []
    for data in (
        find_folder(lay_out(tmp_path / "set", files)),
        find_prefix(session, "s3://check-s3/set", None),
    ):
        place = workspace(tmp_path / "home", data, tmp_path / "out" / data.key)
        judgement, _ = run(data, place)
        assert [found.check for found in judgement.findings] == ["unreadable-image", "label-conflict"]
        reports.append((place.report / "report.json").read_text())
    assert reports[0] == reports[1]


def test_reports_do_not_go_among_the_images(tmp_path: Path) -> None:
    data = find_folder(lay_out(tmp_path / "set", {"cat/1.jpg": b""}))
    with pytest.raises(UsageError) as caught:
        workspace(tmp_path / "home", data, tmp_path / "set" / "out")
    assert str(caught.value) == (
        f"error R213 out-among-images: {tmp_path}/set/out lies among the images, where the next check would "
        "take it for some\n  hint: name another folder by --out"
    )


def test_what_ends_a_check_is_told(tmp_path: Path) -> None:
    data = find_folder(lay_out(tmp_path / "set", {"cat/1.jpg": b""}))
    place = workspace(tmp_path / "home", data, None)
    with pytest.raises(RunError) as caught, opened(place, data, RULES):
        raise ProgramError("/x cannot be listed: Permission denied\n  hint: allow it")
    assert str(caught.value) == (
        "error R214 check-failed: /x cannot be listed: Permission denied\n  hint: allow it"
    )


def test_lists_stay_where_no_new_ones_are_written(tmp_path: Path) -> None:
    data = find_folder(lay_out(tmp_path / "set", good_set()))
    place = workspace(tmp_path / "home", data, None)
    judgement, _ = run(data, place)
    elsewhere = workspace(tmp_path / "home", data, tmp_path / "out")
    run(data, elsewhere)
    for one in (place, elsewhere):
        assert (one.out / "datasets" / judgement.census.content_hash).is_dir()


@pytest.mark.parametrize("fresh", [False, True], ids=["goes on", "fresh"])
def test_two_checks_at_once(tmp_path: Path, fresh: bool) -> None:
    data = find_folder(lay_out(tmp_path / "set", good_set()))
    place = workspace(tmp_path / "home", data, None)
    run(data, place)
    known = sorted(file for file in place.out.rglob("*") if file.is_file())
    with opened(place, data, RULES) as ledger:
        with pytest.raises(RunError) as caught, opened(place, data, RULES, fresh=fresh):
            pass
        assert [ledger.count_uninspected(split) for split in data.sources] == [0, 0]
        assert len(list(ledger.query("SELECT 1 FROM files WHERE place = 'class'"))) == 12
    assert sorted(file for file in place.out.rglob("*") if file.is_file()) == known
    assert str(caught.value) == (
        f"error R214 check-failed: {place.ledger} cannot be used to keep what is known of the images: "
        "database is locked\n  hint: end the other run that uses it, or delete the file"
    )


def test_rules_of_a_config_and_usual_ones(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        CONFIG.replace("min_images_per_class: 1", "on_leak: skip, severity: {dark-image: ignore}")
    )
    config = load_config(tmp_path / "a.yaml", facts=None, environ={}).config
    assert rules_of(config, is_divided=True) == Settings(
        (3, 32, 32), 37, 2, 20, False, skip_leaks=True, severities={"dark-image": "ignore"}
    )
    usual = Settings((3, 224, 224), 256, 32, 20, False, validation_share=0.2)
    assert rules_of(None, is_divided=False) == usual
    assert in_words(usual) == (
        "image_shape 3,224,224, resize 256, mini_batch_size 32, min_images_per_class 20"
    )
