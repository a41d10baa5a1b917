"""10,000 requests, one in twenty hostile: each gets the answer that it has to get, and memory stays flat."""

from __future__ import annotations

import random
import struct
import tempfile
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from steps.deploy.intake import MAX_BODY_BYTES
from steps.deploy.runtimes import choose
from steps.deploy.wishes import HEADER
from tests.bench import serving
from tests.bench.figures import Figure
from tests.bench.load import Target

_CLIENTS = 16
_WARM, _MANY = 2_000, 8_000
_HOSTILE = 0.05
_GROWTH_LIMIT = 1.1
_JPEG = {"Content-Type": "image/jpeg"}


def figures() -> list[Figure]:
    """The server's memory in the end beside that after the first requests; a wrong answer ends the run."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving.ours(Path(folder), choose(None), layers=18, side=64) as (target, process),
    ):
        _send(target, _WARM)
        early = _resident(process)
        _send(target, _MANY)
        late = _resident(process)
    peer = f"{_GROWTH_LIMIT} x after {_WARM} requests"
    return [Figure("serve-soak-memory", late, early * _GROWTH_LIMIT, "MB", peer)]


def _send(target: Target, count: int) -> None:
    with ThreadPoolExecutor(_CLIENTS) as pool:
        list(pool.map(lambda seed: _client(target, seed, count // _CLIENTS), range(_CLIENTS)))


def _client(target: Target, seed: int, count: int) -> None:
    chance = random.Random(seed)
    hostile = _hostile(target)
    connection = target.connect()
    for _ in range(count):
        sent = chance.choice(hostile) if chance.random() < _HOSTILE else target
        sent.send(connection)
    connection.close()


def _hostile(target: Target) -> list[Target]:
    """Requests with the status that each has to be refused with."""
    photo = target.body
    cases: list[tuple[bytes, Mapping[str, str], int]] = [
        (b"", _JPEG, 400),
        (b"--x\r\n\r\na", {"Content-Type": "multipart/mixed; boundary=x"}, 400),
        (photo, _JPEG | {HEADER: "top_k=x"}, 400),
        (photo, _JPEG | {"Accept": "text/html"}, 406),
        (_bomb(), _JPEG, 413),
        (b"x" * (MAX_BODY_BYTES + 1), _JPEG, 413),
        (photo, {"Content-Type": "text/html"}, 415),
        (photo[:-500], _JPEG, 422),
        (b"hello", _JPEG, 422),
    ]
    return [replace(target, body=body, headers=headers, status=status) for body, headers, status in cases]


def _bomb() -> bytes:
    """A PNG of 900 million pixels by its header."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100_000)))


def _resident(process: int) -> float:
    """MB of memory that a process holds."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise ValueError(f"process {process} has no memory")
