from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.local.records import Change, Record, RecordExists, RecordMissing, Records, RecordsClosed


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    store = Records(tmp_path / "records.db")
    yield store
    store.close()


def test_create_then_get_returns_a_copy_of_its_own(records: Records) -> None:
    body = {"ModelName": "m", "CreationTime": 1.5, "Tags": [{"Key": "a", "Value": "b"}]}
    records.create("Model", "m", body)
    body["ModelName"] = "changed"
    first = records.get("Model", "m")
    assert first == {"ModelName": "m", "CreationTime": 1.5, "Tags": [{"Key": "a", "Value": "b"}]}
    first["ModelName"] = "changed too"
    assert records.get("Model", "m") != first


def test_get_of_nothing_is_none(records: Records) -> None:
    assert records.get("Model", "m") is None


def test_create_twice_is_refused(records: Records) -> None:
    records.create("Model", "m", {"n": 1})
    with pytest.raises(RecordExists, match=r"^Model m$"):
        records.create("Model", "m", {"n": 2})
    assert records.get("Model", "m") == {"n": 1}


def test_same_name_in_another_kind_is_another_record(records: Records) -> None:
    records.create("Model", "x", {"n": 1})
    records.create("Endpoint", "x", {"n": 2})
    assert records.get("Endpoint", "x") == {"n": 2}


def test_update_merges_and_removes(records: Records) -> None:
    records.create("Endpoint", "e", {"a": 1, "b": 2})
    assert records.update("Endpoint", "e", b=None, c=3) == {"a": 1, "c": 3}
    assert records.get("Endpoint", "e") == {"a": 1, "c": 3}


def test_an_edit_that_raises_changes_nothing(records: Records) -> None:
    records.create("Endpoint", "e", {"a": 1})

    def edit(record: Record) -> Record:
        record["a"] = 2
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        records.amend("Endpoint", "e", edit)
    assert records.get("Endpoint", "e") == {"a": 1}


def test_update_and_delete_of_nothing_say_so(records: Records) -> None:
    with pytest.raises(RecordMissing, match=r"^Endpoint e$"):
        records.update("Endpoint", "e", a=1)
    with pytest.raises(RecordMissing, match=r"^Endpoint e$"):
        records.delete("Endpoint", "e")


def test_list_is_in_order_of_creation_and_by_prefix(records: Records) -> None:
    for name in ("b/2", "a/1", "b/1", "bb/1"):
        records.create("ModelPackage", name, {"name": name})
    assert [r["name"] for r in records.list("ModelPackage")] == ["b/2", "a/1", "b/1", "bb/1"]
    assert [r["name"] for r in records.list("ModelPackage", "b/")] == ["b/2", "b/1"]
    assert records.list("Pipeline") == []


def test_updates_from_many_threads_are_all_kept(records: Records) -> None:
    records.create("Pipeline", "p", {"n": 0})

    def add() -> None:
        for _ in range(25):
            records.amend("Pipeline", "p", lambda record: {"n": record["n"] + 1})

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records.get("Pipeline", "p") == {"n": 200}


def test_wait_returns_the_record_that_was_awaited(records: Records) -> None:
    records.create("TrainingJob", "t", {"status": "InProgress"})
    threading.Timer(0.01, lambda: records.update("TrainingJob", "t", status="Completed")).start()
    assert records.wait("TrainingJob", "t", lambda r: r["status"] == "Completed", 10)["status"] == "Completed"


def test_wait_gives_up(records: Records) -> None:
    records.create("TrainingJob", "t", {})
    with pytest.raises(TimeoutError, match=r"^TrainingJob t is not as awaited after 0.01 s$"):
        records.wait("TrainingJob", "t", bool, 0.01)


def test_wait_for_a_deleted_record_ends(records: Records) -> None:
    records.create("TrainingJob", "t", {})
    threading.Timer(0.01, lambda: records.delete("TrainingJob", "t")).start()
    with pytest.raises(RecordMissing):
        records.wait("TrainingJob", "t", bool, 10)


