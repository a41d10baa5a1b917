from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from pipeline.errors import RunError, UsageError
from pipeline.local import lifecycle
from pipeline.local.lifecycle import LocalEndpoint, ensure_running, reset, status, stop
from pipeline.local.locks import hold
from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.definitions import BUCKET, definition, fail


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose server is ended after the test."""
    yield tmp_path
    stop(tmp_path)


def client(at: LocalEndpoint, service: str) -> Any:
    session: Any = boto3.Session()
    return session.client(
        service,
        endpoint_url=at.url,
        region_name=at.region,
        aws_access_key_id=at.access_key,
        aws_secret_access_key=at.secret_key,
    )


def test_a_life(home: Path) -> None:
    """Up by two commands at once, used, down, up again with all that it was told, and reset."""
    assert status(home) is None
    stop(home)

    found: list[LocalEndpoint] = []
    threads = [threading.Thread(target=lambda: found.append(ensure_running(home, 0))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = found[0]
    assert found == [first, first]
    assert status(home) == first
    assert ensure_running(home, 0) == first
    assert (first.region, first.account, first.warnings) == ("us-east-1", "123456789012", ())
    assert first.url.startswith("http://127.0.0.1:")

    client(first, "s3").put_object(Bucket=BUCKET, Key="k", Body=b"text")
    client(first, "sagemaker").create_pipeline(
        PipelineName="p", PipelineDefinition=definition(fail("Stop", "no")), RoleArn=ROLE
    )
    stop(home)
    assert status(home) is None
    with pytest.raises(ProcessLookupError):
        os.kill(first.pid, 0)

    with closing(sqlite3.connect(home / "local" / "aws" / "aws.db")) as kept:
        kept.execute("REPLACE INTO services VALUES ('sts', 'damaged')")
        kept.commit()
    second = ensure_running(home, 0)
    assert replace(second, url="", pid=0, started=0, warnings=()) == replace(first, url="", pid=0, started=0)
    assert [warning.split(";")[0] for warning in second.warnings] == [
        "what was kept of sts is damaged and starts empty"
    ]
    assert client(second, "s3").get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"text"
    assert client(second, "sagemaker").describe_pipeline(PipelineName="p")["PipelineStatus"] == "Active"

    (home / "mine.txt").write_text("mine")
    reset(home)
    assert status(home) is None
    assert [path.name for path in home.iterdir()] == ["mine.txt"]
    reset(home)


def test_one_that_does_not_end_is_killed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = ensure_running(home, 0)
    os.kill(at.pid, signal.SIGSTOP)
    monkeypatch.setattr(lifecycle, "_STOP_TIMEOUT_S", 0.2)
    stop(home)
    assert status(home) is None


def test_a_port_that_is_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("IMGPIPE_LOCAL_PORT", str(port))
        with pytest.raises(RunError) as caught:
            ensure_running(home)
    first, why, hint = str(caught.value).splitlines()
    assert first.startswith(f"error L001 port-taken: port {port} on 127.0.0.1 is taken by ")
    assert first.endswith(f" (pid {os.getpid()})")
    assert (why, hint) == (
        "  why:  the local SageMaker must listen on it",
        f"  hint: choose another port: IMGPIPE_LOCAL_PORT={port + 1}, or 0 for any free one",
    )
    assert status(home) is None


@pytest.mark.parametrize("text", ["http", "-1", "65536", "5 3"])
def test_a_port_that_is_none(home: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("IMGPIPE_LOCAL_PORT", text)
    with pytest.raises(UsageError) as caught:
        ensure_running(home)
    assert str(caught.value) == (
        f"error L006 bad-port: IMGPIPE_LOCAL_PORT is '{text}', which is no port\n"
        "  hint: 0 to 65535; 0 takes any free port"
    )


def test_a_server_that_cannot_start_shows_its_log(home: Path) -> None:
    (home / "local").mkdir()
    (home / "local" / "aws").write_text("no folder")
    with pytest.raises(RunError) as caught:
        ensure_running(home, 0)
    lines = str(caught.value).splitlines()
    assert lines[:3] == [
        "error L003 not-started: the local SageMaker did not start",
        "  why:  it ended, or took too long, without a word",
        f"  log:  {home}/local/server.log",
    ]
    assert lines[-2].strip() == f"FileExistsError: [Errno 17] File exists: '{home}/local/aws'"
    assert lines[-1] == "  hint: the log says more; `imgpipe local reset` starts from nothing"


def test_a_lock_that_somebody_else_holds(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server that is starting, or one that nobody can end."""
    (home / "local").mkdir(mode=0o700)
    handle = hold(home / "local" / "server.lock")
    try:
        assert status(home) is None
        with pytest.raises(RunError) as caught:
            reset(home)
        monkeypatch.setattr(lifecycle, "_STOP_TIMEOUT_S", 0.01)
        with pytest.raises(RunError, match=r"not-started.*\n.*another server serves"):
            ensure_running(home, 0)
    finally:
        os.close(handle)
    assert str(caught.value) == (
        f"error L005 still-running: the local SageMaker of {home}/local runs and could not be ended, so "
        "nothing was deleted\n"
        f"  hint: end its process, then try again; its log is {home}/local/server.log"
    )
    assert (home / "local").is_dir()


def test_reset_follows_no_link(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "precious").touch()
    (home / "local").symlink_to(elsewhere)
    with pytest.raises(RunError, match="L004 unsafe-folder"):
        reset(home)
    (home / "local").unlink()
    assert (elsewhere / "precious").exists()


def test_the_commands_own_module_is_quick_to_import() -> None:
    slow = "('moto', 'boto3', 'botocore')"
    program = f"import sys, pipeline.local.lifecycle; print([m for m in {slow} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
