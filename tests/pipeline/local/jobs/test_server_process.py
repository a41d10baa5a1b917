from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.local.jobs.connections import Call, NoAnswer, TooSlow
from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.process import Command, NotStarted
from pipeline.local.jobs.server_process import NotReady, ServerProcess

from .programs import is_alive, open_descriptors
from .servers import SERVER


class Servers:
    """Starts servers and ends those that are left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.guardian = Guardian()
        self._started: list[ServerProcess] = []

    def start(self, answer: str = "hello", program: str = sys.executable) -> ServerProcess:
        (self.folder / "model").mkdir(exist_ok=True)
        (self.folder / "model" / "model.txt").write_text(answer)
        (self.folder / "server.py").write_text(SERVER)

        def command(port: int) -> Command:
            variables = {"SAGEMAKER_BASE_DIR": str(self.folder), "SAGEMAKER_BIND_TO_PORT": str(port)}
            return Command([program, "-I", "-S", str(self.folder / "server.py")], variables, self.folder)

        server = ServerProcess(command, self.read, self.guardian)
        self._started.append(server)
        return server

    def read(self, lines: Sequence[str]) -> None:
        self.lines += lines

    def close(self) -> None:
        for server in self._started:
            server.kill()
        self.guardian.close()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    servers = Servers(tmp_path)
    yield servers
    servers.close()


def invocation(body: bytes, timeout: float = 20) -> Call:
    return Call("POST", "/invocations", timeout, body, {"Content-Type": "text/x", "Accept": "text/y"})


def test_a_server_answers_until_it_is_stopped(servers: Servers) -> None:
    server = servers.start()
    server.wait_ready(20)
    answer = server.send(invocation(b"image"))
    pid = server.process.pid
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body) == ["hello", "image", "text/x", "text/y", pid]
    assert server.send(invocation(b"bug")).status == 500
    server.stop(20)
    assert not is_alive(pid)
    assert servers.lines == ["serving hello"]
    with pytest.raises(NoAnswer, match=r"^the server ended with exit code 143$"):
        server.send(invocation(b"image"))
    server.stop(20)
    server.kill()


def test_many_threads_share_a_server(servers: Servers) -> None:
    server = servers.start()
    server.wait_ready(20)
    answers: list[str] = []

    def ask(text: str) -> None:
        for _ in range(5):
            answers.append(json.loads(server.send(invocation(text.encode())).body)[1])

    threads = [threading.Thread(target=ask, args=(f"image-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(f"image-{number}" for number in range(8) for _ in range(5))


def test_a_connection_that_the_server_closed_is_replaced(servers: Servers) -> None:
    server = servers.start()
    server.wait_ready(20)
    server.send(invocation(b"image"))
    (connection,) = server._connections._idle
    connection.sock.shutdown(socket.SHUT_RDWR)
    assert server.send(invocation(b"image")).status == 200


def test_a_slow_answer_is_no_answer(servers: Servers) -> None:
    server = servers.start()
    server.wait_ready(20)
    with pytest.raises(TooSlow, match="timed out"):
        server.send(invocation(b"slow", timeout=0.05))
    assert server.send(invocation(b"image")).status == 200


def test_a_server_that_ends_is_not_waited_for(servers: Servers) -> None:
    with pytest.raises(NotReady) as caught:
        servers.start("broken").wait_ready(60)
    assert caught.value.what == "it ended with exit code 3 before it answered GET /ping"
    assert str(caught.value) == f"{caught.value.what}: serving broken\ncannot load the model"
    assert servers.lines == ["serving broken", "cannot load the model"]


def test_what_a_server_said_last_has_the_paths_of_a_container(servers: Servers) -> None:
    program = servers.folder / "fails.py"
    program.write_text(f"print('one')\nprint('two')\nprint()\nopen({str(servers.folder)!r} + '/model/gone')")

    def command(port: int) -> Command:
        variables = {"SAGEMAKER_BASE_DIR": str(servers.folder)}
        return Command([sys.executable, "-I", "-S", str(program)], variables, servers.folder)

    server = ServerProcess(command, servers.read, servers.guardian)
    with pytest.raises(NotReady) as caught:
        server.wait_ready(60)
    server.kill()
    assert caught.value.said.splitlines()[-1] == (
        "FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/gone'"
    )
    assert len(caught.value.said.splitlines()) == 3
    assert str(servers.folder) not in caught.value.said


def test_a_server_that_is_never_ready_is_given_up(servers: Servers) -> None:
    with pytest.raises(
        NotReady,
        match=r"^it did not answer GET /ping with 200 within 0\.4 s \(last: (status 503|.*refused)\)$",
    ):
        servers.start("never ready").wait_ready(0.4)


def test_a_server_without_a_program_leaves_nothing(servers: Servers) -> None:
    before = open_descriptors()
    with pytest.raises(NotStarted, match="cannot start 'no-such-program'"):
        servers.start(program="no-such-program")
    assert open_descriptors() == before


def test_a_reserved_port_is_nobody_else_s(servers: Servers) -> None:
    server = servers.start("never ready")
    with socket.socket() as other:
        taken = set()
        for _ in range(50):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", 0))
                taken.add(probe.getsockname()[1])
        assert server.port not in taken
        with pytest.raises(OSError, match="Address already in use"):
            other.bind(("127.0.0.1", server.port))
    assert os.getpid() != server.process.pid
