from __future__ import annotations

import logging
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline.local.jobs import container, mounts
from pipeline.local.jobs.container import NOT_MOUNTED
from pipeline.local.jobs.mounts import Mounts, NoMounts, command, probe

from .place import MOUNTS, SECONDS


def run(folder: Path, program: str, *, hosts: str = "127.0.0.1 algo-1\n") -> subprocess.CompletedProcess[str]:
    names = folder.parent / "hosts"
    names.write_text(hosts)
    arguments = [*command(folder, names), "/bin/sh", "-c", textwrap.dedent(program)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=SECONDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ml"
    folder.mkdir()
    return folder


def test_a_program_sees_its_folder(folder: Path) -> None:
    (folder / "in").write_text("hello")
    done = run(folder, "cat /opt/ml/in /etc/hosts; echo made > /opt/ml/out; exit 7")
    if not MOUNTS.works():
        assert done.returncode == NOT_MOUNTED
        return
    assert (done.returncode, done.stdout) == (7, "hello127.0.0.1 algo-1\n")
    out = folder / "out"
    assert out.read_text() == "made\n"
    assert out.stat().st_uid == folder.stat().st_uid
    assert not Path("/opt/ml/in").exists()


def test_what_else_is_in_opt_stays(folder: Path) -> None:
    before = sorted(path.name for path in Path("/opt").iterdir()) if Path("/opt").is_dir() else []
    done = run(folder, "ls -A /opt")
    if MOUNTS.works():
        assert done.stdout.split() == sorted({*before, "ml"})


@pytest.mark.parametrize(
    ("program", "code", "output"),
    [
        ("kill -9 $$", 137, ""),
        ("exec /no/such/program", 127, None),
    ],
)
def test_exit_codes_are_those_of_a_container(
    folder: Path, program: str, code: int, output: str | None
) -> None:
    done = run(folder, program)
    if MOUNTS.works():
        assert done.returncode == code
        assert output is None or done.stdout == output


def test_a_program_that_is_not_there(folder: Path) -> None:
    arguments = [*command(folder, folder), "/no/such/program"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=SECONDS)
    if MOUNTS.works():
        # `hosts` is a folder, which cannot become /etc/hosts.
        assert (done.returncode, "cannot show" in done.stdout) == (NOT_MOUNTED, True)


def test_nothing_outlives_the_program(folder: Path) -> None:
    """Not even a process that left its group: its connection closes when it is gone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        port = listener.getsockname()[1]
        source = f"""
            import os, socket, time
            ready, tell = os.pipe()
            if os.fork() == 0:
                os.setsid()
                connection = socket.create_connection(("127.0.0.1", {port}))
                os.write(tell, b"x")
                time.sleep(600)
            os.read(ready, 1)
        """
        (folder / "escape.py").write_text(textwrap.dedent(source))
        if not MOUNTS.works():
            return
        done = run(folder, "exec python3 -I -S /opt/ml/escape.py")
        assert done.returncode == 0, done
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(SECONDS)
            assert connection.recv(1) == b""


def test_it_is_found_out_once_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = ["forbidden", ""]
    monkeypatch.setattr(mounts, "probe", lambda: answers.pop(0))
    asked = Mounts()
    with caplog.at_level(logging.WARNING):
        assert (asked.works(), asked.works()) == (False, False)
    assert caplog.messages == [
        (
            "programs do not see their folder as /opt/ml here (forbidden): they get its path in their "
            "arguments, in their variables and in SAGEMAKER_BASE_DIR"
        )
    ]
    assert Mounts().works()
    assert not NoMounts().works()


def test_other_systems_have_no_such_mounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert probe() == "darwin has no mounts of a process's own"


def test_mounts_do_without_processes_of_their_own(folder: Path, tmp_path: Path) -> None:
    """Where /proc cannot be mounted anew, as in many containers."""
    source = Path(container.__file__).read_text()
    assert source.count('"/proc", "proc", 0') == 1
    other = tmp_path / "container.py"
    other.write_text(source.replace('"/proc", "proc", 0', '"/proc", "no-such-type", 0'))
    (folder / "in").write_text("hello")
    (tmp_path / "hosts").write_text("")
    arguments = [sys.executable, "-I", "-S", str(other), str(folder), str(tmp_path / "hosts")]
    program = ["/bin/sh", "-c", "cat /opt/ml/in; exit 4"]
    done = subprocess.run([*arguments, *program], capture_output=True, text=True, check=False)
    if MOUNTS.works():
        assert (done.returncode, done.stdout) == (4, "hello")
