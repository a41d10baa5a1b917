import errno
import logging
import os
import re
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steps.container import (
    ProgramError,
    base_dir,
    processing_reason_file,
    run,
    training_reason_file,
    write_atomically,
    writing_atomically,
)


def fail_with(error: BaseException) -> Callable[[], None]:
    def program() -> None:
        raise error

    return program


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, "/opt/ml", id="as in SageMaker"),
        pytest.param({"SAGEMAKER_BASE_DIR": ""}, "/opt/ml", id="empty is unset"),
        pytest.param({"SAGEMAKER_BASE_DIR": "/jobs/1/ml"}, "/jobs/1/ml", id="elsewhere"),
    ],
)
def test_base_dir(environ: dict[str, str], expected: str) -> None:
    assert base_dir(environ) == Path(expected)


def test_reason_files_lie_where_sagemaker_reads_them() -> None:
    assert processing_reason_file(Path("/opt/ml")) == Path("/opt/ml/output/message")
    assert training_reason_file(Path("/opt/ml")) == Path("/opt/ml/output/failure")


class TestRun:
    def test_success_leaves_no_reason(self, tmp_path: Path) -> None:
        reason_file = tmp_path / "output" / "message"
        assert run(lambda: None, reason_file) == 0
        assert not reason_file.exists()

    def test_success_removes_the_reason_of_an_earlier_run(self, tmp_path: Path) -> None:
        reason_file = tmp_path / "message"
        reason_file.write_text("old")
        assert run(lambda: None, reason_file) == 0
        assert not reason_file.exists()

    def test_program_error_is_told_as_it_is(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        reason_file = tmp_path / "output" / "message"
        assert run(fail_with(ProgramError("no images under /x\n  hint: add some")), reason_file) == 1
        assert reason_file.read_text() == "no images under /x\n  hint: add some"
        out, err = capsys.readouterr()
        assert re.fullmatch(
            r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d ERROR \d+\] no images under /x\n  hint: add some\n", out
        )
        assert err == ""

    def test_program_error_chooses_the_exit_code(self, tmp_path: Path) -> None:
        assert run(fail_with(ProgramError("stopped", exit_code=143)), tmp_path / "message") == 143

    def test_unexpected_error_is_told_as_our_bug(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        reason_file = tmp_path / "message"
        assert run(fail_with(KeyError("width")), reason_file) == 1
        assert reason_file.read_text() == "KeyError: 'width' (a bug in imgpipe: see the log)"
        out = capsys.readouterr().out
        assert "Traceback (most recent call last)" in out
        assert out.endswith("KeyError: 'width'\n")

    def test_long_reason_is_cut_to_what_sagemaker_keeps(self, tmp_path: Path) -> None:
        reason_file = tmp_path / "message"
        run(fail_with(ProgramError("é" * 2000)), reason_file)
        assert reason_file.read_text(encoding="utf-8") == "é" * 1023 + "…"

    def test_reason_with_a_name_that_is_no_utf8(self, tmp_path: Path) -> None:
        reason_file = tmp_path / "message"
        run(fail_with(ProgramError("cat/\udcff.jpg")), reason_file)
        assert reason_file.read_text() == "cat/\\udcff.jpg"

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)], ids=["interrupt", "exit"])
    def test_interrupt_and_exit_pass_through(self, tmp_path: Path, error: BaseException) -> None:
        with pytest.raises(type(error)):
            run(fail_with(error), tmp_path / "message")
        assert not (tmp_path / "message").exists()

    def test_reason_file_that_cannot_be_written(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "output").write_text("a file, not a folder")
        assert run(fail_with(ProgramError("no images")), tmp_path / "output" / "message") == 1
        out = capsys.readouterr().out
        assert "no images" in out
        assert f"cannot write {tmp_path}/output/message" in out

    def test_log_handlers_are_as_before(self, tmp_path: Path) -> None:
        before = list(logging.getLogger().handlers)
        run(lambda: None, tmp_path / "message")
        assert logging.getLogger().handlers == before


