from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import grimp
import pytest

from pipeline.account import PLACEHOLDERS, AccountFacts
from pipeline.bundle import Bundle
from pipeline.definition.cache import CODE, Cache, Entry, code_hash, key_of
from pipeline.language.problem import Problem
from tests.definitions import Json, config

ENTRY = Entry(
    "{}\n",
    (Problem("D401", ("Steps", 0, "Name"), "too long", "shorten it", severity="warning"),),
    (Bundle("validate", "a" * 64, b"\x00\xff"),),
)


def test_what_was_kept_is_there(tmp_path: Path) -> None:
    Cache(tmp_path / "new").put("a", ENTRY)
    assert Cache(tmp_path / "new").get("a") == ENTRY
    assert Cache(tmp_path / "new").get("b") is None
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.json"]
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_nothing_is_there_before_anything_was_kept(tmp_path: Path) -> None:
    assert Cache(tmp_path / "new").get("a") is None
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b'{"text": "x", "probl', id="cut off"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"text": "x"}', id="without problems"),
        pytest.param(
            b'{"text": "x", "problems": [{"code": "D401"}], "bundles": []}', id="a problem of another form"
        ),
        pytest.param(
            b'{"text": "x", "problems": [], "bundles": [{"room": "a", "sha256": "b", "content": "?"}]}',
            id="a program that is no base64",
        ),
    ],
)
def test_a_damaged_file_is_no_entry_and_is_replaced(tmp_path: Path, damaged: bytes) -> None:
    cache = Cache(tmp_path)
    (tmp_path / "a.json").write_bytes(damaged)
    assert cache.get("a") is None
    cache.put("a", ENTRY)
    assert cache.get("a") == ENTRY


def test_what_cannot_be_read_is_no_entry(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    (tmp_path / "file").write_text("")
    assert Cache(tmp_path).get("a") is None
    assert Cache(tmp_path / "file").get("a") is None


def test_what_cannot_be_kept_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(IsADirectoryError):
        Cache(tmp_path).put("a", ENTRY)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_the_oldest_of_too_many_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(70):
        cache.put(f"{number}", ENTRY)
        # Files written within one tick of the clock have no order.
        if (file := tmp_path / f"{number}.json").exists():
            os.utime(file, ns=(number, number))
    assert len(list(tmp_path.iterdir())) == 64
    assert cache.get("0") is None
    assert cache.get("69") == ENTRY


def key(facts: AccountFacts = PLACEHOLDERS, code: str = "code", **sections: object) -> str:
    return key_of(config(**sections), facts, code)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"gate": {"accuracy": 0.8}}, id="config"),
        pytest.param(
            {"validate": {"min_images_per_class": 3}}, id="section whose attribute has another name"
        ),
        pytest.param({"facts": replace(PLACEHOLDERS, role="arn:aws:iam::111122223333:role/x")}, id="account"),
        pytest.param(
            {"facts": replace(PLACEHOLDERS, without_quota=frozenset({("training", "ml.g5.xlarge")}))},
            id="quota",
        ),
        pytest.param({"code": "other"}, id="code"),
    ],
)
def test_whatever_changes_a_definition_changes_its_key(other: Json) -> None:
    assert key(**other) != key()


def test_the_key_does_not_depend_on_the_order_of_a_set() -> None:
    pairs = [("training", f"ml.g5.{size}xlarge") for size in (2, 4, 8, 12, 16)]
    facts = [replace(PLACEHOLDERS, without_quota=frozenset(some)) for some in (pairs, reversed(pairs))]
    assert key(facts[0]) == key(facts[1])


def test_what_is_packed_and_run_counts_and_nothing_else(tmp_path: Path) -> None:
    module = tmp_path / "steps" / "gate" / "step.py"
    module.parent.mkdir(parents=True)
    module.write_text("x = 1\n")
    before = code_hash(tmp_path)
    (module.parent / "__pycache__").mkdir()
    (module.parent / "__pycache__" / "step.pyc").write_text("x")
    (tmp_path / "pipeline" / "local").mkdir(parents=True)
    (tmp_path / "pipeline" / "local" / "x.py").write_text("x = 1\n")
    assert code_hash(tmp_path) == before
    module.write_text("x = 2\n")
    changed = code_hash(tmp_path)
    assert changed != before
    module.rename(module.with_name("other.py"))
    renamed = code_hash(tmp_path)
    (module.parent / "page.css").write_text("x")
    assert len({before, changed, renamed, code_hash(tmp_path)}) == 4


def test_all_code_that_decides_on_a_definition_counts() -> None:
    modules = grimp.build_graph("pipeline", "steps", cache_dir=None).find_upstream_modules(
        "pipeline.definition.checked"
    )
    paths = {module.replace(".", "/") for module in modules}
    assert {path for path in paths if not f"{path}.py".startswith(CODE)} == set()


def test_the_file_is_json_that_people_can_read(tmp_path: Path) -> None:
    Cache(tmp_path).put("a", ENTRY)
    assert json.loads((tmp_path / "a.json").read_text())["text"] == "{}\n"
