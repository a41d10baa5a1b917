"""The program of a serving container: loads <base>/model and answers over HTTP until it is told to stop.

    SAGEMAKER_BASE_DIR      the container's base folder; /opt/ml
    SAGEMAKER_BIND_TO_PORT  8080; 0 takes any free port, which the log names
    --host                  127.0.0.1; a container needs 0.0.0.0
    --runtime               openvino or onnxruntime; without it the first of them that is installed

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
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn

from steps.container import ProgramError, base_dir, run
from steps.deploy.application import Application
from steps.deploy.batching import Batcher
from steps.deploy.classifier import ModelError, load_classifier
from steps.deploy.metrics import Metrics
from steps.deploy.runtimes import RUNTIMES, RuntimeChoiceError, choose
from steps.deploy.service import MAX_BATCH, Service

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
    options = _options(arguments)
    try:
        runtime = choose(options.runtime)
    except RuntimeChoiceError as error:
        raise ProgramError(f"the model in {model} cannot be served: {error}") from error
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    counts = Metrics()
    with (
        _listen(options.host, _port(environ)) as listener,
        ExitStack() as running,
        ThreadPoolExecutor(max(cores, 2)) as pool,
    ):
        loading = pool.submit(_load, model, runtime, cores, pool, running, counts)
        server = _server(Application(loading, counts, time.monotonic))
        loading.add_done_callback(partial(_loaded, server, listener.getsockname(), runtime))
        _stop_by_signals(server)
        server.run(sockets=[listener])
    failure = loading.exception()
    if isinstance(failure, ModelError):
        raise ProgramError(
            f"the model in {model} cannot be served: {failure}\n"
            "  hint: it has to be the model.tar.gz of a training job of this pipeline, unpacked"
        ) from failure
    if failure is not None:
        raise failure


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="server", description="Serves an image classifier over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--runtime", choices=tuple(RUNTIMES), help="library that runs the model")
    return parser.parse_args(arguments)


def _load(
    model: Path, runtime: str, cores: int, pool: ThreadPoolExecutor, running: ExitStack, counts: Metrics
) -> Service:
    """Loads the model and starts its thread, which ends with `running`."""
    classifier = load_classifier(model, runtime, cores)
    batcher = running.enter_context(Batcher(classifier.infer, MAX_BATCH, counts.batch))
    return Service(classifier, pool, batcher)


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


def _loaded(server: uvicorn.Server, address: tuple[str, int], runtime: str, loading: Future[Service]) -> None:
    if loading.exception() is None:
        labels = loading.result().labels
        _log.info("serving %d classes on http://%s:%d by %s", len(labels), *address, runtime)
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
