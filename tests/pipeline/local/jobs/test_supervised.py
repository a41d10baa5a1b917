from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.local.jobs import supervised, supervisor
from pipeline.local.jobs.process import Command, NotStarted
from pipeline.local.jobs.supervised import Place
from pipeline.local.locks import hold, is_held

from .programs import is_alive, open_descriptors, python, wait_until_gone

WAIT = """
    import os, time
    os.fork()
    print(os.getpid(), flush=True)
    time.sleep(60)
"""
STUBBORN = """
    import signal, time
    signal.signal(signal.SIGTERM, lambda *_: print("no", flush=True))
    print("ready", flush=True)
    while True:
        time.sleep(60)
"""


class Lines:
    """Collects lines, and lets a test wait for them."""

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


def left(folder: Path, source: str) -> subprocess.Popen[bytes]:
    """Start a program under a supervisor as a server does that is then gone."""
    command = python(folder, source)
    lock = hold(folder / "running")
    start = [sys.executable, "-I", "-S", supervisor.__file__, str(lock), str(folder / "exit")]
    try:
        with (folder / "output.log").open("xb") as output:
            return subprocess.Popen(
                [*start, *command.arguments],
                env=dict(command.environment),
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=[lock],
            )
    finally:
        os.close(lock)


@pytest.fixture
def leave(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Leaves a program, and waits for it after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(source: str) -> subprocess.Popen[bytes]:
        started.append(left(tmp_path, source))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_output_comes_in_order_and_the_exit_code_is_kept(tmp_path: Path, lines: Lines) -> None:
    source = """
        import sys
        for number in range(3):
            print("out", number)
            print("err", number, file=sys.stderr)
        sys.stdout.write("no newline")
        raise SystemExit(3)
    """
    place = Place(tmp_path)
    assert place.start(python(tmp_path, source), lines).wait() == 3
    assert lines.seen == ["out 0", "err 0", "out 1", "err 1", "out 2", "err 2", "no newline"]
    assert (place.exit_code(), place.is_left()) == (3, True)
    assert not is_held(tmp_path / "running")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["sh", "-c", "exit 9"], 9, [], id="its own"),
        pytest.param(["sh", "-c", "kill -TERM $$"], 143, [], id="a signal"),
        pytest.param(["sh", "-c", "kill -PIPE $$; echo ignored"], 141, [], id="a signal that Python ignores"),
        pytest.param(
            ["/nonexistent/x"],
            127,
            ["cannot start '/nonexistent/x': No such file or directory"],
            id="no program",
        ),
        pytest.param(["/"], 126, ["cannot start '/': Permission denied"], id="not executable"),
    ],
)
def test_exit_codes(tmp_path: Path, lines: Lines, arguments: list[str], code: int, said: list[str]) -> None:
    command = Command(arguments, {"PATH": os.environ["PATH"]}, tmp_path)
    assert Place(tmp_path).start(command, lines).wait() == code
    assert lines.seen == said


def test_arguments_that_no_program_can_have(tmp_path: Path, lines: Lines) -> None:
    command = Command(["sh", "-c", "a\0b"], {"PATH": os.environ["PATH"]}, tmp_path)
    with pytest.raises(NotStarted, match="cannot start 'sh': embedded null byte"):
        Place(tmp_path).start(command, lines)


def test_a_program_gets_its_own_environment_and_folder(tmp_path: Path, lines: Lines) -> None:
    source = "import os; print(os.getcwd(), os.environ['A'], sorted(os.environ), os.getsid(0) != os.getpid())"
    (tmp_path / "work").mkdir()
    command = python(tmp_path / "work", source, A="b")
    assert Place(tmp_path).start(command, lines).wait() == 0
    (line,) = lines.seen
    assert line.startswith(f"{tmp_path / 'work'} b ['A', 'LC_CTYPE', 'PATH'] True") or "['A', 'PATH']" in line


def test_what_it_leaves_behind_ends_with_it(tmp_path: Path, lines: Lines) -> None:
    source = """
        import os, time
        if os.fork() == 0:
            print(os.getpid(), flush=True)
            time.sleep(60)
        time.sleep(0.2)
    """
    assert Place(tmp_path).start(python(tmp_path, source), lines).wait() == 0
    assert wait_until_gone(int(lines.seen[0]))


DAEMON = """
    import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.close(1)
            os.close(2)
            open("daemon.new", "w").write(str(os.getpid()))
            os.rename("daemon.new", "daemon")
            time.sleep(60)
        os._exit(0)
    while not os.path.exists("daemon"):
        time.sleep(0.01)
    print("ready", flush=True)
"""


