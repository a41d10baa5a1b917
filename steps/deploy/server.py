"""The program of a serving container: loads <base>/model and answers over HTTP until it is told to stop.

    SAGEMAKER_BASE_DIR      the container's base folder; /opt/ml
    SAGEMAKER_BIND_TO_PORT  8080; 0 takes any free port, which the log names
    --host                  127.0.0.1; a container needs 0.0.0.0

SIGTERM ends it: running requests are answered first.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn

from steps.container import ProgramError, base_dir, run
from steps.deploy.application import Application
from steps.deploy.classifier import Classifier, ModelError, load_classifier

PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
"""Set by SageMaker, and named so by AWS's sagemaker-inference toolkit."""

DEFAULT_PORT = 8080

GRACE_SECONDS = 20
"""For running requests after SIGTERM; SageMaker kills a container 30 s after it."""

_log = logging.getLogger(__name__)


def main() -> int:
    """Runs the server with this process's arguments and environment; returns the exit status."""
    base = base_dir(os.environ)
    return run(partial(serve, base / "model", os.environ, sys.argv[1:]), reason_file=None)


def serve(model: Path, environ: Mapping[str, str], arguments: Sequence[str]) -> None:
    """Serves the model of a folder until SIGTERM or SIGINT.

    Raises:
        ProgramError: The port is taken, or the model cannot be loaded.
    """
    parser = argparse.ArgumentParser(prog="server", description="Serves an image classifier over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    host = parser.parse_args(arguments).host
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with _listen(host, _port(environ)) as listener, ThreadPoolExecutor(max(cores, 2)) as pool:
        loading = pool.submit(load_classifier, model, cores)
        server = _server(Application(loading, pool, time.monotonic))
        loading.add_done_callback(partial(_loaded, server, listener.getsockname()))
        _stop_by_signals(server)
        server.run(sockets=[listener])
    error = loading.exception()
    if isinstance(error, ModelError):
        raise ProgramError(
            f"the model in {model} cannot be served: {error}\n"
            "  hint: it has to be the model.tar.gz of a training job of this pipeline, unpacked"
        ) from error
    if error is not None:
        raise error


def _server(application: Application) -> uvicorn.Server:
    config = uvicorn.Config(
        application.asgi(),
        # The log is that of the container; SageMaker asks /ping every few seconds, which need not be told.
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def _loaded(server: uvicorn.Server, address: tuple[str, int], loading: Future[Classifier]) -> None:
    if loading.exception() is None:
        labels = loading.result().labels
        _log.info("serving %d classes on http://%s:%d", len(labels), address[0], address[1])
    else:
        server.should_exit = True


def _stop_by_signals(server: uvicorn.Server) -> None:
    """Lets the program end with status 0. uvicorn shuts down by itself and raises the signal again."""

    def stop(number: int, _frame: FrameType | None) -> None:
        _log.info("stopped by %s", signal.Signals(number).name)
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get(PORT_VARIABLE) or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit()) or int(text) > 65_535:
        raise ProgramError(f"{PORT_VARIABLE} is '{text}', which is no port: give a number from 0 to 65535")
    return int(text)


def _listen(host: str, port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only on sockets that name their protocol, which socket.create_server
    # does not. With it on, every answer waits 40 ms for the client's acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ProgramError(
            f"cannot listen on {host}:{port}: {error.strerror or error}\n"
            f"  hint: stop what listens there, or set {PORT_VARIABLE} to another port"
        ) from error
    return listener


if __name__ == "__main__":
    raise SystemExit(main())
