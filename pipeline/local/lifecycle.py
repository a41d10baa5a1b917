"""The local SageMaker's process: up, down, status, reset. Imports nothing slow: every command may use it."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import Finding, RunError, UsageError
from pipeline.local.home import Home, key_pair
from pipeline.local.jobs.supervised import Place
from pipeline.local.locks import holding, is_held, wait_until_free
from pipeline.local.ports import listener

DEFAULT_PORT = 5333
PORT_VARIABLE = "IMGPIPE_LOCAL_PORT"

# It imports moto (2 s on a quiet machine) and restores its state.
_START_TIMEOUT_S = 90.0
# Endpoints and jobs are ended, and moto's state is saved.
_STOP_TIMEOUT_S = 30.0
_LOG_LINES = 10


@dataclass(frozen=True)
class LocalEndpoint:
    """A running local SageMaker.

    Attributes:
        url: Such as http://127.0.0.1:5333.
        access_key: To sign with.
        secret_key: To sign with.
        region: Its region.
        account: Its account.
        pid: The server's process.
        started: Seconds since the epoch.
        warnings: What its user should know, a sentence each, such as damaged state.
    """

    url: str
    access_key: str
    secret_key: str
    region: str
    account: str
    pid: int
    started: float = 0.0
    warnings: tuple[str, ...] = ()


def status(home: Path) -> LocalEndpoint | None:
    """The running server of a home, or None."""
    at = Home(home)
    if not is_held(at.server_lock):
        return None
    try:
        told = json.loads(at.server.read_text())
    except (FileNotFoundError, ValueError):
        # It holds its lock from its first moment, and writes this file when it is ready.
        return None
    return _endpoint(at, told)


def ensure_running(home: Path, port: int | None = None) -> LocalEndpoint:
    """The running server of a home; started if there is none. Two commands at once get the same one.

    Args:
        home: The folder of imgpipe.
        port: Port on 127.0.0.1; 0 takes any free one; None means $IMGPIPE_LOCAL_PORT, else 5333. Not looked
            at if the server runs.

    Raises:
        RunError: L001: the port is taken. L003: the server did not start. L004: the folder is unsafe.
        UsageError: L006: $IMGPIPE_LOCAL_PORT is no port.
    """
    if running := status(home):
        return running
    at = Home(home)
    at.make()
    wanted = _port(os.environ) if port is None else port
    with holding(at.start_lock):
        # Another command may have started it while this one waited; or killed it, and it is not quite gone.
        if running := status(home):
            return running
        wait_until_free(at.server_lock, _STOP_TIMEOUT_S)
        told = _start(at, wanted)
    return _endpoint(at, told)


def stop(home: Path) -> None:
    """End the server with its jobs and endpoints, and jobs that a server which was killed has left."""
    at = Home(home)
    if not at.local.is_dir():
        return
    with holding(at.start_lock):
        if running := status(home):
            _stop(at, running)
        if not is_held(at.server_lock):
            _end_left_jobs(at)


def _stop(at: Home, running: LocalEndpoint) -> None:
    _signal(running.pid, signal.SIGTERM)
    if not wait_until_free(at.server_lock, _STOP_TIMEOUT_S):
        _signal(running.pid, signal.SIGKILL)
        wait_until_free(at.server_lock, _STOP_TIMEOUT_S)
    at.server.unlink(missing_ok=True)
    with suppress(ChildProcessError):
        # Where the process that started it lives on, as in tests.
        os.waitpid(running.pid, 0)


def _end_left_jobs(at: Home) -> None:
    for folder in (*at.jobs.glob("*/*"), *at.jobs.glob("*/*/algo-*")):
        Place(folder).kill()


def reset(home: Path) -> None:
    """End the server and delete all that the local SageMaker keeps.

    Raises:
        RunError: L004: the folder is not its own. L005: the server cannot be ended.
    """
    at = Home(home)
    stop(home)
    if not at.local.exists() and not at.local.is_symlink():
        return
    at.make()
    if is_held(at.server_lock):
        raise RunError(
            Finding(
                "L005",
                "still-running",
                f"the local SageMaker of {at.local} runs and could not be ended, so nothing was deleted",
                hint=f"end its process, then try again; its log is {at.log}",
            )
        )
    shutil.rmtree(at.local)


def _endpoint(at: Home, told: Mapping[str, Any]) -> LocalEndpoint:
    keys = key_pair(at)
    return LocalEndpoint(
        url=told["url"],
        access_key=keys.access_key,
        secret_key=keys.secret_key,
        region=told["region"],
        account=told["account"],
        pid=told["pid"],
        started=told["started"],
        warnings=tuple(told["warnings"]),
    )


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get(PORT_VARIABLE) or str(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise UsageError(
            Finding(
                "L006",
                "bad-port",
                f"{PORT_VARIABLE} is '{text}', which is no port",
                hint="0 to 65535; 0 takes any free port",
            )
        )
    return int(text)


def _start(at: Home, port: int) -> dict[str, Any]:
    """Start the server and wait until it says that it is ready, or why it is not."""
    at.server.unlink(missing_ok=True)
    reader, writer = os.pipe()
    try:
        try:
            _launch(at, port, writer)
        finally:
            os.close(writer)
        line = _read_line(reader)
    finally:
        os.close(reader)
    if not line:
        raise _not_started(at)
    told: dict[str, Any] = json.loads(line)
    if "error" in told:
        raise _port_taken(port) if told["error"] == "port-taken" else _not_started(at, told["error"])
    return told


def _launch(at: Home, port: int, writer: int) -> None:
    command = [sys.executable, "-m", "pipeline.local", "--home", str(at.path), "--port", str(port)]
    # moto and botocore must not look at the user's AWS settings.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    with os.fdopen(os.open(at.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        process = subprocess.Popen(
            [*command, "--report", str(writer)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(writer,),
            # Ctrl-C in the terminal that started it must not reach it.
            start_new_session=True,
            cwd=Path(__file__).parents[2],
            env=environment,
        )
    # It outlives this process on purpose: without a return code Popen would warn that nobody waits for it.
    process.returncode = 0


def _read_line(handle: int) -> bytes:
    """What the server says of its start; empty if it died or is too slow."""
    ready, _, _ = select.select([handle], [], [], _START_TIMEOUT_S)
    # One write of less than PIPE_BUF bytes: it comes whole.
    return os.read(handle, select.PIPE_BUF) if ready else b""


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _port_taken(port: int) -> RunError:
    owner = listener(port)
    return RunError(
        Finding(
            "L001",
            "port-taken",
            f"port {port} on 127.0.0.1 is taken" + (f" by {owner}" if owner else ""),
            details=(("why", "the local SageMaker must listen on it"),),
            hint=f"choose another port: {PORT_VARIABLE}={(port + 1) % 65536}, or 0 for any free one",
        )
    )


def _not_started(at: Home, why: str = "it ended, or took too long, without a word") -> RunError:
    lines = at.log.read_text(errors="replace").splitlines()[-_LOG_LINES:] if at.log.exists() else []
    return RunError(
        Finding(
            "L003",
            "not-started",
            "the local SageMaker did not start",
            details=(("why", why), ("log", "\n".join([str(at.log), *lines]))),
            hint="the log says more; `imgpipe local reset` starts from nothing",
        )
    )