@pytest.mark.parametrize("ends", ["itself", "killed"])
def test_a_daemon_of_its_own_session_ends_with_it(tmp_path: Path, lines: Lines, ends: str) -> None:
    source = DAEMON + ("" if ends == "itself" else "    time.sleep(60)")
    running = Place(tmp_path).start(python(tmp_path, source), lines)
    lines.wait_for(1)
    if ends == "killed":
        running.kill()
    assert running.wait() == (0 if ends == "itself" else 137)
    assert wait_until_gone(int((tmp_path / "daemon").read_text()))


def test_it_is_asked_to_end_and_then_killed(tmp_path: Path, lines: Lines) -> None:
    program = Place(tmp_path).start(python(tmp_path, STUBBORN), lines)
    lines.wait_for(1)
    program.terminate(60)
    lines.wait_for(2)
    program.terminate(0)
    assert program.wait() == 137
    assert lines.seen[:2] == ["ready", "no"]


def test_a_program_may_end_itself_when_it_is_asked_to(tmp_path: Path, lines: Lines) -> None:
    source = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
        print("ready", flush=True)
        time.sleep(60)
    """
    program = Place(tmp_path).start(python(tmp_path, source), lines)
    lines.wait_for(1)
    program.terminate(60)
    assert program.wait() == 5


def test_the_group_ends_with_its_supervisor(tmp_path: Path, lines: Lines) -> None:
    place = Place(tmp_path)
    program = place.start(python(tmp_path, WAIT), lines)
    pids = [int(line) for line in lines.wait_for(2)]
    os.kill(int((tmp_path / "running").read_text()), signal.SIGKILL)
    assert program.wait() == 137
    assert all(wait_until_gone(pid) for pid in pids)
    assert not place.is_left()


def test_no_descriptors_are_lost(tmp_path: Path, lines: Lines) -> None:
    before = open_descriptors()
    for number in range(3):
        (folder := tmp_path / str(number)).mkdir()
        assert Place(folder).start(python(folder, "pass"), lines).wait() == 0
    assert open_descriptors() == before


def test_the_file_of_its_output_is_bounded(
    tmp_path: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is more is read all the same: metrics are found in it."""
    monkeypatch.setattr(supervised, "LARGEST_OUTPUT", 50)
    source = """
        import time
        for number in range(40):
            print("line", number, flush=True)
            time.sleep(0.01)
    """
    place = Place(tmp_path)
    assert place.start(python(tmp_path, source), lines).wait() == 0
    assert place.output.stat().st_size == 50
    # What is written between the last read and the cut is lost.
    assert (lines.seen[0], lines.seen[-1]) == ("line 0", "line 39")


class TestLeft:
    def test_nothing(self, tmp_path: Path) -> None:
        assert not Place(tmp_path).is_left()
        assert list(tmp_path.iterdir()) == []

    def test_one_that_runs_is_taken_over(
        self, tmp_path: Path, lines: Lines, leave: Callable[[str], subprocess.Popen[bytes]]
    ) -> None:
        leave("import time; print(1, flush=True); time.sleep(0.3); print(2); raise SystemExit(4)")
        place = Place(tmp_path)
        wait_for_running(tmp_path)
        assert place.is_left()
        assert place.adopt(lines).wait() == 4
        assert lines.seen == ["1", "2"]

    def test_one_that_has_ended_is_taken_over(
        self, tmp_path: Path, lines: Lines, leave: Callable[[str], subprocess.Popen[bytes]]
    ) -> None:
        leave("print('done'); raise SystemExit(6)").wait()
        place = Place(tmp_path)
        assert place.is_left()
        assert place.adopt(lines).wait() == 6
        assert lines.seen == ["done"]

    def test_one_that_was_killed_is_not_left(
        self, tmp_path: Path, leave: Callable[[str], subprocess.Popen[bytes]]
    ) -> None:
        process = leave(WAIT)
        wait_for_running(tmp_path)
        place = Place(tmp_path)
        place.kill()
        process.wait()
        assert not place.is_left()
        place.kill()

    def test_one_that_is_taken_over_can_be_ended(
        self, tmp_path: Path, lines: Lines, leave: Callable[[str], subprocess.Popen[bytes]]
    ) -> None:
        leave(WAIT)
        wait_for_running(tmp_path)
        program = Place(tmp_path).adopt(lines)
        pids = [int(line) for line in lines.wait_for(2)]
        assert all(is_alive(pid) for pid in pids)
        program.terminate(60)
        assert program.wait() == 143
        assert all(wait_until_gone(pid) for pid in pids)


def wait_for_running(folder: Path) -> None:
    """Wait until a supervisor has said its number: there is no event for that."""
    import time

    running = folder / "running"
    for _ in range(2000):
        if running.exists() and running.read_text():
            return
        time.sleep(0.005)
    raise AssertionError("no supervisor runs")
