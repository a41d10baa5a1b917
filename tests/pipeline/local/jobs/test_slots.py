from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.local.jobs.slots import Slots, most_jobs, threads_each


@pytest.mark.parametrize(
    ("text", "cores", "most"),
    [
        (None, 1, 1),
        (None, 2, 1),
        (None, 3, 1),
        (None, 8, 4),
        ("3", 2, 3),
        ("0", 8, 4),
        ("-1", 8, 4),
        ("many", 8, 4),
        ("", 8, 4),
    ],
)
def test_how_many_jobs(text: str | None, cores: int, most: int) -> None:
    environment = {} if text is None else {"IMGPIPE_LOCAL_JOBS": text}
    assert most_jobs(environment, cores) == most


@pytest.mark.parametrize(("most", "cores", "threads"), [(1, 2, 2), (4, 8, 2), (3, 8, 2), (4, 2, 1)])
def test_how_many_threads(most: int, cores: int, threads: int) -> None:
    assert threads_each(most, cores) == threads


def test_this_machine_has_cores() -> None:
    assert most_jobs({}) >= 1
    assert threads_each(most_jobs({})) >= 1


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_more_run_at_once(most: int) -> None:
    slots, lock, together = Slots(most), threading.Lock(), threading.Barrier(most)
    running, greatest = 0, 0

    def job(_: int) -> None:
        nonlocal running, greatest
        with slots.taken(lambda: False):
            with lock:
                running += 1
                greatest = max(greatest, running)
            together.wait(20)
            with lock:
                running -= 1

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(job, range(6)))
    assert greatest == most


def test_first_come_first_served() -> None:
    slots, order = Slots(1), list[int]()
    waiting = [threading.Event() for _ in range(4)]

    def job(number: int) -> None:
        def is_ended() -> bool:
            # It is asked when it has taken its place in the queue.
            waiting[number].set()
            return False

        with slots.taken(is_ended):
            order.append(number)

    with ThreadPoolExecutor(4) as threads, slots.taken(lambda: False):
        for number in range(4):
            threads.submit(job, number)
            assert waiting[number].wait(20)
        # The pool ends when all have run.
    assert order == [0, 1, 2, 3]


def test_one_that_is_ended_waits_no_longer() -> None:
    slots, ended, waits, through = Slots(1), threading.Event(), threading.Event(), threading.Event()

    def is_ended() -> bool:
        waits.set()
        return ended.is_set()

    def job() -> None:
        with slots.taken(is_ended):
            through.set()

    with ThreadPoolExecutor(1) as threads, slots.taken(lambda: False):
        threads.submit(job)
        assert waits.wait(20)
        assert not through.is_set()
        ended.set()
        slots.wake()
        assert through.wait(20)


def test_one_that_must_wait_is_told_why() -> None:
    slots, told, through = Slots(2), list[str](), threading.Event()

    def job() -> None:
        with slots.taken(through.is_set, told.append):
            pass

    with slots.taken(lambda: False, told.append), slots.taken(lambda: False, told.append):
        assert told == []
        through.set()
        job()
    assert told == ["Waiting for a free slot: 2 of 2 jobs run (IMGPIPE_LOCAL_JOBS)"]


def test_one_that_cannot_say_so_leaves_the_queue() -> None:
    slots = Slots(1)

    def gone(_: str) -> None:
        raise LookupError

    with slots.taken(lambda: False), pytest.raises(LookupError), slots.taken(lambda: False, gone):
        pass
    with slots.taken(lambda: False):
        pass


def test_one_that_runs_already_waits_for_nobody() -> None:
    slots, told = Slots(1), list[str]()
    with slots.taken(lambda: False), slots.taken(lambda: False, told.append, at_once=True):
        assert told == []
    with slots.taken(lambda: False):
        pass
