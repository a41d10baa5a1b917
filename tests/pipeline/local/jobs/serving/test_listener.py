from __future__ import annotations

import http.client
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.local.jobs.catalog import IMAGES, on_this_machine
from pipeline.local.jobs.connections import Call
from pipeline.local.jobs.guardian import Guardian
from pipeline.local.jobs.process import Command
from pipeline.local.jobs.server_process import ServerProcess
from pipeline.local.jobs.serving.frameworks import FRAMEWORKS
from pipeline.local.jobs.serving.handlers import Functions, Model
from pipeline.local.jobs.serving.listener import Listener


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Answers with what it was asked."""
    module: Any = ModuleType("inference")
    module.model_fn = lambda folder: folder
    module.transform_fn = lambda model, body, kind, accept: body
    model = Model(Functions.of(module, FRAMEWORKS["scikit-learn"]), "/opt/ml/model")
    with Listener(0, model, workers=1) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        yield listener
        listener.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "answer"),
    [
        ("GET", "/ping", None, 200, b""),
        ("GET", "/", None, 404, b""),
        ("POST", "/invocations", b"a", 200, b"a"),
        ("POST", "/invocations", b"", 200, b""),
        ("POST", "/ping", b"a", 404, b""),
    ],
)
def test_a_container_s_two_paths_are_answered(
    listener: Listener, method: str, path: str, body: bytes | None, status: int, answer: bytes
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", listener.server_port, timeout=20)
    # Twice: the connection is kept open, or opened again.
    for _ in range(2):
        connection.request(method, path, body)
        response = connection.getresponse()
        assert (response.status, response.read()) == (status, answer)
    connection.close()


def test_a_body_without_its_length_is_refused(listener: Listener) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", listener.server_port, timeout=20)
    connection.request("POST", "/invocations", iter([b"a"]))
    assert connection.getresponse().status == 411
    connection.close()


def test_it_listens_on_loopback_alone(listener: Listener) -> None:
    assert listener.server_address[0] == "127.0.0.1"


def test_a_client_that_goes_away_is_noted(
    listener: Listener, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()
    noted = listener.handle_error

    def note(request: Any, client_address: Any) -> None:
        noted(request, client_address)
        gone.set()

    monkeypatch.setattr(listener, "handle_error", note)
    with socket.create_connection(("127.0.0.1", listener.server_port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.sendall(b"POST /invocations HTTP/1.1\r\nContent-Length: 9\r\n\r\n1")
    assert gone.wait(20)
    assert capfd.readouterr().out.startswith("a client has gone: [Errno ")


WAITS = """
def model_fn(folder): return folder
def transform_fn(model, body, kind, accept):
    with open(body) as file:
        return file.read()
"""


def test_a_request_that_runs_is_answered_before_the_end(tmp_path: Path) -> None:
    code = tmp_path / "ml" / "model" / "code"
    code.mkdir(parents=True)
    (code / "inference.py").write_text(WAITS)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def command(port: int) -> Command:
        variables = {"SAGEMAKER_BASE_DIR": str(tmp_path / "ml"), "SAGEMAKER_BIND_TO_PORT": str(port)}
        return Command(on_this_machine(IMAGES["pytorch-inference"].serve or ()), variables, tmp_path)

    guardian = Guardian()
    server = ServerProcess(command, lambda lines: None, guardian)
    answers: list[bytes] = []
    try:
        server.wait_ready(60)
        call = Call("POST", "/invocations", 30, str(fifo).encode(), {"Content-Type": "text/csv"})
        asking = threading.Thread(target=lambda: answers.append(server.send(call).body))
        asking.start()
        with fifo.open("w") as file:
            # Its function has opened the other end: it runs.
            stopping = threading.Thread(target=server.stop, args=(30,))
            stopping.start()
            assert server.process.wait(0.2) is None
            file.write("the last")
        asking.join()
        stopping.join()
    finally:
        server.kill()
        guardian.close()
    assert answers == [b"the last"]
    assert server.process.wait() == 0
