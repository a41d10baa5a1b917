import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.deploy import runtimes
from steps.deploy.server import serve

from .conftest import Folder, picture

SERVING = re.compile(r"serving 3 classes on http://127\.0\.0\.1:(\d+)")


class Server:
    """A server of its own process on a free port."""

    def __init__(self, base: Path) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "steps.deploy.server"],
            env=os.environ | {"SAGEMAKER_BASE_DIR": str(base), "SAGEMAKER_BIND_TO_PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def port(self) -> int:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if found := SERVING.search(line):
                return int(found[1])
        pytest.fail(f"the server ended: {self.lines}")

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=30)
        return self.process.returncode, "".join(self.lines) + out


def wait_until_closed(port: int) -> None:
    """Until nothing listens there: the first that a server does when it is told to stop."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
    pytest.fail("the server still listens")


@pytest.fixture
def server(model_folder: Folder) -> Iterator[Server]:
    server = Server(model_folder())
    try:
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


def test_serves_until_sigterm(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port(), timeout=30)
    try:
        connection.request("GET", "/ping")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"")
        headers = {"Content-Type": "application/x-image", "Accept": "application/json"}
        connection.request("POST", "/invocations", picture("blue"), headers)
        response = connection.getresponse()
        assert response.status == 200
        assert json.loads(response.read())[2] > 0.99
        connection.request("POST", "/invocations", b"hello", headers)
        response = connection.getresponse()
        assert response.status == 422
        assert json.loads(response.read())["code"] == "not-an-image"
    finally:
        connection.close()
    status, log = server.stop(signal.SIGTERM)
    assert status == 0
    assert "INFO" in log
    assert "stopped by SIGTERM" in log
    assert "Traceback" not in log


def test_running_request_is_answered_after_sigterm(server: Server) -> None:
    port = server.port()
    body = picture("blue")
    head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {len(body)}"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        # The server asks for the body once it has begun to answer the request.
        connection.sendall(f"{head}\r\nExpect: 100-continue\r\n\r\n".encode())
        answer = connection.makefile("rb")
        assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"
        server.process.send_signal(signal.SIGTERM)
        wait_until_closed(port)
        connection.sendall(body)
        assert answer.readline() == b"\r\n"
        assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
        probabilities = json.loads(answer.read().rpartition(b"\r\n\r\n")[2])
    assert probabilities[2] > 0.99
    server.process.communicate(timeout=30)
    assert server.process.returncode == 0


def test_interrupt_stops_it_too(server: Server) -> None:
    server.port()
    status, log = server.stop(signal.SIGINT)
    assert status == 0
    assert "stopped by SIGINT" in log
    assert "Traceback" not in log


def test_damaged_model_ends_it(model_folder: Folder) -> None:
    base = model_folder(b"not a graph")
    done = subprocess.run(
        [sys.executable, "-m", "steps.deploy.server"],
        env=os.environ | {"SAGEMAKER_BASE_DIR": str(base), "SAGEMAKER_BIND_TO_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"the model in {base}/model cannot be served: {base}/model/model.onnx is damaged: " in done.stdout
    assert done.stdout.endswith(
        "\n  hint: it has to be the model.tar.gz of a training job of this pipeline, unpacked\n"
    )
    assert "Traceback" not in done.stdout + done.stderr


def test_needs_no_torch(model_folder: Folder) -> None:
    """Importing torch takes seconds and hundreds of megabytes, and a serving container may not have it."""
    code = """
        import sys
        sys.modules["torch"] = None
        import steps.deploy.server
        from pathlib import Path
        from steps.deploy.classifier import load_classifier
        load_classifier(Path(sys.argv[1]), "onnxruntime", threads=1)
        heavy = {"torch", "onnx", "sagemaker", "boto3", "botocore", "pydantic"}
        sys.exit(", ".join(sorted(name for name in heavy if sys.modules.get(name))) or 0)
    """
    arguments = [sys.executable, "-c", textwrap.dedent(code), str(model_folder() / "model")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert (done.stderr.strip(), done.returncode) == ("", 0)


def test_missing_model(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "steps.deploy.server"],
        env=os.environ | {"SAGEMAKER_BASE_DIR": str(tmp_path), "SAGEMAKER_BIND_TO_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    folder = tmp_path / "model"
    assert f"the model in {folder} cannot be served: {folder} is no complete model" in done.stdout


class TestBeforeListening:
    def test_runtime_that_is_not_installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runtimes, "find_spec", lambda name: None)
        message = f"the model in {tmp_path} cannot be served: openvino not installed; install one with pip"
        with pytest.raises(ProgramError, match=f"^{re.escape(message)}$"):
            serve(tmp_path, {}, ["--runtime", "openvino"])

    @pytest.mark.parametrize("port", ["http", "-1", "65536", "٣"])
    def test_port_that_is_none(self, tmp_path: Path, port: str) -> None:
        message = f"SAGEMAKER_BIND_TO_PORT is '{port}', which is no port: give a number from 0 to 65535"
        with pytest.raises(ProgramError, match=f"^{re.escape(message)}$"):
            serve(tmp_path, {"SAGEMAKER_BIND_TO_PORT": port}, [])

    def test_port_that_is_taken(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            message = (
                f"cannot listen on 127.0.0.1:{port}: Address already in use\n"
                "  hint: stop what listens there, or set SAGEMAKER_BIND_TO_PORT to another port"
            )
            with pytest.raises(ProgramError, match=f"^{re.escape(message)}$"):
                serve(tmp_path, {"SAGEMAKER_BIND_TO_PORT": str(port)}, [])
