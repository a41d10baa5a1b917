import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.validate.processes.worker import Mark
from steps.validate.processes.workers import Done, Limits, Lost, cores, work

ROOT = Path(__file__).parents[4]
LIMITS = Limits(seconds=30, bytes=1 << 30)


@dataclass(frozen=True)
class Odd:
    """Doubles numbers, and does what some words say."""

    started: Path | None = None

    def start(self, mark: Mark) -> Callable[[Sequence[int | str]], list[int]]:
        if self.started:
            with self.started.open("a") as file:
                file.write(f"{os.getpid()}\n")

        def handle(chunk: Sequence[int | str]) -> list[int]:
            results = []
            for item in chunk:
                mark.fetching()
                if item == "vanish in fetching":
                    os.kill(os.getpid(), signal.SIGKILL)
                mark.working()
                results.append(_obey(item))
            return results

        return handle


def _obey(item: int | str) -> int:
    if isinstance(item, int):
        return 2 * item
    if item == "hang":
        threading.Event().wait()
    elif item == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif item == "be killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif item == "exit":
        os._exit(3)
    elif item == "no access":
        raise ProgramError("the bucket cannot be read")
    elif item == "bug":
        raise ZeroDivisionError
    elif item == "take memory":
        try:
            return len(bytearray(4 << 30))
        except MemoryError:
            return -1
    return 0


@dataclass(frozen=True)
class Once:
    """Does what some words say the first time that it meets them, and writes down every chunk."""

    folder: Path

    def start(self, mark: Mark) -> Callable[[Sequence[int | str]], list[int]]:
        def handle(chunk: Sequence[int | str]) -> list[int]:
            with (self.folder / "chunks").open("a") as file:
                file.write(f"{chunk}\n")
            results = []
            for item in chunk:
                mark.fetching()
                mark.working()
                results.append(self._obey(item))
            return results

        return handle

    def _obey(self, item: int | str) -> int:
        met = self.folder / str(item)
        if met.exists():
            return 0
        met.touch()
        return _obey(item)


