from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.local.jobs.progress import Progress


def test_what_was_done_before_is_known(tmp_path: Path) -> None:
    names = ["s3://b/a", "s3://b/two\nlines", "s3://b/é"]
    first = Progress(tmp_path / "done")
    for name in names:
        first.add(name)
    assert not first.has(names[0])
    second = Progress(tmp_path / "done")
    assert [second.has(name) for name in [*names, "s3://b/other"]] == [True, True, True, False]
    first.close()
    second.close()


def test_a_line_that_was_cut_off_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "done").write_bytes(b'"s3://b/a"\n"s3://b/')
    cut = Progress(tmp_path / "done")
    assert (cut.has("s3://b/a"), cut.has("s3://b/")) == (True, False)
    cut.add("s3://b/c")
    cut.add("s3://b/d")
    cut.close()
    again = Progress(tmp_path / "done")
    assert (again.has("s3://b/a"), again.has("s3://b/d")) == (True, True)
    again.close()


def test_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "done")
    names = [f"s3://b/{number}" for number in range(200)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(progress.add, names))
    progress.close()
    again = Progress(tmp_path / "done")
    assert all(again.has(name) for name in names)
    again.close()
