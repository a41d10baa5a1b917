"""Objects through the local SageMaker beside moto's own server, of which it is made."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from pipeline.local import lifecycle
from tests.bench.figures import Figure

_SIZES = {"1kB": 1_000, "100kB": 100_000, "4MB": 4_000_000, "100MB": 100_000_000}
# Short turns: what else runs on the machine then slows both alike.
_OBJECTS = 10
_BYTES = 20_000_000
"""Objects of a turn at most, and bytes unless it is one object."""
_ROUNDS = 25
_LARGE_ROUNDS = 9
_LARGE = 10_000_000
_BUCKET = "bench"


def figures() -> list[Figure]:
    """Uploads and downloads of objects of several sizes, turn by turn."""
    found = []
    with tempfile.TemporaryDirectory() as folder, _ours(Path(folder)) as ours, _moto(Path(folder)) as moto:
        for client in (ours, moto):
            client.create_bucket(Bucket=_BUCKET)
        for name, size in _SIZES.items():
            source, target = Path(folder) / "source", Path(folder) / "target"
            source.write_bytes(os.urandom(size))
            count = max(1, min(_OBJECTS, _BYTES // size))
            rounds = _LARGE_ROUNDS if size >= _LARGE else _ROUNDS
            for word, act in (("upload", _upload), ("download", _download)):
                took = _turn_by_turn(act, (ours, moto), source if act is _upload else target, count, rounds)
                found.append(Figure(f"s3-{word}-{name}", took[0], took[1], "s", "moto_server"))
    return found


Act = Callable[[Any, Path, int], None]


def _turn_by_turn(act: Act, clients: tuple[Any, Any], file: Path, count: int, rounds: int) -> list[float]:
    """The median of each client's seconds for one object."""
    took: list[list[float]] = [[], []]
    turns = list(zip(clients, took, strict=True))
    for client in clients:
        act(client, file, count)
    for _ in range(rounds):
        # Who was first is second in the next round.
        turns.reverse()
        for client, times in turns:
            begun = time.perf_counter()
            act(client, file, count)
            times.append((time.perf_counter() - begun) / count)
    return [statistics.median(times) for times in took]


def _upload(client: Any, file: Path, count: int) -> None:
    for number in range(count):
        client.upload_file(str(file), _BUCKET, f"object-{number}")


def _download(client: Any, file: Path, count: int) -> None:
    for number in range(count):
        client.download_file(_BUCKET, f"object-{number}", str(file))


@contextmanager
def _ours(folder: Path) -> Iterator[Any]:
    at = lifecycle.ensure_running(folder / "home", 0)
    try:
        yield _client(at.url, at.access_key, at.secret_key)
    finally:
        lifecycle.stop(folder / "home")


@contextmanager
def _moto(folder: Path) -> Iterator[Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str | Path] = [Path(sys.executable).parent / "moto_server", "--port", str(port)]
    with (folder / "moto.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(port)
        yield _client(f"http://127.0.0.1:{port}", "testing", "testing")
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("moto_server does not answer")


def _client(url: str, access_key: str, secret_key: str) -> Any:
    session: Any = boto3.Session()
    return session.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
