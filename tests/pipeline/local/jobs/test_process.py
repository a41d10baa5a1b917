from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.process import Command, NotStarted, Process

from .programs import open_descriptors, python, wait_until_gone


class Lines:
    """Collects lines, and lets a test wait for one."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, lines: Sequence[str]) -> None:
        with self._changed:
            self.seen += lines
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[str]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, timeout=20)
            return list(self.seen)


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    guardian = Guardian()
    yield guardian
    guardian.close()


def test_output_comes_in_order_and_the_exit_code_is_kept(
    tmp_path: Path, lines: Lines, guardian: Guardian
) -> None:
    source = """
        import sys
        for number in range(3):
            print("out", number)
            print("err", number, file=sys.stderr)
        sys.stdout.write("no newline")
        raise SystemExit(3)
    """
    process = Process(python(tmp_path, source), lines, guardian)
    assert process.wait(20) == 3
    assert process.has_exited
    assert lines.seen == ["out 0", "err 0", "out 1", "err 1", "out 2", "err 2", "no newline"]


def test_much_output_is_complete(tmp_path: Path, lines: Lines, guardian: Guardian) -> None:
    process = Process(python(tmp_path, "print('x' * 99)\nprint('y' * 999_999)"), lines, guardian)
    assert process.wait(20) == 0
    assert lines.seen[0] == "x" * 99
    assert lines.seen[1].startswith("y" * 262_000)


def test_a_program_gets_its_environment_and_nothing_else(
    tmp_path: Path, lines: Lines, guardian: Guardian
) -> None:
    source = "import os; print(sorted(k for k in os.environ if k != 'LC_CTYPE'), os.getcwd())"
    command = python(tmp_path, source, TRAINING_JOB_NAME="t")
    assert Process(command, lines, guardian).wait(20) == 0
    assert lines.seen == [f"['PATH', 'TRAINING_JOB_NAME'] {tmp_path}"]


@pytest.mark.parametrize(
    ("program", "text", "code"),
    [
        ("no-such-program", "cannot start 'no-such-program': No such file or directory", 127),
        ("/", "cannot start '/': Permission denied", 126),
        ("a\0b", "cannot start 'a\\x00b': embedded null byte", 126),
    ],
)
def test_what_cannot_be_started_is_named(
    tmp_path: Path, lines: Lines, guardian: Guardian, program: str, text: str, code: int
) -> None:
    before = open_descriptors()
    with pytest.raises(NotStarted) as caught:
        Process(Command([program], {"PATH": os.environ["PATH"]}, tmp_path), lines, guardian)
    assert str(caught.value) == text
    assert caught.value.exit_code == code
    assert open_descriptors() == before


STUBBORN = """
    import os, signal, time
    signal.signal(signal.SIGTERM, lambda *_: print("term"))
    child = os.fork()
    os.write(1, b"%d\\n" % os.getpid())
    while True:
        time.sleep(60)
"""


def test_a_stubborn_tree_is_killed_after_its_grace(tmp_path: Path, lines: Lines, guardian: Guardian) -> None:
    process = Process(python(tmp_path, STUBBORN), lines, guardian)
    pids = [int(line) for line in lines.wait_for(2)]
    process.terminate(grace=0.05)
    assert process.wait(20) == 128 + signal.SIGKILL
    assert all(wait_until_gone(pid) for pid in pids)


def test_a_polite_program_ends_at_sigterm(tmp_path: Path, lines: Lines, guardian: Guardian) -> None:
    process = Process(python(tmp_path, "print(1)\nimport time; time.sleep(60)"), lines, guardian)
    lines.wait_for(1)
    process.terminate(grace=60)
    assert process.wait(20) == 128 + signal.SIGTERM
    process.terminate(grace=0)
    process.kill()


def test_what_is_left_of_a_group_ends_with_its_first_process(
    tmp_path: Path, lines: Lines, guardian: Guardian
) -> None:
    source = """
        import os, time
        child = os.fork()
        if child == 0:
            time.sleep(60)
        print(child)
    """
    process = Process(python(tmp_path, source), lines, guardian)
    assert process.wait(20) == 0
    assert wait_until_gone(int(lines.seen[0]))


def test_a_process_that_left_the_group_does_not_hold_up_the_end(
    tmp_path: Path, lines: Lines, guardian: Guardian
) -> None:
    source = """
        import os, time
        child = os.fork()
        if child == 0:
            os.setsid()
            print("free")
            time.sleep(60)
        time.sleep(0.1)
        print(child)
    """
    process = Process(python(tmp_path, source), lines, guardian)
    assert process.wait(20) == 0
    assert lines.seen[0] == "free"
    os.kill(int(lines.seen[1]), signal.SIGKILL)


def test_a_reader_that_fails_does_not_stop_the_program(
    tmp_path: Path, guardian: Guardian, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(lines: Sequence[str]) -> None:
        raise RuntimeError("full")

    with caplog.at_level(logging.ERROR):
        process = Process(python(tmp_path, "print('x' * 300_000)"), fail, guardian)
        assert process.wait(20) == 0
    assert f"cannot take the output of process {process.pid}" in caplog.text


def test_no_thread_and_no_descriptor_is_left(tmp_path: Path, lines: Lines, guardian: Guardian) -> None:
    assert Process(python(tmp_path, "pass"), lines, guardian).wait(20) == 0
    before = (threading.active_count(), open_descriptors())
    for _ in range(3):
        process = Process(python(tmp_path, "pass"), lines, guardian)
        assert process.wait(20) == 0
    for thread in threading.enumerate():
        if thread.name.startswith("watch-"):
            thread.join()
    assert (threading.active_count(), open_descriptors()) == before
