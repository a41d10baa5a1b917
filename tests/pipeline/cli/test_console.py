import io

import pytest

from pipeline.cli import console
from pipeline.errors import Finding


def test_table_aligns_all_but_the_last_column() -> None:
    rows = [("a", "long one", "x"), ("bcd", "", "yyyyyyyy")]
    assert console.table(rows, ("N", "TEXT", "END")) == (
        "N    TEXT      END\na    long one  x\nbcd            yyyyyyyy"
    )


def test_progress_passes_every_item_on_and_tells_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(console.progress(iter("abc"), 3, "uploading")) == ["a", "b", "c"]
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("uploading 3/3, ")


def test_progress_of_nothing_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(console.progress([], 0, "uploading")) == []
    assert capsys.readouterr().err == ""


def test_progress_tells_rate_and_time_left_in_a_log_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    assert list(console.progress([1, 2], 2, "reading")) == [1, 2]
    assert capsys.readouterr().err == "reading 1/2, 0/s, 10 s left\nreading 2/2, 0/s\n"


def test_without_a_terminal_the_answer_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert not console.confirm("Delete?")


def test_results_and_notes_go_apart(capsys: pytest.CaptureFixture[str]) -> None:
    console.result("r")
    console.result_json({"a": 1})
    console.note("n")
    told = capsys.readouterr()
    assert told.out == 'r\n{\n  "a": 1\n}\n'
    assert told.err == "n\n"


def test_nothing_of_a_problem_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    console.problems([Finding("R1", "x", "'a\x1b[31mb\r' is wrong", details=(("log", "é\n\x07"),))])
    assert capsys.readouterr().err == "error R1 x: 'a·[31mb·' is wrong\n  log: é\n       ·\n"