class Dead:
    """Dies before it starts."""

    def start(self, mark: Mark) -> Callable[[Sequence[int]], list[int]]:
        os._exit(7)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers import this module to get at the tasks."""
    monkeypatch.syspath_prepend(str(ROOT))


def outcome(
    *chunks: Sequence[int | str], jobs: int = 2, limits: Limits = LIMITS
) -> dict[int | str, int | str]:
    """What came of each item: its result, or how it was lost."""
    found: dict[int | str, int | str] = {}
    for result in work(Odd(), iter(chunks), jobs, limits):
        if isinstance(result, Done):
            found.update(zip(result.items, result.results, strict=True))
        else:
            found[result.item] = result.reason
    return found


def wait_until_gone(processes: Sequence[int]) -> None:
    deadline = time.monotonic() + 10
    while any(_lives(process) for process in processes):
        assert time.monotonic() < deadline, "still running"
        time.sleep(0.01)


def _lives(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def test_all_items_are_worked_on() -> None:
    chunks = [range(start, start + 7) for start in range(0, 100, 7)]
    assert outcome(*chunks) == {item: 2 * item for item in range(105)}


def test_nothing_to_do() -> None:
    assert outcome() == {}


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("crash", "its decoder crashed (SIGSEGV)"),
        ("be killed", "its decoder was killed, mostly for want of memory"),
        ("vanish in fetching", "its decoder was killed, mostly for want of memory"),
        ("exit", "its decoder ended with status 3"),
    ],
)
def test_what_kills_a_worker_costs_one_item(item: str, reason: str) -> None:
    expected: dict[int | str, int | str] = {number: 2 * number for number in range(8)}
    assert outcome([0, 1, item, 2], [3, 4], [5], [6, 7], jobs=1) == expected | {item: reason}


@pytest.mark.parametrize("item", ["crash", "be killed", "exit", "hang"])
def test_what_is_lost_once_is_tried_again_alone(tmp_path: Path, item: str) -> None:
    chunks: list[list[int | str]] = [[0, item, 1], [2]]
    results = list(work(Once(tmp_path), iter(chunks), 1, Limits(seconds=0.6, bytes=1 << 30)))
    done = [result for result in results if isinstance(result, Done)]
    assert done == results
    assert Done([item], [0]) in done
    assert sorted(str(each) for one in done for each in one.items) == ["0", "1", "2", item]
    assert (tmp_path / "chunks").read_text().splitlines() == [
        f"[0, '{item}', 1]",
        "[0, 1]",
        f"['{item}']",
        "[2]",
    ]


def test_only_the_same_item_is_tried_for_the_last_time() -> None:
    found = list(work(Odd(), iter([["exit"], ["exit"], [1], ["exit"]]), 1, LIMITS))
    assert found.count(Lost("exit", "its decoder ended with status 3")) == 3
    assert Done([1], [2]) in found


def test_all_items_may_be_lost() -> None:
    found = list(work(Odd(), iter([["exit"] * 6]), 2, LIMITS))
    assert found == [Lost("exit", "its decoder ended with status 3")] * 6


def test_what_hangs_costs_one_item() -> None:
    limits = Limits(seconds=0.6, bytes=1 << 30)
    expected = {1: 2, "hang": "not decoded within 0.6 s", 2: 4, 3: 6}
    assert outcome([1, "hang", 2], [3], limits=limits) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_memory_is_bounded() -> None:
    assert outcome(["take memory", 1]) == {"take memory": -1, 1: 2}


def test_worker_that_cannot_go_on_ends_all() -> None:
    with pytest.raises(ProgramError, match=r"^the bucket cannot be read$"):
        outcome([1], ["no access"], [2])


def test_bug_is_told_with_its_traceback() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)Traceback.*in _obey.*ZeroDivisionError"):
        outcome(["bug"])


def test_workers_that_cannot_start() -> None:
    with pytest.raises(
        ProgramError, match=r"end at once: its decoder ended with status 7\n  hint: take a machine"
    ):
        list(work(Dead(), iter([[1]]), 1, LIMITS))


def test_chunks_are_taken_as_they_are_needed() -> None:
    taken = []

    def chunks() -> Iterator[list[int]]:
        for number in range(50):
            taken.append(number)
            yield [number]

    results = work(Odd(), chunks(), 2, LIMITS)
    for count, _ in enumerate(results, 1):
        assert len(taken) <= count + 2 * 2
    assert len(taken) == 50


def _begun(folder: Path) -> tuple[Generator[Done[int | str, int] | Lost[int | str], None, None], list[int]]:
    """Work of which a part hangs, and its processes."""
    started = folder / "started"
    results = work(Odd(started), iter([[1], ["hang"], ["hang"]]), 2, LIMITS)
    assert next(results) == Done([1], [2])
    return results, [int(line) for line in started.read_text().split()]


def test_abandoned_work_leaves_nothing_running(tmp_path: Path) -> None:
    results, processes = _begun(tmp_path)
    results.close()
    wait_until_gone(processes)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_errors_leave_nothing_running(tmp_path: Path, error: type[BaseException]) -> None:
    results, processes = _begun(tmp_path)
    with pytest.raises(error):
        results.throw(error)
    wait_until_gone(processes)


SCRIPT = """
import sys
from pathlib import Path
from steps.validate.processes.workers import Limits, work
from tests.steps.validate.processes.test_workers import Odd

if __name__ == "__main__":
    for _ in work(Odd(Path(sys.argv[1])), iter([[1], ["hang"], ["hang"]]), 2, Limits(60, 1 << 30)):
        print("begun", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_killed_program_leaves_nothing_running(tmp_path: Path, number: int) -> None:
    script, started = tmp_path / "script.py", tmp_path / "started"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), str(started)]
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        assert program.stdout
        assert program.stderr
        assert program.stdout.readline() == "begun\n"
        # Ctrl-C goes to all processes of the terminal.
        os.killpg(program.pid, number) if number == signal.SIGINT else program.send_signal(number)
        told = program.stderr.read()
    wait_until_gone([int(line) for line in started.read_text().split()])
    assert told.count("Traceback") == (1 if number == signal.SIGINT else 0)


def test_cores() -> None:
    assert cores() >= 1