def test_close_wakes_those_who_wait(records: Records) -> None:
    records.create("TrainingJob", "t", {})
    threading.Timer(0.01, records.close).start()
    with pytest.raises(RecordsClosed):
        records.wait("TrainingJob", "t", bool, 10)


def test_listeners_hear_of_each_real_change(records: Records) -> None:
    heard: list[Change] = []
    records.subscribe(heard.append)
    records.create("Endpoint", "e", {"a": 1})
    records.update("Endpoint", "e", a=1)
    records.update("Endpoint", "e", a=2)
    records.delete("Endpoint", "e")
    assert heard == [
        Change("Endpoint", "e", None, {"a": 1}),
        Change("Endpoint", "e", {"a": 1}, {"a": 2}),
        Change("Endpoint", "e", {"a": 2}, None),
    ]


def test_what_was_acknowledged_survives_a_killed_process(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys; from pipeline.local.records import Records\n"
        "store = Records(pathlib.Path(sys.argv[1]))\n"
        "for n in range(50): store.create('Model', str(n), {'n': n})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "records.db"
    assert subprocess.run([sys.executable, "-c", program, str(path)]).returncode == -9
    store = Records(path)
    assert [record["n"] for record in store.list("Model")] == list(range(50))
    store.close()


def test_companions_are_created_with_the_change(records: Records) -> None:
    changes: list[Change] = []
    records.subscribe(changes.append)
    records.accompany(
        lambda change: [("Note", f"of {change.name}", {"n": 1})] if change.kind == "Model" else []
    )
    records.create("Model", "m", {"n": 1})
    assert records.get("Note", "of m") == {"n": 1}
    assert [(change.kind, change.name) for change in changes] == [("Model", "m"), ("Note", "of m")]


def test_a_change_whose_companion_cannot_be_created_is_not_done(records: Records) -> None:
    records.accompany(lambda change: [("Note", "one", {})] if change.kind == "Model" else [])
    records.create("Model", "m", {"n": 1})
    with pytest.raises(sqlite3.IntegrityError):
        records.update("Model", "m", n=2)
    assert records.get("Model", "m") == {"n": 1}
    records.delete("Note", "one")
    records.update("Model", "m", n=3)
    assert records.get("Model", "m") == {"n": 3}


def test_an_edit_that_changes_nothing_has_no_companions(records: Records) -> None:
    records.create("Model", "m", {"n": 1})
    records.accompany(lambda _: [("Note", "one", {})])
    records.update("Model", "m", n=1)
    assert records.get("Note", "one") is None


def test_changes_together_are_seen_by_others_only_when_all_are_done(records: Records) -> None:
    heard: list[Change] = []
    records.subscribe(heard.append)
    with ThreadPoolExecutor() as threads:
        with records.together():
            records.create("Model", "a", {})
            other = threads.submit(records.list, "Model")
            with records.together():
                records.update("Model", "a", Size=1)
            assert heard == []
            assert not other.done()
            records.create("Model", "b", {})
        assert other.result() == [{"Size": 1}, {}]
    assert [(change.name, change.before, change.after) for change in heard] == [
        ("a", None, {}),
        ("a", {}, {"Size": 1}),
        ("b", None, {}),
    ]


def test_of_changes_together_none_is_kept_if_one_fails(records: Records) -> None:
    heard: list[Change] = []
    records.subscribe(heard.append)
    records.create("Model", "b", {"Size": 1})

    def change() -> None:
        with records.together():
            records.create("Model", "a", {})
            records.delete("Model", "b")
            records.create("Model", "b", {})
            records.create("Model", "b", {})

    with pytest.raises(RecordExists, match=r"^Model b$"):
        change()
    assert records.items("Model") == [("b", {"Size": 1})]
    assert len(heard) == 1
