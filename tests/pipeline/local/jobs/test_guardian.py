from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline.local.jobs.guardian import Guardian

from .programs import is_alive, wait_until_gone

# A server that starts one program, which starts another, and then waits for ever.
SERVER = """
    import sys
    from pathlib import Path
    from pipeline.local.jobs.guardian import Guardian
    from pipeline.local.jobs.process import Command, Process

    def show(lines):
        for line in lines:
            print(line, flush=True)

    job = "import os, time; os.fork(); print(os.getpid(), flush=True); time.sleep(600)"
    Process(Command([sys.executable, "-S", "-c", job], {}, Path("/")), show, Guardian()).wait()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_job_ends_with_its_server(how: signal.Signals) -> None:
    command = [sys.executable, "-c", textwrap.dedent(SERVER)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[4]
    ) as server:
        assert server.stdout is not None
        pids = [int(server.stdout.readline()) for _ in range(2)]
        assert all(is_alive(pid) for pid in pids)
        server.send_signal(how)
        server.wait(20)
        assert all(wait_until_gone(pid) for pid in pids)


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "600"], start_new_session=True)


def test_only_what_is_watched_is_killed() -> None:
    guardian = Guardian()
    with sleeper() as watched, sleeper() as forgotten:
        guardian.watch(watched.pid)
        guardian.watch(forgotten.pid)
        guardian.forget(forgotten.pid)
        guardian.close()
        assert watched.wait(10) == -signal.SIGKILL
        assert forgotten.poll() is None
        forgotten.kill()


def test_a_killed_guardian_has_a_successor() -> None:
    guardian = Guardian()
    with sleeper() as first, sleeper() as second:
        guardian.watch(first.pid)
        assert guardian._process is not None
        guardian._process.kill()
        guardian._process.wait()
        guardian.watch(second.pid)
        guardian.close()
        assert first.wait(10) == second.wait(10) == -signal.SIGKILL


def test_it_starts_only_when_needed_and_ends_when_closed() -> None:
    guardian = Guardian()
    assert guardian._process is None
    guardian.close()
    guardian.watch(os.getpid() + 2**22)
    process = guardian._process
    guardian.close()
    assert process is not None
    assert process.returncode == 0