class TestWriteAtomically:
    def test_makes_folders_and_replaces(self, tmp_path: Path) -> None:
        path = tmp_path / "a" / "b.json"
        write_atomically(path, b"1")
        write_atomically(path, b"2")
        assert path.read_bytes() == b"2"
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        assert [file.name for file in path.parent.iterdir()] == ["b.json"]

    def test_leaves_nothing_behind_when_it_fails(self, tmp_path: Path) -> None:
        (tmp_path / "b.json").mkdir()
        with pytest.raises(OSError, match=r"b\.json"):
            write_atomically(tmp_path / "b.json", b"1")
        assert [file.name for file in tmp_path.iterdir()] == ["b.json"]

    def test_unfinished_file_never_lies_in_the_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """SageMaker may upload all that the folder holds at any moment."""
        path = tmp_path / "output" / "report" / "report.json"
        seen: list[list[str]] = []
        replace = Path.replace

        def spy(self: Path, target: Path) -> Path:
            seen.append([file.name for file in path.parent.iterdir()])
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", spy)
        write_atomically(path, b"1")
        assert seen == [[]]
        assert path.read_bytes() == b"1"
        assert [file.name for file in (tmp_path / "output").iterdir()] == ["report"]

    @pytest.mark.parametrize("number", [errno.EXDEV, errno.EROFS], ids=errno.errorcode.get)
    def test_folder_that_is_a_mount_of_its_own(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        path = tmp_path / "report" / "report.json"
        replace = Path.replace

        def refuse_from_elsewhere(self: Path, target: Path) -> Path:
            if self.parent != target.parent:
                raise OSError(number, os.strerror(number))
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", refuse_from_elsewhere)
        write_atomically(path, b"1")
        assert path.read_bytes() == b"1"
        assert [file.name for file in tmp_path.iterdir()] == ["report"]
        assert [file.name for file in path.parent.iterdir()] == ["report.json"]

    def test_folder_above_that_is_closed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "report" / "report.json"
        mkstemp = tempfile.mkstemp

        def refuse_above(**where: Any) -> tuple[int, str]:
            if where["dir"] == tmp_path:
                raise PermissionError(errno.EACCES, "Permission denied")
            return mkstemp(**where)

        monkeypatch.setattr(tempfile, "mkstemp", refuse_above)
        write_atomically(path, b"1")
        assert path.read_bytes() == b"1"


class TestWritingAtomically:
    def test_appears_when_all_is_written(self, tmp_path: Path) -> None:
        path = tmp_path / "train_lst" / "train.lst"
        with writing_atomically(path) as file:
            for row in range(100_000):
                file.write(b"%d\n" % row)
            assert list(path.parent.iterdir()) == []
        assert path.read_bytes().endswith(b"99998\n99999\n")
        assert [file.name for file in tmp_path.iterdir()] == ["train_lst"]

    def test_leaves_the_old_file_when_the_writer_fails(self, tmp_path: Path) -> None:
        path = tmp_path / "a" / "b"
        write_atomically(path, b"old")

        def fail() -> None:
            with writing_atomically(path) as file:
                file.write(b"new")
                raise ValueError("stop")

        with pytest.raises(ValueError, match="stop"):
            fail()
        assert path.read_bytes() == b"old"
        assert [file.name for file in tmp_path.rglob("*")] == ["a", "b"]

    def test_copies_onto_another_file_system(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "a" / "b"
        replace = Path.replace

        def refuse(self: Path, target: Path) -> Path:
            if self.parent != target.parent:
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", refuse)
        with writing_atomically(path) as file:
            file.write(b"1" * 1_000_000)
            file.write(b"2")
        assert path.read_bytes() == b"1" * 1_000_000 + b"2"
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        assert [file.name for file in tmp_path.rglob("*")] == ["a", "b"]
