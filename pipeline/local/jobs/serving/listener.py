"""HTTP for one model: /ping and /invocations, on loopback."""

from __future__ import annotations

import http.server
import socketserver
import sys
import threading
import traceback
from typing import Any

from pipeline.local.jobs.serving.handlers import Model, Request, ScriptError
from pipeline.local.jobs.subprogram import say

_LOOPBACK = "127.0.0.1"
_LAST_ANSWERS_S = 20.0
"""Seconds for running requests after SIGTERM; SageMaker kills a container 30 s after it."""


class Listener(http.server.ThreadingHTTPServer):
    """Answers for a model: a thread each connection, and so many at once in its functions as it has workers.

    The images have single-threaded processes as workers, so a script need not be fit for threads: without
    SAGEMAKER_MODEL_SERVER_WORKERS its functions run one at a time.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, model: Model, workers: int) -> None:
        self.model = model
        self.turns = threading.Semaphore(workers)
        self._workers = workers
        super().__init__((_LOOPBACK, port), _Connection)

    def server_bind(self) -> None:
        """Bind, without asking for the machine's name as the base class does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection broke."""
        del request, client_address
        say(f"a client has gone: {sys.exc_info()[1]}")

    def serve(self) -> None:
        """Answer until SystemExit is raised in this thread; requests that run then are answered."""
        try:
            self.serve_forever()
        finally:
            self.server_close()
            for _ in range(self._workers):
                self.turns.acquire(timeout=_LAST_ANSWERS_S / self._workers)


class _Connection(http.server.BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and body of an answer in one packet.
    wbufsize = -1

    def do_GET(self) -> None:
        """A ping: there is no listener before the model is loaded."""
        self._reply(200 if self.path == "/ping" else 404, b"", "text/plain")

    def do_POST(self) -> None:
        """An invocation."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            self._reply(411, b"", "text/plain")
            return
        body = self.rfile.read(int(length))
        if self.path != "/invocations":
            self._reply(404, b"", "text/plain")
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(body, headers)
        with self.server.turns:
            self._reply(*_answer(self.server.model, request))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Requests are not told: the log is the script's."""

    def _reply(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def _answer(model: Model, request: Request) -> tuple[int, bytes, str]:
    try:
        return 200, *model.answer(request)
    except ScriptError as error:
        if error.status == 500:
            say(trace_of(error))
        return error.status, str(error).encode(), "text/plain"


def trace_of(error: ScriptError) -> str:
    """Where in a script an error was raised: its traceback, without what called the script."""
    cause = error.__cause__ or error
    trace = cause.__traceback__
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(cause), cause, trace)).rstrip()


def _is_ours(file: str) -> bool:
    return file.startswith((__file__.rpartition("/")[0], "<frozen importlib")) or "/importlib/" in file
