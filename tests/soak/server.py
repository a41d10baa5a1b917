"""The local SageMaker with images of its own, started so that it can be killed."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.config import Config

from pipeline.local.home import Home, key_pair

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/soak:1"
_ROOT = Path(__file__).parents[2]
_START_S = 90.0


class Clients:
    """Clients of the servers of one home, on one port; for any thread. They do not try again.

    Args:
        home: The home.
        port: The port.
    """

    def __init__(self, home: Path, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._keys = key_pair(Home(home))
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

    def of(self, service: str) -> Any:
        """The boto3 client of a service; making one takes longer than most requests."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._client(service)
            return self._made[service]

    def _client(self, service: str) -> Any:
        session: Any = boto3.Session()
        return session.client(
            service,
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id=self._keys.access_key,
            aws_secret_access_key=self._keys.secret_key,
            config=Config(
                retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, connect_timeout=10
            ),
        )


def launch(home: Path, port: int, report: int) -> subprocess.Popen[bytes]:
    """Start a server that will say on a file descriptor when it is ready."""
    command = [sys.executable, "-m", "tests.soak.server", "--home", str(home), "--port", str(port)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    with (home / "server.log").open("ab") as log:
        return subprocess.Popen(
            [*command, "--report", str(report)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(report,),
            start_new_session=True,
            cwd=_ROOT,
            env=environment,
        )


def start(home: Path, port: int) -> subprocess.Popen[bytes]:
    """Start a server and wait until it is ready."""
    reader, writer = os.pipe()
    try:
        process = launch(home, port, writer)
        os.close(writer)
        select.select([reader], [], [], _START_S)
        told = json.loads(os.read(reader, select.PIPE_BUF) or b"{}")
    finally:
        os.close(reader)
    assert told.get("warnings") == [], (told, (home / "server.log").read_text()[-3000:])
    return process


def kill_while_it_starts(home: Path, port: int, after: float) -> None:
    """Start a server and kill it so many seconds later."""
    reader, writer = os.pipe()
    process = launch(home, port, writer)
    os.close(writer)
    time.sleep(after)
    process.kill()
    process.wait()
    os.close(reader)


def main() -> int:
    """Serve, with a program of the tests behind an image of the tests."""
    from pipeline.local.__main__ import main as serve
    from pipeline.local.jobs.catalog import IMAGES, Image
    from tests.pipeline.local.jobs.servers import SERVER

    program = (sys.executable, "-I", "-S", "-u", "-c", SERVER)
    cast(dict[str, Image], IMAGES)["soak"] = Image(serve=program, runs_scripts=True)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    return serve()


def _end_with(parent: int) -> None:
    """A soak that is interrupted leaves no server."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    raise SystemExit(main())
